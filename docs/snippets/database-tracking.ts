import { createDatabase, type DatabaseEvents } from 'millrace/database';

const events = {
  emit<Name extends keyof DatabaseEvents & string>(name: Name, build: () => DatabaseEvents[Name]): void {
    if (name === 'database.statement.slowed') process.stdout.write(`${JSON.stringify(build())}\n`);
  },
};
const database = createDatabase({ url: process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1/postgres', slowAfter: '200ms' }, { events });
await database.start();

await database.query('select pg_sleep(0.3)');
for (const { statement, count, totalMs, p95Ms } of database.statements().slice(0, 10)) {
  process.stdout.write(`${totalMs.toFixed(1)} ms in ${count} calls, p95 ${p95Ms.toFixed(1)} ms: ${statement}\n`);
}
await database.stop();
