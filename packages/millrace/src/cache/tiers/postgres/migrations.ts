import type { Migration } from '../../../database/index.ts';

/*
 * What the tier keeps in the schema `millrace`. All tables are UNLOGGED: after a crash of the server, and on a standby that takes over, they are empty,
 * all of them together. `cache_state` then has no row; the next one has another epoch, and fills begun under the old one are refused.
 *
 * A fill holds the lock shared while it looks at the fences and writes; an invalidation holds it alone. Each statement of a function has a snapshot of
 * its own under READ COMMITTED (PostgreSQL, Function Volatility Categories), so what is read after the lock was taken is what is there: a fill sees the
 * fence, or the invalidation sees the entry. The lock is given back when the change can be seen, at the end of the transaction. Under a stricter isolation
 * the snapshot would be older than the lock, so `cache_lock` refuses to work there.
 */

const lockKeys = '1835887724, 1667327848'; // the letters `mill` and `cach`
const fencesKept = 10_000;
const patternsKept = 32;

const tables = `
create schema if not exists millrace;
create unlogged table millrace.cache_state (
  id smallint primary key check (id = 1), epoch text not null, sequence bigint not null, floor bigint not null
) with (fillfactor = 10);
create unlogged table millrace.cache_entries (
  key text collate "C" primary key, body text not null, tags text[] not null, expires_ms bigint not null, bytes integer not null
) with (fillfactor = 80);
create index cache_entries_by_expiry on millrace.cache_entries (expires_ms, bytes);
create index cache_entries_by_tag on millrace.cache_entries using gin (tags) where tags <> '{}';
create unlogged table millrace.cache_fences (name text collate "C" primary key, at bigint not null);
create index cache_fences_by_number on millrace.cache_fences (at);
create unlogged table millrace.cache_patterns (at bigint primary key, pattern text not null);
`;

const lock = `
create function millrace.cache_lock(alone boolean) returns void language plpgsql as $$
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'the cache needs read committed, this transaction is %', current_setting('transaction_isolation');
  end if;
  if alone then perform pg_advisory_xact_lock(${lockKeys}); else perform pg_advisory_xact_lock_shared(${lockKeys}); end if;
end $$;
`;

const raise = `
create function millrace.cache_raise(names text[], like_pattern text) returns bigint language plpgsql as $$
declare
  number bigint;
  forgotten bigint;
begin
  insert into millrace.cache_state as s (id, epoch, sequence, floor) values (1, gen_random_uuid()::text, 1, 0)
    on conflict (id) do update set sequence = s.sequence + 1 returning s.sequence into number;
  insert into millrace.cache_fences (name, at) select distinct name, number from unnest(names) as name
    on conflict (name) do update set at = excluded.at;
  if like_pattern is not null then
    insert into millrace.cache_patterns (at, pattern) values (number, like_pattern);
    select p.at into forgotten from millrace.cache_patterns p order by p.at desc limit 1 offset ${patternsKept};
    if found then
      delete from millrace.cache_patterns where at <= forgotten;
      update millrace.cache_state set floor = greatest(floor, forgotten);
    end if;
  end if;
  if number % 256 = 0 or cardinality(names) > 256 then
    select f.at into forgotten from millrace.cache_fences f order by f.at desc limit 1 offset ${fencesKept};
    if found then
      delete from millrace.cache_fences where at <= forgotten;
      update millrace.cache_state set floor = greatest(floor, forgotten);
    end if;
  end if;
  return number;
end $$;
`;

const read = `
create function millrace.cache_begin() returns text language plpgsql as $$
begin
  perform millrace.cache_lock(true);
  insert into millrace.cache_state (id, epoch, sequence, floor) values (1, gen_random_uuid()::text, 1, 0) on conflict (id) do nothing;
  return (select epoch || '.' || sequence from millrace.cache_state);
end $$;
`;

/* Per write: its key, body, tags as JSON, time, and as JSON the names of all fences that concern it. */
const fill = `
create function millrace.cache_fill(keys text[], bodies text[], tag_lists text[], expiries bigint[], name_lists text[], epochs text[], sinces bigint[])
returns setof text language plpgsql as $$
declare
  now_is millrace.cache_state%rowtype;
begin
  perform millrace.cache_lock(false);
  select * into now_is from millrace.cache_state;
  if not found then return; end if;
  return query
    insert into millrace.cache_entries as e (key, body, tags, expires_ms, bytes)
    select w.key, w.body, array(select jsonb_array_elements_text(w.tags::jsonb)), w.expires_ms, octet_length(w.key) + octet_length(w.body)
    from unnest(keys, bodies, tag_lists, expiries, name_lists, epochs, sinces) as w(key, body, tags, expires_ms, names, epoch, since)
    where w.epoch = now_is.epoch and w.since >= now_is.floor and (w.since = now_is.sequence or (
      not exists (select 1 from millrace.cache_fences f where f.name in (select jsonb_array_elements_text(w.names::jsonb)) and f.at > w.since)
      and not exists (select 1 from millrace.cache_patterns p where p.at > w.since and w.key like p.pattern)))
    order by w.key collate "C"
    on conflict (key) do update set body = excluded.body, tags = excluded.tags, expires_ms = excluded.expires_ms, bytes = excluded.bytes
    returning e.key;
end $$;
`;

/* A null body cannot be kept: what stood there goes. */
const put = `
create function millrace.cache_put(keys text[], bodies text[], tag_lists text[], expiries bigint[], names text[]) returns setof text language plpgsql as $$
begin
  perform millrace.cache_lock(true);
  perform millrace.cache_raise(names, null);
  delete from millrace.cache_entries e using unnest(keys, bodies) as w(key, body) where w.body is null and e.key = w.key;
  return query
    insert into millrace.cache_entries as e (key, body, tags, expires_ms, bytes)
    select w.key, w.body, array(select jsonb_array_elements_text(w.tags::jsonb)), w.expires_ms, octet_length(w.key) + octet_length(w.body)
    from unnest(keys, bodies, tag_lists, expiries) as w(key, body, tags, expires_ms) where w.body is not null
    on conflict (key) do update set body = excluded.body, tags = excluded.tags, expires_ms = excluded.expires_ms, bytes = excluded.bytes
    returning e.key;
end $$;
`;

/* Which entries go: these keys; from lowest up to highest, where they are like the pattern if there is one; those with the tag. */
const drop = `
create function millrace.cache_drop(names text[], keys text[], lowest text, highest text, like_pattern text, tag text) returns bigint language plpgsql as $$
declare
  dropped bigint := 0;
  counted bigint;
begin
  perform millrace.cache_lock(true);
  perform millrace.cache_raise(names, like_pattern);
  if keys is not null then
    delete from millrace.cache_entries where key = any(keys);
    get diagnostics counted = row_count;
    dropped := dropped + counted;
  end if;
  if lowest is not null then
    delete from millrace.cache_entries where key >= lowest and key < highest and (like_pattern is null or key like like_pattern);
    get diagnostics counted = row_count;
    dropped := dropped + counted;
  end if;
  if tag is not null then
    delete from millrace.cache_entries where tags <> '{}' and tags @> array[tag];
    get diagnostics counted = row_count;
    dropped := dropped + counted;
  end if;
  return dropped;
end $$;
`;

/* Up to `most` rows past their time; when those are gone, up to `most` of those that end soonest where there is too much. Rows that somebody holds are left for next time. */
const trim = `
create function millrace.cache_trim(now_ms bigint, most_entries bigint, most_bytes bigint, most integer,
  out expired bigint, out evicted bigint, out entries bigint, out bytes bigint) language plpgsql as $$
declare
  over bigint;
begin
  delete from millrace.cache_entries where key in (
    select key from millrace.cache_entries where expires_ms <= now_ms order by expires_ms limit most for update skip locked);
  get diagnostics expired = row_count;
  evicted := 0;
  select count(*), coalesce(sum(e.bytes), 0) into entries, bytes from millrace.cache_entries e;
  over := greatest(entries - most_entries, case when bytes > most_bytes then ceil(entries * (1 - most_bytes::numeric / bytes)) else 0 end);
  if over <= 0 or expired = most then return; end if;
  delete from millrace.cache_entries where key in (
    select key from millrace.cache_entries order by expires_ms limit least(over, most) for update skip locked);
  get diagnostics evicted = row_count;
end $$;
`;

const leases = `
create unlogged table millrace.cache_leases (key text collate "C" primary key, holder text not null, until timestamptz not null) with (fillfactor = 50);
create function millrace.cache_lease(keys text[], wanted_by text, ms integer) returns table (leased text, held_by text) language plpgsql as $$
begin
  insert into millrace.cache_leases as l (key, holder, until)
    select k, wanted_by, clock_timestamp() + ms * interval '1 millisecond' from unnest(keys) as k order by k collate "C"
    on conflict (key) do update set holder = excluded.holder, until = excluded.until where l.until <= clock_timestamp() or l.holder = excluded.holder;
  return query select l.key, l.holder from millrace.cache_leases l where l.key = any(keys);
end $$;
create function millrace.cache_release(keys text[], held_by text, left_there text, ms integer) returns void language plpgsql as $$
begin
  perform 1 from millrace.cache_leases l where l.key = any(keys) and l.holder = held_by order by l.key for update;
  if left_there is null then delete from millrace.cache_leases l where l.key = any(keys) and l.holder = held_by;
  else update millrace.cache_leases l set holder = left_there, until = clock_timestamp() + ms * interval '1 millisecond' where l.key = any(keys) and l.holder = held_by;
  end if;
  delete from millrace.cache_leases where key in (select l.key from millrace.cache_leases l where l.until < clock_timestamp() - interval '1 minute' limit 10 for update skip locked);
end $$;
`;

/* Everything that was stored before is gone, and fills that were begun before are refused. Who may not truncate deletes. */
const forget = `
create function millrace.cache_forget() returns void language plpgsql as $$
begin
  perform millrace.cache_lock(true);
  begin
    truncate millrace.cache_entries;
  exception when insufficient_privilege then
    delete from millrace.cache_entries;
  end;
  insert into millrace.cache_state as s (id, epoch, sequence, floor) values (1, gen_random_uuid()::text, 1, 0)
    on conflict (id) do update set epoch = excluded.epoch, sequence = s.sequence + 1;
end $$;
`;

/** What the PostgreSQL tier needs. Hand them to `migrate` with your own. */
export const cacheMigrations: readonly Migration[] = [
  { id: 'cache:0001', sql: [tables, lock, raise, read, fill, put, drop, trim].join('') },
  { id: 'cache:0002', sql: leases },
  { id: 'cache:0003', sql: forget },
];
