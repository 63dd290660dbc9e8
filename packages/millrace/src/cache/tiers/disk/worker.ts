import { parentPort, workerData } from 'node:worker_threads';
import { messageOf, system } from '../../../kernel/index.ts';
import { DiskFiles } from './files.ts';
import type { DiskOperation, DiskOutcome, FromWorker, ToWorker, WorkerLimits } from './messages.ts';

/*
 * The thread that reads and writes the file, so that a disk that does not answer stops nobody else. Of each batch the reads are done and answered first.
 */

type Placed = readonly [place: number, operation: DiskOperation];
type Get = DiskOperation & { readonly kind: 'get' };

const port = parentPort as NonNullable<typeof parentPort>;
const files = new DiskFiles(workerData as WorkerLimits, system);

port.on('message', (message: ToWorker) => {
  if ('end' in message) {
    files.close();
    port.close();
    return;
  }
  const placed = message.operations.map((operation, place): Placed => [place, operation]);
  const reads = placed.filter(([, { kind }]) => kind === 'get');
  const writes = placed.filter(([, { kind }]) => kind !== 'get');
  if (reads.length > 0)
    tell(
      outcomesOf(reads, (operations) => files.use((store) => store.read(operations as Get[]))),
      writes.length === 0,
    );
  if (writes.length > 0)
    tell(
      outcomesOf(writes, (operations) => files.use((store) => store.write(operations))),
      true,
    );
  if (placed.length === 0) tell([], true);
});

function outcomesOf(placed: readonly Placed[], run: (operations: readonly DiskOperation[]) => readonly unknown[]): FromWorker['outcomes'] {
  try {
    const values = run(placed.map(([, operation]) => operation));
    return placed.map(([place], at) => [place, { value: values[at] }] as const);
  } catch (error) {
    const failed: DiskOutcome = { failed: messageOf(error) };
    return placed.map(([place]) => [place, failed] as const);
  }
}

function tell(outcomes: FromWorker['outcomes'], isDone: boolean): void {
  const answer: FromWorker = { outcomes, isDone, figures: files.figures(), setAside: files.setAside.splice(0) };
  port.postMessage(answer);
}
