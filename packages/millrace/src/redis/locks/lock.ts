import type { CallContext } from '../../kernel/index.ts';
import type { RedisReply } from '../client/port.ts';
import { Script } from '../scripts/script.ts';

/*
 * A lock that bounds work, not one that guards data: Redis may forget it at a failover, so whoever must not be overtaken needs the fencing
 * that the tiers have (Kleppmann, How to do distributed locking). Taken with SET NX PX and a token; given back or extended only by the token
 * that holds it.
 */

/** The commands a lock is made of. */
export interface LockStore {
  command(command: readonly string[], key: string, context: CallContext): Promise<RedisReply>;
  evaluate(script: Script, keys: readonly string[], values: readonly string[], context: CallContext): Promise<RedisReply>;
}

export interface Lock {
  readonly key: string;
  readonly token: string;
  /** Resolves to false when it was held by somebody else by then. */
  release(context: CallContext): Promise<boolean>;
  /** Holds it for another `ms` from now; false when it was lost. */
  extend(ms: number, context: CallContext): Promise<boolean>;
}

const releaseScript = new Script("if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0");
const extendScript = new Script("if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0");

/** Takes the lock for `ms`, or returns undefined where somebody holds it. */
export async function takeLock(store: LockStore, key: string, ms: number, context: CallContext): Promise<Lock | undefined> {
  const token = context.system.ids.hex(16);
  const answer = await store.command(['SET', key, token, 'NX', 'PX', String(Math.ceil(ms))], key, context);
  if (answer === null) return undefined;
  const ran = async (script: Script, values: readonly string[], inner: CallContext): Promise<boolean> =>
    Number(await store.evaluate(script, [key], values, inner)) === 1;
  return {
    key,
    token,
    release: (inner) => ran(releaseScript, [token], inner),
    extend: (more, inner) => ran(extendScript, [token, String(Math.ceil(more))], inner),
  };
}
