import { pause } from './protocol.ts';
import type { Member, Scene } from './scene.ts';

/** One kind of fault: what happens, how long it may last, how it ends. */
export interface Fault {
  readonly name: string;
  /** Shortest and longest, ms. */
  readonly lastsMs: readonly [number, number];
  /** Two faults of one lane never overlap: a process that is dead cannot be frozen. */
  readonly lane: 'redis' | 'database' | 'process';
  /** Reads may fail while it lasts, since nothing else has the rows. */
  readonly takesDatabase: boolean;
  begin(scene: Scene, member: Member): Promise<void> | void;
  end(scene: Scene, member: Member): Promise<void> | void;
}

const nothing = (): void => {};

const walSenders = 'select pg_terminate_backend(pid) from pg_stat_replication';
const everybody = "select pg_terminate_backend(pid) from pg_stat_activity where backend_type in ('client backend', 'walsender') and pid <> pg_backend_pid()";

/** A session of its own may have been ended by the fault before: then once more, on another. */
async function terminate({ psql }: Scene, statement: string): Promise<void> {
  for (let turn = 1; ; turn++) {
    try {
      await psql.query(statement);
      return;
    } catch (error) {
      if (turn === 5) throw error;
      await pause(50);
    }
  }
}

export const faults: readonly Fault[] = [
  {
    ...{ name: 'redis frozen', lane: 'redis', lastsMs: [300, 7000], takesDatabase: false },
    begin: ({ redis }) => redis.signal('SIGSTOP'),
    end: ({ redis }) => redis.signal('SIGCONT'),
  },
  {
    ...{ name: 'redis killed, back empty', lane: 'redis', lastsMs: [200, 6500], takesDatabase: false },
    begin: ({ redis }) => redis.kill(),
    end: ({ redis }) => redis.start(),
  },
  { name: 'redis emptied', lane: 'redis', lastsMs: [50, 200], takesDatabase: false, begin: ({ redis }) => redis.command('FLUSHALL'), end: nothing },
  {
    ...{ name: 'redis clients killed', lane: 'redis', lastsMs: [50, 300], takesDatabase: false },
    begin: async ({ redis }) => {
      await redis.command('CLIENT', 'KILL', 'TYPE', 'normal');
      await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    },
    end: nothing,
  },
  {
    ...{ name: 'link to redis silent', lane: 'redis', lastsMs: [300, 7000], takesDatabase: false },
    begin: (_, { redis }) => redis.freeze(),
    end: (_, { redis }) => redis.thaw(),
  },
  { name: 'link to redis cut', lane: 'redis', lastsMs: [50, 300], takesDatabase: false, begin: (_, { redis }) => redis.cut(), end: nothing },
  { name: 'link to redis reset', lane: 'redis', lastsMs: [50, 300], takesDatabase: false, begin: (_, { redis }) => redis.reset(), end: nothing },
  {
    ...{ name: 'link to redis slow', lane: 'redis', lastsMs: [500, 5000], takesDatabase: false },
    begin: (_, { redis }) => redis.delay(150),
    end: (_, { redis }) => redis.delay(0),
  },
  {
    ...{ name: 'redis refused to one', lane: 'redis', lastsMs: [300, 6500], takesDatabase: false },
    begin: (_, { redis }) => redis.close(),
    end: (_, { redis }) => redis.open(),
  },
  {
    ...{ name: 'link to the database cut', lane: 'database', lastsMs: [50, 300], takesDatabase: true },
    begin: (_, { database }) => database.cut(),
    end: nothing,
  },
  {
    ...{ name: 'link to the database silent', lane: 'database', lastsMs: [300, 7000], takesDatabase: true },
    begin: (_, { database }) => database.freeze(),
    end: (_, { database }) => database.thaw(),
  },
  {
    ...{ name: 'database refused to one', lane: 'database', lastsMs: [300, 3000], takesDatabase: true },
    begin: (_, { database }) => database.close(),
    end: (_, { database }) => database.open(),
  },
  {
    ...{ name: 'change streams terminated', lane: 'database', lastsMs: [50, 300], takesDatabase: false },
    begin: (scene) => terminate(scene, walSenders),
    end: nothing,
  },
  {
    ...{ name: 'all backends terminated', lane: 'database', lastsMs: [50, 300], takesDatabase: true },
    begin: (scene) => terminate(scene, everybody),
    end: nothing,
  },
  {
    ...{ name: 'process frozen', lane: 'process', lastsMs: [300, 7000], takesDatabase: true },
    begin: (_, member) => member.signal('SIGSTOP'),
    end: (_, member) => member.signal('SIGCONT'),
  },
  {
    ...{ name: 'process killed', lane: 'process', lastsMs: [100, 1000], takesDatabase: true },
    begin: (_, member) => member.kill(),
    end: (_, member) => member.start(),
  },
  {
    ...{ name: 'process restarted in order', lane: 'process', lastsMs: [50, 500], takesDatabase: false },
    begin: (_, member) => member.stop(),
    end: (_, member) => member.start(),
  },
];
