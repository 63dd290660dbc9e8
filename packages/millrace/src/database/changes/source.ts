import type { CommittedTransaction } from './pgoutput/index.ts';

/** What a source tells. What is thrown ends it. */
export interface SourceListener {
  /** Told each transaction after its commit, in the order of commits. */
  onCommit(transaction: CommittedTransaction): void;
  /** `position` has moved. */
  onPosition(): void;
}

/** Where committed changes come from. One life of it: opened once, it ends once, and what comes after begins anew. */
export interface ChangeSource {
  /** When it resolves, every transaction that was not visible before is going to be handed on. Resolves with the place in the log where that begins. */
  open(): Promise<bigint>;
  /** All commits below this place in the log were handed on. */
  readonly position: bigint;
  /** Asks the server where it is, so that `position` is as new as can be soon. */
  nudge(): void;
  /** Resolves with the cause when it has ended, whoever ended it. */
  ended(): Promise<Error | undefined>;
  close(): Promise<void>;
}
