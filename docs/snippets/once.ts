import { createHash } from 'node:crypto';
import { createMillrace } from 'millrace';

const millrace = await createMillrace();
await millrace.executeQuery(`
  create table if not exists payments (
    id bigint generated always as identity primary key, pence integer not null, key text not null unique, request_hash bytea not null)`);

/** The id of the payment that was made with `key`, now or before. */
export async function pay(pence: number, key: string): Promise<number> {
  const hash = createHash('sha256').update(JSON.stringify({ pence })).digest();
  const [made] = await millrace.executeQuery<{ id: string }>(
    'insert into payments (pence, key, request_hash) values ($1, $2, $3) on conflict (key) do nothing returning id',
    [pence, key, hash],
  );
  if (made) return Number(made.id);
  const [earlier] = await millrace.executeQuery<{ id: string; request_hash: Buffer }>('select id, request_hash from payments where key = $1', [key]);
  if (!earlier || !hash.equals(earlier.request_hash)) throw new Error('This key was used for another payment');
  return Number(earlier.id);
}
