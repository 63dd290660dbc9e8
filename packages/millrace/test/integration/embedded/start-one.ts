// One embedded server in a process of its own, told in JSON lines: what a test kills. Arguments: directory, then options as JSON.
import { type EmbeddedEvents, startEmbedded } from '../../../src/database/embedded/index.ts';
import type { EventSink } from '../../../src/kernel/index.ts';

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const events: EventSink<EmbeddedEvents> = { emit: (event, build) => say({ event, ...build() }) };
const [directory = '', options = '{}'] = process.argv.slice(2);

try {
  const server = await startEmbedded({ directory, ...JSON.parse(options) }, { events });
  const { url, pid, port, version, dataDirectory, wantedDirectory, adopted, state } = server;
  say({ url, pid, port, version, dataDirectory, wantedDirectory, adopted, state });
  const hold = setInterval(() => {}, 1000);
  process.on('SIGINT', () => say({ interrupted: true }));
  process.on('SIGTERM', () => void server.stop().then(() => clearInterval(hold)));
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  say({ error: code, message });
  process.exitCode = 1;
}
