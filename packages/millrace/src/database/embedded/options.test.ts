import { expect, it } from 'vitest';
import { resolveEmbeddedOptions } from './options.ts';

it('O1 wrong options of the embedded server are all named in one error', () => {
  const wrong = { directory: '', port: 70_000, settings: { 'fsync; drop': 'off' }, maxRestarts: -1, restartWindow: '5 minutes', color: 'red' };
  expect(() => resolveEmbeddedOptions(wrong as never)).toThrow(
    expect.objectContaining({
      code: 'MILLRACE_CONFIG',
      problems: ['color', 'directory', 'port', 'settings', 'maxRestarts', 'restartWindow'].map((name) =>
        expect.objectContaining({ setting: `embedded.${name}` }),
      ),
    }),
  );
  expect(resolveEmbeddedOptions()).toMatchObject({ directory: '.millrace', startTimeoutMs: 60_000, maxRestarts: 5 });
});
