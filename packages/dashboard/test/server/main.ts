import { fileURLToPath } from 'node:url';
import { fixtureServer } from './server.ts';

/** `node test/server/main.ts [port] [well | trouble | quiet]`: the built dashboard with invented figures, to look at. */
const [port = '4173', mood = 'trouble'] = process.argv.slice(2);
const server = await fixtureServer(
  fileURLToPath(new URL('../../dist/', import.meta.url)),
  { trouble: mood === 'trouble', quiet: mood === 'quiet' },
  Number(port),
);
console.log(server.url);
