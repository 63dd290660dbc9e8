import {
  type Answer,
  type Connection,
  ConnectionLostError,
  type Driver,
  type ServerError,
  type Statement,
  type TransactionStatus,
} from '../../src/database/index.ts';

/** What a scripted connection says to a statement: an answer, rows, an error to throw, or a promise of one. */
export type Reply = Partial<Answer> | Error | Promise<Partial<Answer>>;
export type Script = (statement: Statement, connection: ScriptedConnection) => Reply | undefined;

/** An error of the server, as the driver passes it on. */
export const serverError = (code: string, message = `error ${code}`, severity = 'ERROR'): ServerError => Object.assign(new Error(message), { code, severity });

const answerOf = (given: Partial<Answer> = {}): Answer => ({ rows: [], rowCount: given.rows?.length ?? 0, command: 'SELECT', fields: [], ...given });

/** A connection without a server: it keeps what it was asked, follows BEGIN and COMMIT, and says what its script says. */
export class ScriptedConnection implements Connection {
  readonly processId: number;
  /** The process that pg_backend_pid() names: another one than the greeting's behind a pooler. */
  readonly answersAs: number;
  readonly asked: string[] = [];
  transactionStatus: TransactionStatus = 'I';
  isOpen = true;
  settingsReported = 0;
  cancels = 0;
  ended: 'end' | 'destroy' | undefined = undefined;
  /** How a CancelRequest goes; by default it ends at once and hits nothing. */
  onCancel: () => Promise<void> = () => Promise.resolve();
  readonly #script: Script;
  #listener: (cause: Error | undefined) => void = () => {};
  readonly #cut: Set<(error: Error) => void> = new Set();

  constructor(processId: number, answersAs: number, script: Script) {
    this.processId = processId;
    this.answersAs = answersAs;
    this.#script = script;
  }

  setting(): string | undefined {
    return undefined;
  }

  async query(statement: Statement): Promise<Answer> {
    this.asked.push(statement.text);
    if (!this.isOpen) throw new ConnectionLostError('it had ended before the statement was sent');
    if (statement.text.includes('pg_backend_pid()')) return answerOf({ rows: [{ processId: this.answersAs }] });
    try {
      const answer = answerOf(await this.#reply(statement));
      this.#follow(statement.text);
      return answer;
    } catch (error) {
      if (this.transactionStatus === 'T') this.transactionStatus = 'E';
      throw error;
    }
  }

  async commit(learn: (row: Readonly<Record<string, unknown>>) => void): Promise<Answer> {
    this.asked.push('commit');
    learn({ transactionId: '7', timeline: '00000001' });
    const answer = answerOf(await this.#reply({ text: 'commit' }));
    this.transactionStatus = 'I';
    return answer;
  }

  cancel(): Promise<void> {
    this.cancels++;
    return this.onCancel();
  }

  forgetNames(): void {}

  async end(): Promise<void> {
    this.ended ??= 'end';
    this.lose();
  }

  destroy(): void {
    this.ended ??= 'destroy';
    this.lose(new ConnectionLostError('destroyed'));
  }

  onEnd(listener: (cause: Error | undefined) => void): void {
    this.#listener = listener;
  }

  onNotice(): void {}

  onNotification(): () => void {
    return () => {};
  }

  /** The line is gone: what runs rejects. */
  lose(cause: Error = new ConnectionLostError('cut')): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    for (const cut of this.#cut) cut(cause);
    this.#listener(cause);
  }

  #reply(statement: Statement): Promise<Partial<Answer> | undefined> {
    return new Promise((resolve, reject) => {
      this.#cut.add(reject);
      const reply = this.#script(statement, this);
      if (reply instanceof Error) reject(reply);
      else resolve(reply);
    });
  }

  #follow(text: string): void {
    if (/^begin/.test(text)) this.transactionStatus = 'T';
    if (/^(commit|rollback$)/.test(text)) this.transactionStatus = 'I';
    if (/^rollback to/.test(text)) this.transactionStatus = 'T';
  }
}

/** A driver without a server. `onConnect` decides how each attempt goes: by its number, from 1. */
export class ScriptedDriver implements Driver {
  readonly address = 'db.test:5432/shop';
  readonly connections: ScriptedConnection[] = [];
  attempts = 0;
  answersAs: number | undefined = undefined;
  onConnect: (attempt: number) => Promise<void> | void = () => {};
  script: Script;

  constructor(script: Script = () => undefined) {
    this.script = script;
  }

  async connect(): Promise<Connection> {
    const attempt = ++this.attempts;
    await this.onConnect(attempt);
    const connection = new ScriptedConnection(1000 + attempt, this.answersAs ?? 1000 + attempt, (statement, one) => this.script(statement, one));
    this.connections.push(connection);
    return connection;
  }

  get open(): number {
    return this.connections.filter(({ isOpen }) => isOpen).length;
  }

  textOf(value: unknown): string | null {
    return value === null || value === undefined ? null : String(value);
  }
}
