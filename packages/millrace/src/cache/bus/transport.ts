/** Carries short texts between the processes of a fleet: Redis pub/sub, LISTEN and NOTIFY. It may lose some; the bus notices. */
export interface BusTransport {
  readonly name: string;
  /** Bytes of one message; what is longer goes as several. Undefined: no limit. */
  readonly longestMessageBytes?: number | undefined;
  publish(message: string): Promise<void>;
  /** Hears what anybody publishes, oneself included, until the returned function is called. */
  subscribe(listener: (message: string) => void): Promise<() => Promise<void>>;
  /** Told when the connection is back after it was lost: what was sent meanwhile may never come. */
  onRestored(listener: () => void): () => void;
}
