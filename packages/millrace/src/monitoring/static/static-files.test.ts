import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { EndpointRequest, EndpointResponse } from '../../kernel/index.ts';
import { StaticFiles } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-static-'));
const page = `<!doctype html><title>Dashboard</title>${'<p>text</p>'.repeat(50)}`;
const script = `console.log(${JSON.stringify('x'.repeat(500))})`;
mkdirSync(join(folder, 'build', 'assets'), { recursive: true });
writeFileSync(join(folder, 'build', 'index.html'), page);
writeFileSync(join(folder, 'build', 'icon.svg'), '<svg/>');
writeFileSync(join(folder, 'build', 'assets', 'index-Dv1xruhG.js'), script);
writeFileSync(join(folder, 'secret.html'), 'canary');
afterAll(() => rmSync(folder, { recursive: true }));

const request = (headers: Record<string, string> = {}, method = 'GET'): EndpointRequest => ({
  ...{ method, headers, path: '/ui/', query: new URLSearchParams(), remoteAddress: '127.0.0.1', body: undefined },
});
const files = new StaticFiles(join(folder, 'build'));
const body = ({ body: bytes }: EndpointResponse): string => Buffer.from(bytes as Uint8Array).toString();

describe('dashboard files', () => {
  it('X7 serves the page under a policy that lets nothing run but its own files', async () => {
    const answer = await files.answer('/', request());
    expect([answer.status, body(answer)]).toEqual([200, page]);
    expect(answer.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' });
    expect(answer.headers['content-security-policy']).toBe(
      "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    );
  });

  it('X7 answers a deep link with the page, and a file that is not there with 404', async () => {
    expect(body(await files.answer('/endpoints/GET~retail~products~:id', request()))).toBe(page);
    expect((await files.answer('/assets/gone.js', request())).status).toBe(404);
  });

  it('sends the form the client likes best, each with its own tag', async () => {
    const path = '/assets/index-Dv1xruhG.js';
    const [br, gzip, plain, refused] = await Promise.all(
      ['gzip, deflate, br', 'gzip', '', 'br;q=0, gzip;q=0.5'].map((accept) => files.answer(path, request({ 'accept-encoding': accept }))),
    );
    expect(brotliDecompressSync(br?.body as Uint8Array).toString()).toBe(script);
    expect(gunzipSync(gzip?.body as Uint8Array).toString()).toBe(script);
    expect(body(plain as EndpointResponse)).toBe(script);
    expect(refused?.headers['content-encoding']).toBe('gzip');
    expect(new Set([br, gzip, plain].map((answer) => answer?.headers['etag'])).size).toBe(3);
    expect(br?.headers).toMatchObject({ 'cache-control': 'public, max-age=31536000, immutable', vary: 'accept-encoding' });
  });

  it('answers 304 to whoever has it already', async () => {
    const { etag } = (await files.answer('/', request())).headers;
    const again = await files.answer('/', request({ 'if-none-match': `"other", W/${etag}` }));
    expect([again.status, again.body, again.headers['etag']]).toEqual([304, undefined, etag]);
    expect((await files.answer('/', request({ 'if-none-match': '"other"' }))).status).toBe(200);
  });

  it('X7 no path leads out of its folder', async () => {
    for (const path of [
      '/../secret.html',
      '/%2e%2e/secret.html',
      '/..%2fsecret.html',
      '/assets/../../secret.html',
      '//secret.html',
      '/..\\secret.html',
      join(folder, 'secret.html'),
    ])
      expect([path, (await files.answer(path, request())).status]).toEqual([path, 404]);
  });

  it('takes GET and HEAD', async () => {
    expect((await files.answer('/', request({}, 'POST'))).status).toBe(405);
    expect(await files.answer('/', request({}, 'HEAD'))).toMatchObject({ status: 200, body: undefined });
  });

  it('says in clear words that the build is missing, and finds it once it is there', async () => {
    const late = new StaticFiles(join(folder, 'later'));
    const answer = await late.answer('/', request());
    expect([answer.status, String(answer.body)]).toEqual([503, expect.stringContaining('has not been built')]);
    mkdirSync(join(folder, 'later'));
    writeFileSync(join(folder, 'later', 'index.html'), page);
    expect((await late.answer('/', request())).status).toBe(200);
  });
});
