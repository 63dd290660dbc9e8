export interface DemoArguments {
  readonly traffic: boolean;
  /** Requests per second the traffic aims at. */
  readonly rate: number;
  /** Processes of the service, all on one database. */
  readonly processes: number;
}

const highestRate = 500;
const mostProcesses = 8;
const usage = `npm start takes -- --no-traffic, -- --rate=<requests per second, 1 to ${highestRate}> and -- --processes=<1 to ${mostProcesses}>`;

/** Wrong words on the command line: one line, no stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What stands behind `npm start --`. */
export function parseArguments(words: readonly string[]): DemoArguments {
  let read: DemoArguments = { traffic: true, rate: 40, processes: 1 };
  for (const word of words) {
    if (word === '--no-traffic') read = { ...read, traffic: false };
    else if (word.startsWith('--rate=')) read = { ...read, rate: numberOf(word, 'rate', highestRate) };
    else if (word.startsWith('--processes=')) read = { ...read, processes: numberOf(word, 'number of processes', mostProcesses) };
    else throw new UsageError(`${word} is not an option: ${usage}`);
  }
  return read;
}

function numberOf(word: string, what: string, highest: number): number {
  const text = word.slice(word.indexOf('=') + 1);
  const number = /^\d+$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > highest) throw new UsageError(`${word} is not a ${what}: ${usage}`);
  return number;
}
