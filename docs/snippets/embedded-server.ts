import { startEmbedded } from 'millrace/database';

const server = await startEmbedded({ directory: '.millrace' });
server.onState((state) => process.stdout.write(`PostgreSQL ${server.version} is ${state}\n`));

process.env['DATABASE_URL'] = server.url; // for whatever opens connections
process.once('SIGTERM', () => void server.stop()); // last of all, after the pools
