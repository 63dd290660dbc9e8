import { readFile } from 'node:fs/promises';
import { TLSSocket } from 'node:tls';
import type { Clock } from '../../../kernel/index.ts';
import { DatabaseRefusedError, TlsError } from '../../errors.ts';
import { isServerError } from '../port.ts';
import { addressOf, isLocal, type Target } from '../target.ts';
import type { Login, Message, ParameterStatus, PgModule, Wire } from './shape.ts';

/** PostgreSQL's own default is 4,096; far fewer is a server that wants to guess, far more one that wants to keep us busy. */
const iterations = { fewest: 4096, most: 1_000_000 };
const keepAliveAfterMs = 30_000;

/** What `pg` gets for TLS: `false`, or options whose certificate is verified for the host name. */
export async function tlsOptions({ tls }: Target): Promise<false | Record<string, unknown>> {
  if (tls.mode === 'off') return false;
  const [ca, cert, key] = await Promise.all(
    [tls.rootFile, tls.certificateFile, tls.keyFile].map((file) => (file === undefined ? undefined : readFile(file, 'utf8'))),
  );
  const given = Object.entries({ ca, cert, key }).filter(([, text]) => text !== undefined);
  return { rejectUnauthorized: tls.mode === 'verify', minVersion: 'TLSv1.2', ...Object.fromEntries(given) };
}

export interface LoggedIn {
  readonly login: Login;
  readonly settings: Map<string, string>;
}

/** One attempt to log in, within `limitMs`. What cannot get better by trying again rejects with one of ours. */
export async function logIn(
  pg: PgModule,
  target: Target,
  ssl: false | Record<string, unknown>,
  clock: Clock,
  limitMs: number,
  signal?: AbortSignal,
  isReplication = false,
): Promise<LoggedIn> {
  const guard = new PasswordGuard(target);
  const login = new pg.Client({ ...clientConfig(target, ssl, () => guard.password()), ...(isReplication ? { replication: 'database' } : {}) });
  const settings = new Map<string, string>();
  const wire = login.connection;
  guard.watch(wire);
  wire.on('parameterStatus', ({ parameterName, parameterValue }: ParameterStatus) => void settings.set(parameterName, parameterValue));
  const cut = (): void => void wire.stream.destroy(new Error('cut off', { cause: signal?.reason }));
  signal?.addEventListener('abort', cut);
  try {
    await connected(login, wire, clock, limitMs);
    signal?.throwIfAborted();
  } catch (error) {
    wire.on('error', () => {});
    wire.stream.destroy();
    throw guard.refusal ?? reasonOf(error, target);
  } finally {
    signal?.removeEventListener('abort', cut);
  }
  return { login, settings };
}

const clientConfig = (target: Target, ssl: false | Record<string, unknown>, password: () => Promise<string | undefined>): object => ({
  host: target.host,
  port: target.port,
  user: target.user,
  database: target.database,
  password,
  ssl,
  application_name: target.applicationName,
  options: target.options,
  keepAlive: true,
  keepAliveInitialDelayMillis: keepAliveAfterMs,
  enableChannelBinding: ssl !== false && target.channelBinding !== 'disable',
  scramMaxIterations: iterations.most,
});

const connected = (login: Login, wire: Wire, clock: Clock, limitMs: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const cancel = clock.after(limitMs, () => wire.stream.destroy(new Error(`no answer within ${Math.round(limitMs)} ms`)));
    login.on('error', reject);
    login.connect((error) => {
      cancel();
      if (error) reject(error);
      else resolve();
    });
    shield(wire);
    wire.on('sslconnect', () => shield(wire));
  });

/** A message that cannot be read throws inside the socket's own event. Here it ends the connection instead of the process. */
function shield(wire: Wire): void {
  const { stream } = wire;
  for (const listener of stream.listeners('data')) {
    stream.off('data', listener as () => void);
    stream.on('data', (chunk: Buffer) => {
      try {
        (listener as (chunk: Buffer) => void)(chunk);
      } catch (cause) {
        stream.destroy(new Error('the server sent a message that cannot be read', { cause }));
      }
    });
  }
}

/** Lets the password out only when the line and the way of asking are what they should be. */
class PasswordGuard {
  refusal: Error | undefined;
  readonly #target: Target;
  #wire: Wire | undefined;
  #asked = '';

  constructor(target: Target) {
    this.#target = target;
  }

  watch(wire: Wire): void {
    this.#wire = wire;
    for (const kind of ['authenticationCleartextPassword', 'authenticationMD5Password', 'authenticationSASL']) {
      wire.prependListener(kind, (message: Message & { readonly mechanisms?: readonly string[] }) => this.#note(kind, message.mechanisms ?? []));
    }
    wire.prependListener('authenticationSASLContinue', ({ data }: Message & { readonly data: string }) => this.#checkIterations(data));
  }

  async password(): Promise<string | undefined> {
    const problem = this.#problem();
    if (problem !== undefined) throw this.#refuse(problem);
    const password = await this.#target.password();
    if (password !== undefined && password !== '') return password;
    this.refusal = new DatabaseRefusedError(addressOf(this.#target), 'it asks for a password and none was given', '28P01');
    throw this.refusal;
  }

  #note(kind: string, mechanisms: readonly string[]): void {
    this.#asked = kind === 'authenticationSASL' && mechanisms.includes('SCRAM-SHA-256-PLUS') ? 'SCRAM-SHA-256-PLUS' : kind;
  }

  #problem(): string | undefined {
    const { tls, host, channelBinding } = this.#target;
    const isEncrypted = this.#wire?.stream instanceof TLSSocket && this.#wire.stream.encrypted;
    if (tls.mode !== 'off' && !isEncrypted) return 'it is not encrypted';
    if (channelBinding === 'require' && this.#asked !== 'SCRAM-SHA-256-PLUS') return 'channel binding is required and the server does not offer it';
    const isScram = this.#asked.includes('SASL') || this.#asked.includes('SCRAM');
    if (!isScram && !isEncrypted && !isLocal(host)) return 'the server asks for the password in a form that anybody on the way could use';
    return undefined;
  }

  #checkIterations(data: string): void {
    const count = Number(/(?:^|,)i=(\d+)/.exec(data)?.[1]);
    if (count >= iterations.fewest && count <= iterations.most) return;
    this.#refuse(`it asks for ${count} rounds of SCRAM, ${iterations.fewest} to ${iterations.most} are allowed`);
    this.#wire?.stream.destroy(this.refusal);
  }

  #refuse(problem: string): Error {
    this.refusal = new TlsError(addressOf(this.#target), problem);
    return this.refusal;
  }
}

const hopelessStates = /^(28|3D|0A|42)/;
const tlsCodes = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO)/;

/** What happened, as one of ours where trying again cannot help. */
function reasonOf(error: unknown, target: Target): unknown {
  const address = addressOf(target);
  if (isServerError(error)) return hopelessStates.test(error.code) ? new DatabaseRefusedError(address, error.message, error.code, { cause: error }) : error;
  if (!(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (tlsCodes.test(code)) return new TlsError(address, `${error.message} (${code})`, { cause: error });
  if (/SSL connection/.test(error.message)) return new TlsError(address, error.message, { cause: error });
  return error;
}
