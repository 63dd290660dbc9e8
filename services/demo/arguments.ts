export interface DemoArguments {
  readonly traffic: boolean;
  /** Requests per second the traffic aims at. */
  readonly rate: number;
}

const highestRate = 500;
const usage = `npm start takes -- --no-traffic and -- --rate=<requests per second, 1 to ${highestRate}>`;

/** Wrong words on the command line: one line, no stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What stands behind `npm start --`. */
export function parseArguments(words: readonly string[]): DemoArguments {
  let read: DemoArguments = { traffic: true, rate: 40 };
  for (const word of words) {
    if (word === '--no-traffic') read = { ...read, traffic: false };
    else if (word.startsWith('--rate=')) read = { ...read, rate: rateOf(word) };
    else throw new UsageError(`${word} is not an option: ${usage}`);
  }
  return read;
}

function rateOf(word: string): number {
  const text = word.slice('--rate='.length);
  const rate = /^\d+$/.test(text) ? Number(text) : 0;
  if (rate < 1 || rate > highestRate) throw new UsageError(`${word} is not a rate: ${usage}`);
  return rate;
}
