// What `npm start` runs: a retail service on an embedded PostgreSQL, its dashboard, and a process that sends it traffic.
import { parseArguments } from './arguments.ts';
import { exitWith, inOneLine } from './failure.ts';
import { Ordered, StoppedWhileStarting } from './ordered.ts';
import { onParentGone, onSignals } from './signals.ts';
import { start } from './start.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const ordered = new Ordered((line) => process.stderr.write(`${line}\n`));

async function stop(reason: string): Promise<void> {
  if (ordered.isStopping) return;
  say(`${reason}: stopping in order (again to force)`);
  const isClean = await ordered.stop();
  say(isClean ? 'Stopped' : 'Stopped, not as it should');
  process.exit(isClean ? 0 : 1);
}

function force(): void {
  process.stderr.write('Forced: the database ends by itself\n');
  process.exit(1);
}

onSignals({ stop: (name) => void stop(name), force });
onParentGone((reason) => void stop(reason));

// Whoever reads what we print may be gone before us (npm killed, a closed terminal): then nobody reads the stop either.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

try {
  await start(parseArguments(process.argv.slice(2)), ordered, say);
} catch (error) {
  if (!(error instanceof StoppedWhileStarting || ordered.isStopping)) {
    exitWith(inOneLine(error));
    await ordered.stop();
    process.exit();
  }
}
