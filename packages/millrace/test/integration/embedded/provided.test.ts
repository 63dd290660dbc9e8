import pg from 'pg';
import { expect, inject, it } from 'vitest';

it('O1 the tests find a real PostgreSQL without any service of the machine', async () => {
  const client = new pg.Client({ connectionString: inject('databaseUrl') });
  await client.connect();
  const { rows } = await client.query<{ version: string }>("select current_setting('server_version_num')::int / 10000 as version");
  await client.end();
  expect(Number(rows[0]?.version)).toBeGreaterThanOrEqual(15);
});
