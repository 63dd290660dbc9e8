export type RedisArgument = string | Buffer;

/** What an answer can be, as RESP3 gives it. */
export type RedisReply =
  | string
  | number
  | bigint
  | boolean
  | null
  | Buffer
  | readonly RedisReply[]
  | ReadonlyMap<RedisReply, RedisReply>
  | { readonly [key: string]: RedisReply };

/** One connection to a server, a master behind Sentinels, or a Cluster. Commands sent within one tick share one write to each node. */
export interface RedisConnection {
  readonly isReady: boolean;
  /** Resolves when it is ready; rejects when the first attempt fails. It goes on trying by itself afterwards. */
  connect(): Promise<void>;
  /** Ends it at once; every command on its way is rejected. */
  destroy(): void;
  /** Breaks the sockets and connects anew: what was in them is in doubt. */
  reset(): void;
  /** Sends one command. `key` says which node of a Cluster it belongs to. */
  send(command: readonly RedisArgument[], key: string | undefined, isReadOnly: boolean): Promise<RedisReply>;
  /** The masters, for commands that belong to every node: SCAN. */
  masters(): Promise<readonly ((command: readonly RedisArgument[]) => Promise<RedisReply>)[]>;
  /** Hears a channel, also after reconnects, until the returned function is called. */
  subscribe(channel: string, listener: (message: string) => void): Promise<() => Promise<void>>;
  /** `ready` and `lost` alternate. */
  onState(listener: (state: 'ready' | 'lost', reason: unknown) => void): void;
}
