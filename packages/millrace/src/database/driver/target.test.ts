import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { parseTarget } from './index.ts';

it('D17 TLS with a verified certificate is the default off this machine', () => {
  const modes = (url: string) => parseTarget(url).tls.mode;
  expect(modes('postgres://u:p@db.example.com/x')).toBe('verify');
  expect(modes('postgres://u:p@10.0.0.5/x')).toBe('verify');
  for (const word of ['prefer', 'allow', 'require', 'verify-ca', 'verify-full']) expect(modes(`postgres://u@db.example.com/x?sslmode=${word}`)).toBe('verify');
  expect(modes('postgres://u@db.example.com/x?sslmode=disable')).toBe('off');
  expect(modes('postgres://u@db.example.com/x?sslmode=no-verify')).toBe('no-verify');
  for (const host of ['localhost', '127.0.0.1', '127.8.9.1', '[::1]']) expect(modes(`postgres://u@${host}/x`)).toBe('off');
  expect(modes('postgres://u@127.0.0.1/x?sslmode=verify-full')).toBe('verify');
});

it('D17 a URL is read into its parts', async () => {
  const target = parseTarget(
    'postgresql://us%20er:p%40ss%2Fword@[2001:db8::1]:6543/my%20db?application_name=shop&options=-c%20search_path%3Dx&sslrootcert=ca.pem&channel_binding=require',
  );
  expect(target).toMatchObject({
    host: '2001:db8::1',
    port: 6543,
    user: 'us er',
    database: 'my db',
    applicationName: 'shop',
    options: '-c search_path=x',
    channelBinding: 'require',
  });
  expect(target.tls).toMatchObject({ mode: 'verify', rootFile: 'ca.pem' });
  expect(await target.password()).toBe('p@ss/word');
  expect(parseTarget('postgres:///x?host=/var/run/postgresql')).toMatchObject({ host: '/var/run/postgresql', tls: { mode: 'off' } });
});

it('D17 a password is in no message and in no picture of the target', () => {
  const secret = 'canary-7f3a';
  const wrong = [
    `postgres://u:${secret}@h:port/x`,
    `mysql://u:${secret}@h/x`,
    `postgres://u:${secret}%@h/x`,
    `postgres://u:${secret}@h/x?sslmode=maybe`,
    `postgres://u:${secret}@h/x?ssl=true`,
    `${secret}`,
  ];
  for (const url of wrong) {
    let thrown: unknown;
    try {
      parseTarget(url);
    } catch (error) {
      thrown = error;
    }
    expect(thrown, url).toMatchObject({ code: 'MILLRACE_CONFIG' });
    expect(`${inspect(thrown, { depth: 9 })} ${JSON.stringify(thrown)}`).not.toContain(secret);
  }
  const target = parseTarget(`postgres://u:${secret}@h/x`);
  expect(inspect(target, { depth: 9, showHidden: true }) + JSON.stringify(target)).not.toContain(secret);
});

it('D17 a parameter nobody reads is refused', () => {
  expect(() => parseTarget('postgres://u@h/x?sslmod=require')).toThrow(/database\.url\?sslmod is not a parameter: the parameters are host, sslmode/);
});
