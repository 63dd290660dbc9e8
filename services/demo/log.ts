import type { Surroundings } from 'millrace';
import type { Say } from './progress.ts';

const windowMs = 10_000;
const mostLines = 20;

type Fields = Readonly<Record<string, unknown>>;

/** What the service warns of, one line each; a database that is away for a moment must not fill the terminal, so there are at most 20 in ten seconds. */
export function demoLog(say: Say, now: () => number = () => performance.now()): NonNullable<Surroundings['log']> {
  let windowEndMs = 0;
  let lines = 0;
  const write = (fields: object, message: string): void => {
    if (now() >= windowEndMs) {
      windowEndMs = now() + windowMs;
      lines = 0;
    }
    lines++;
    if (lines <= mostLines) say(lineOf(fields as Fields, message));
    else if (lines === mostLines + 1) say(`… and more of the kind within ${windowMs / 1000} s`);
  };
  const quiet = (): void => {};
  return { debug: quiet, info: quiet, warn: write, error: write };
}

/** Who asks and with what is left to the dashboard; here stand where, what and by which id to find it. */
function lineOf({ operation, part, status, code, error, correlationId }: Fields, message: string): string {
  const facts = [operation ?? part, status, code ?? error, correlationId].filter((fact) => typeof fact === 'string' || typeof fact === 'number');
  return facts.length === 0 ? message : `${message}: ${facts.join(' ')}`;
}
