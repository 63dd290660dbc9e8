import { Script } from '../../../redis/index.ts';

/*
 * What Redis holds, per shard (one hash slot, so that a script sees all of it at once); `{n}` is the shard:
 *
 *   {0}:q  string  the one sequence: its newest number, its generation, and the run id of the server that gave it
 *   {n}:h  hash    e = epoch of this shard, g = generation of its numbers, o = floor: fills begun below it are refused, p = the newest patterns as JSON
 *                  [[sequence, pattern]], r = run id of the server that began the epoch
 *   {n}:f  zset    fences: `k` + key or `t` + tag, by the sequence number of their newest invalidation; bounded, what falls out raises the floor
 *   {n}:m  zset    marks: tag by the sequence number of its newest invalidation; an entry with that tag and a lower number is a miss
 *   {n}:i  zset    index: every key of the shard in lexical order, for whatever drops a range of keys
 *   {n}:t: set     the keys that carried a tag, to count and free them; what is missing here is still caught by its mark
 *   {n}:l: string  leases: the token of who loads a key for everybody, or why there is none; gone after two seconds
 *   {n}:e: string  entries: `epoch sequence` and their tags in the first line, then the envelope
 *
 * Redis may evict any of these when it is full, or lose them all. Fences, marks and index each hold the epoch as a member: when one of them is
 * gone the shard begins a new epoch, and entries of an older epoch are misses. So eviction costs hits and never lets an old value stand.
 *
 * Replication is asynchronous: a replica that is named master may lack invalidations which the old master had confirmed, and a server may come back with
 * an old file. Both show in the run id, which every script compares (2 µs on the machine it was measured on). Numbers of two generations are not compared at all:
 * a fill of an older one is refused.
 *
 * A script that finds no valid epoch answers `EPOCH`, does nothing, and whoever called takes a new number and begins one with it: a number taken earlier would
 * let fills pass that began before what was lost.
 */

const runId = `
local function runId()
  local info = redis.pcall('INFO', 'server')
  return type(info) == 'string' and string.match(info, 'run_id:(%w+)') or 'unknown'
end
`;

const validity = `${runId}
local h, f, m, i = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local head = redis.call('HMGET', h, 'e', 'g', 'r')
local epoch = head[1]
local isValid = epoch and redis.call('ZSCORE', f, '#' .. epoch) and redis.call('ZSCORE', m, '#' .. epoch) and redis.call('ZSCORE', i, '#' .. epoch)
  and head[2] == ARGV[1] and head[3] == runId()
`;

const prelude = `${validity}
if not isValid then return redis.error_reply('EPOCH is over') end
local entries = ARGV[3]
local function above(key, run)
  if run(key) then return true end
  for at = #key - 1, 2, -1 do
    if string.byte(key, at) == 58 and run(string.sub(key, 1, at - 1)) then return true end
  end
  return false
end
local function fence(name, sequence)
  redis.call('ZADD', f, sequence, name)
  if redis.call('ZCARD', f) > 20000 then
    local oldest = redis.call('ZRANGE', f, 1, 1, 'WITHSCORES')
    redis.call('ZREM', f, oldest[1])
    if tonumber(oldest[2]) > tonumber(redis.call('HGET', h, 'o')) then redis.call('HSET', h, 'o', oldest[2]) end
  end
end
`;

/**
 * KEYS: the sequence. ARGV: a fresh generation. The next number and its generation; a new generation where the last number was lost, or was given by another server,
 * which may have given more of them than this one knows. Never lower than the server's microseconds.
 */
export const nextSequence: Script = new Script(`${runId}
local run = runId()
local last, generation, by = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%w+) (%w+)$')
if by ~= run then generation = ARGV[1] end
local time = redis.call('TIME')
local now, least = tonumber(time[1]) * 1000000 + tonumber(time[2]), tonumber(last or '0') + 1
local next = string.format('%.0f', now > least and now or least) .. ' ' .. generation
redis.call('SET', KEYS[1], next .. ' ' .. run)
return next
`);

/** ARGV: generation, sequence, fresh epoch. Begins a new epoch where there is no valid one: everything of the shard is a miss, fills begun before are refused. */
export const beginEpoch: Script = new Script(`${validity}
if isValid then return 0 end
redis.call('DEL', h, f, m, i)
redis.call('HSET', h, 'e', ARGV[3], 'g', ARGV[1], 'o', ARGV[2], 'p', '[]', 'r', runId())
for _, set in ipairs({f, m, i}) do redis.call('ZADD', set, 0, '#' .. ARGV[3]) end
return 1
`);

/** ARGV: generation, sequence, prefix of entries, keys. Entries that are valid, without their first line; false for the others. */
export const readEntries: Script = new Script(`${prelude}
local answer = {}
for n = 4, #ARGV do
  local value = redis.call('GET', entries .. ARGV[n])
  local body = false
  if value then
    local line = string.find(value, '\\n', 1, true)
    local stamp, sequence, tags = string.match(string.sub(value, 1, line - 1), '^(%S+) (%d+)(.*)$')
    if stamp == epoch then
      body = string.sub(value, line + 1)
      for tag in string.gmatch(tags, '\\31([^\\31]*)') do
        local mark = redis.call('ZSCORE', m, tag)
        if mark and tonumber(mark) > tonumber(sequence) then body = false end
      end
    end
    if not body then redis.call('UNLINK', entries .. ARGV[n]) redis.call('ZREM', i, ARGV[n]) end
  end
  answer[#answer + 1] = body
end
return answer
`);

/**
 * ARGV: generation, sequence, prefix of entries, prefix of tag sets, key, fence or empty, ms to live, body, tags. 1 when it was stored.
 * With a fence it gives way to any invalidation since; without one it raises the fence of its key to `sequence`.
 */
export const writeEntry: Script = new Script(`${prelude}
local sets, key, began, ms, body = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
if began ~= '' then
  local since = tonumber(began)
  local function risen(name) local at = redis.call('ZSCORE', f, name) return at and tonumber(at) > since end
  if since < tonumber(redis.call('HGET', h, 'o')) then return 0 end
  if above(key, function(one) return risen('k' .. one) end) then return 0 end
  for n = 9, #ARGV do if risen('t' .. ARGV[n]) then return 0 end end
  for _, one in ipairs(cjson.decode(redis.call('HGET', h, 'p'))) do
    if tonumber(one[1]) > since then
      local at, fits = 1, true
      for number, piece in ipairs(one[2]) do
        local from = string.find(key, piece, at, true)
        if number == 1 and from ~= 1 then fits = false
        elseif number == #one[2] and piece ~= '' then fits = fits and #key - #piece + 1 >= at and string.sub(key, -#piece) == piece
        elseif not from then fits = false
        else at = from + #piece end
        if not fits then break end
      end
      if fits then return 0 end
    end
  end
else
  fence('k' .. key, ARGV[2])
end
local stamp = epoch .. ' ' .. (began ~= '' and began or ARGV[2])
for n = 9, #ARGV do
  stamp = stamp .. '\\31' .. ARGV[n]
  local set = sets .. ARGV[n]
  redis.call('SADD', set, key)
  if redis.call('PTTL', set) < tonumber(ms) then redis.call('PEXPIRE', set, ms) end
end
redis.call('SET', entries .. key, stamp .. '\\n' .. body, 'PX', ms)
redis.call('ZADD', i, 0, key)
return 1
`);

/** ARGV: generation, sequence, prefix of entries, keys. How many were there. */
export const deleteEntries: Script = new Script(`${prelude}
local count = 0
for n = 4, #ARGV do
  fence('k' .. ARGV[n], ARGV[2])
  count = count + redis.call('UNLINK', entries .. ARGV[n])
  redis.call('ZREM', i, ARGV[n])
end
return count
`);

/** ARGV: generation, sequence, prefix of entries, key. Raises the fence of a key, which covers all below it, and drops the key itself. */
export const raiseKey: Script = new Script(`${prelude}
fence('k' .. ARGV[4], ARGV[2])
redis.call('ZREM', i, ARGV[4])
return redis.call('UNLINK', entries .. ARGV[4])
`);

/** ARGV: generation, sequence, prefix of entries, pieces of a pattern as JSON. Fills that match and began before are refused from now on. */
export const raisePattern: Script = new Script(`${prelude}
local patterns = cjson.decode(redis.call('HGET', h, 'p'))
patterns[#patterns + 1] = {ARGV[2], cjson.decode(ARGV[4])} -- as text: JSON of Redis keeps 14 digits of a number
if #patterns > 32 then
  local oldest = table.remove(patterns, 1)
  if tonumber(oldest[1]) > tonumber(redis.call('HGET', h, 'o')) then redis.call('HSET', h, 'o', oldest[1]) end
end
redis.call('HSET', h, 'p', cjson.encode(patterns))
return 0
`);

/** ARGV: generation, sequence, prefix of entries, lowest, highest, most. Keys of the index in a lexical range: `[a`, `(a`, `+`. */
export const rangeOfKeys: Script = new Script(`${prelude}
return redis.call('ZRANGEBYLEX', i, ARGV[4], ARGV[5], 'LIMIT', 0, ARGV[6])
`);

/** ARGV: generation, sequence, prefix of entries, tag. Marks a tag: from now on older entries that carry it are misses, and fills that began before are refused. */
export const raiseTag: Script = new Script(`${prelude}
fence('t' .. ARGV[4], ARGV[2])
redis.call('ZADD', m, ARGV[2], ARGV[4])
return 0
`);

/** ARGV: generation, sequence, prefix of entries, tag, prefix of tag sets, most. Frees up to so many entries that carried the tag: how many there were, and how many are left to look at. */
export const sweepTag: Script = new Script(`${prelude}
local set = ARGV[5] .. ARGV[4]
local keys = redis.call('SPOP', set, ARGV[6])
local count = 0
for _, key in ipairs(keys) do
  local value = redis.call('GET', entries .. key)
  local line = value and string.find(value, '\\n', 1, true)
  local first = line and string.sub(value, 1, line - 1) .. '\\31'
  local sequence = first and string.match(first, '^%S+ (%d+)')
  if first and tonumber(sequence) < tonumber(ARGV[2]) and string.find(first, '\\31' .. ARGV[4] .. '\\31', 1, true) then
    redis.call('UNLINK', entries .. key)
    redis.call('ZREM', i, key)
    count = count + 1
  end
end
return {count, redis.call('SCARD', set)}
`);

/** KEYS: leases of one shard. ARGV: holder, ms. What stands under each now: the holder's own token where the lease is theirs from now on. */
export const takeLeases: Script = new Script(`
local answer = {}
for n = 1, #KEYS do
  local held = redis.call('GET', KEYS[n])
  if not held or held == ARGV[1] then
    redis.call('SET', KEYS[n], ARGV[1], 'PX', ARGV[2])
    held = ARGV[1]
  end
  answer[n] = held
end
return answer
`);

/** KEYS: leases of one shard. ARGV: holder, what to leave there or empty, ms. */
export const endLeases: Script = new Script(`
for n = 1, #KEYS do
  if redis.call('GET', KEYS[n]) == ARGV[1] then
    if ARGV[2] == '' then redis.call('UNLINK', KEYS[n]) else redis.call('SET', KEYS[n], ARGV[2], 'PX', ARGV[3]) end
  end
end
return 0
`);
