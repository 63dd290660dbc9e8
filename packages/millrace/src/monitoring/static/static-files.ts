import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { type EndpointRequest, type EndpointResponse, messageOf } from '../../kernel/index.ts';

/**
 * The dashboard's files. They are read once, into memory, with a brotli and a gzip form of each; a request only looks up a name in that table, so no
 * path can lead out of the folder. Any other path below without a file ending is a page of the dashboard: it gets index.html.
 */
const mostFiles = 500;
const mostBytes = 16 * 1024 * 1024;
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};
/** Pages that end in an id, which may hold dots: `/endpoints/GET~feed.json`. */
const isPage = (path: string): boolean => extname(path) === '' || /^\/(endpoints|requests)\/[^/]+$/.test(path);
const alreadyCompressed = new Set(['.png', '.ico', '.woff2']);

/** Every page and file carries them: nothing from elsewhere runs, no other site shows it in a frame, no type is guessed. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

type Coding = 'br' | 'gzip' | 'identity';

interface StaticFile {
  readonly type: string;
  readonly hash: string;
  /** Its name changes with its content. */
  readonly isHashed: boolean;
  readonly forms: Readonly<Partial<Record<Coding, Uint8Array>>>;
}

/** The build inside the published package, or the one of the repository. */
const usualDirectories = ['../../dashboard/', '../../../../dashboard/dist/'].map((path) => fileURLToPath(new URL(path, import.meta.url)));

export class StaticFiles {
  readonly #directories: readonly string[];
  #files: Promise<ReadonlyMap<string, StaticFile>> | undefined;

  constructor(directory?: string) {
    this.#directories = directory === undefined ? usualDirectories : [directory];
  }

  /** `path` begins with a slash. */
  async answer(path: string, { method, headers }: EndpointRequest): Promise<EndpointResponse> {
    if (method !== 'GET' && method !== 'HEAD') return { status: 405, headers: { ...pageHeaders, allow: 'GET, HEAD' } };
    const files = await this.#load();
    const index = files.get('/index.html');
    if (!index) return missing();
    const file = files.get(path) ?? (isPage(path) ? index : undefined);
    if (!file) return plain(404, 'There is no such file.');
    return found(file, headers, method === 'HEAD');
  }

  /** A folder that was not there is looked for again with the next request. */
  async #load(): Promise<ReadonlyMap<string, StaticFile>> {
    this.#files ??= firstBuild(this.#directories);
    const files = await this.#files;
    if (!files.has('/index.html')) this.#files = undefined;
    return files;
  }
}

function found(file: StaticFile, headers: EndpointRequest['headers'], isHead: boolean): EndpointResponse {
  const coding = codingFor(file, String(headers['accept-encoding'] ?? ''));
  const etag = `"${file.hash}-${coding}"`;
  const cached = {
    ...pageHeaders,
    etag,
    vary: 'accept-encoding',
    'cache-control': file.isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
  if (listOf(headers['if-none-match']).some((one) => one === '*' || one.replace(/^W\//, '') === etag)) return { status: 304, headers: cached };
  const encoded: Readonly<Record<string, string>> = coding === 'identity' ? {} : { 'content-encoding': coding };
  return { status: 200, headers: { ...cached, ...encoded, 'content-type': file.type }, body: isHead ? undefined : file.forms[coding] };
}

const listOf = (value: string | readonly string[] | undefined): string[] =>
  String(value ?? '')
    .split(',')
    .map((one) => one.trim());

function codingFor({ forms }: StaticFile, accepted: string): Coding {
  const refused = (coding: string): boolean => new RegExp(`\\b${coding}\\s*;\\s*q=0(?:\\.0*)?\\s*(?:,|$)`).test(accepted);
  return (['br', 'gzip'] as const).find((coding) => forms[coding] && new RegExp(`(^|[\\s,])${coding}\\b`).test(accepted) && !refused(coding)) ?? 'identity';
}

const plain = (status: number, text: string): EndpointResponse => ({
  status,
  headers: { ...pageHeaders, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  body: text,
});

const missing = (): EndpointResponse =>
  plain(
    503,
    'The dashboard has not been built, so there is no page to show.\n\nIn the repository: npm run build -w @millrace/dashboard\nThe figures themselves are there: GET /performance/metrics\n',
  );

async function firstBuild(directories: readonly string[]): Promise<ReadonlyMap<string, StaticFile>> {
  for (const directory of directories) {
    const files = await readAll(directory);
    if (files.has('/index.html')) return files;
  }
  return new Map();
}

async function readAll(directory: string): Promise<ReadonlyMap<string, StaticFile>> {
  const files = new Map<string, StaticFile>();
  let bytes = 0;
  for (const path of await filesIn(directory)) {
    const content = await readFile(path);
    bytes += content.length;
    if (bytes > mostBytes) throw new Error(`${directory} holds more than ${mostBytes} bytes: it is no build of the dashboard`);
    files.set(`/${relative(directory, path).split(sep).join('/')}`, await fileOf(path, content));
  }
  return files;
}

async function filesIn(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true, recursive: true });
    const paths = entries.filter((entry) => entry.isFile() && extname(entry.name) in types).map((entry) => join(entry.parentPath, entry.name));
    if (paths.length > mostFiles) throw new Error(`${directory} holds ${paths.length} files: it is no build of the dashboard`);
    return paths;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new Error(`The dashboard in ${directory} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

const brotli = promisify(brotliCompress);
const deflated = promisify(gzip);

async function fileOf(path: string, content: Buffer): Promise<StaticFile> {
  const ending = extname(path);
  const forms = alreadyCompressed.has(ending) ? {} : await compressed(content);
  return {
    type: types[ending] as string,
    hash: createHash('sha256').update(content).digest('base64url').slice(0, 22),
    isHashed: /[.-][\w-]{8,}\.[a-z0-9]+$/i.test(path) && /[\\/]assets[\\/]/.test(path),
    forms: { ...forms, identity: content },
  };
}

async function compressed(content: Buffer): Promise<StaticFile['forms']> {
  const [br, gz] = await Promise.all([
    brotli(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }),
    deflated(content, { level: 9 }),
  ]);
  return { ...(br.length < content.length ? { br } : {}), ...(gz.length < content.length ? { gzip: gz } : {}) };
}
