/** What joins the processes of a fleet. One of them follows the log; from it the others hear what was invalidated, and on the same channel how the feed stands. */
export interface FleetChannel {
  /** Processes of one name hear each other; of those that also share a database one follows the log. */
  readonly name: string;
  /** Resolves when it has been handed to the channel, or could not be. Who hears it has heard every invalidation that was announced before. */
  say(note: string): Promise<void>;
  /** `knownMs`: when the channel was last known to work, there and back, monotonic ms; the note was sent after that. */
  onNote(listener: (note: string, knownMs: number) => void): void;
  /** When the channel was last known to work, there and back, monotonic ms; undefined: never. */
  readonly knownMs: number | undefined;
  /** Other processes that were heard a moment ago. */
  readonly others: number;
}
