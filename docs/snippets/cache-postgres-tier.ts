import { cacheMigrations, createCache, PostgresTier } from 'millrace/cache';
import { createDatabase, migrate } from 'millrace/database';

const database = createDatabase({ url: 'postgres://app@localhost:5432/shop' });
await database.start();
await migrate(cacheMigrations, { mode: 'auto' }, { connect: () => database.connectDirect() });

export const shared = new PostgresTier(database, { size: '256MiB' });
await shared.start();

export const cache = createCache({}, { tiers: [shared] });
