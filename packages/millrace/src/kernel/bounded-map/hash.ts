/** What a bounded map can be keyed by: something whose text is its identity. */
export type MapKey = string | number | bigint;

/** 32 bits of a key, for the ghosts only: where two keys collide, an admission is judged wrongly, nothing else. */
export function hashOf(key: MapKey, seed = 0x811c9dc5): number {
  if (typeof key === 'number' && (key | 0) === key) return mix(key ^ seed);
  const text = typeof key === 'string' ? key : String(key);
  let hash = seed; // FNV-1a (Fowler, Noll, Vo)
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return mix(hash);
}

/** Spreads neighbouring numbers over all 32 bits (the finaliser of MurmurHash3). */
function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
