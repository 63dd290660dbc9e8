// `npm run psql -- -c '…'`: SQL on the database of the demo that runs here, by psql where the machine has it, else by a small client of ours.
import { demoDirectory, readConnection } from './connection-file.ts';
import { exitWith, inOneLine } from './failure.ts';
import { runClient } from './sql/client.ts';
import { findPsql, runPsql } from './sql/program.ts';

async function run(words: readonly string[]): Promise<number> {
  const directory = demoDirectory();
  const url = readConnection(directory)?.url ?? process.env['DATABASE_URL'];
  if (url === undefined) {
    process.stderr.write(`No demo runs here (there is no ${directory}/connection.json of a living one): start it with npm start, or set DATABASE_URL\n`);
    return 2;
  }
  const program = findPsql();
  return program === undefined ? runClient(url, words) : runPsql(program, url, words);
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  exitWith(inOneLine(error));
}
