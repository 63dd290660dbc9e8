import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { UsageError } from '../arguments.ts';
import { bareRows, table } from './table.ts';

interface Wanted {
  readonly commands: readonly string[];
  readonly isBare: boolean;
}

const usage = 'without psql on this machine, npm run psql takes -- -c <sql> (also several), -f <file>, -A -t, or SQL on its standard input';

function parse(words: readonly string[]): Wanted {
  const commands: string[] = [];
  const flags = new Set<string>();
  for (let i = 0; i < words.length; i++) {
    const [word, next] = [words[i]!, words[i + 1]];
    if ((word === '-c' || word === '-f') && next !== undefined) {
      commands.push(word === '-c' ? next : readFileSync(next, 'utf8'));
      i++;
    } else if (/^-[At]{1,2}$/.test(word)) flags.add(word);
    else throw new UsageError(`${word} is not known here: ${usage}`);
  }
  return { commands, isBare: flags.size > 0 };
}

/** What psql does for us where there is none: runs statements, prints tables, ends with 1 after an error. */
export async function runClient(url: string, words: readonly string[]): Promise<number> {
  const { commands, isBare } = parse(words);
  const client = new pg.Client({ connectionString: url, application_name: 'millrace-psql' });
  client.on('notice', ({ message }) => process.stderr.write(`NOTICE:  ${message}\n`));
  await client.connect();
  try {
    if (commands.length > 0) return await runAll(client, commands, isBare);
    return process.stdin.isTTY ? await converse(client) : await runAll(client, [await text(process.stdin)], isBare);
  } finally {
    await client.end();
  }
}

/** Stops at the first error, as `psql -c` does. */
async function runAll(client: pg.Client, commands: readonly string[], isBare: boolean): Promise<number> {
  for (const sql of commands) if (!(await runOne(client, sql, isBare))) return 1;
  return 0;
}

async function runOne(client: pg.Client, sql: string, isBare: boolean): Promise<boolean> {
  try {
    // texts as the server sends them, so that nothing is changed on its way to the screen
    const answer = await client.query<(string | null)[]>({ text: sql, rowMode: 'array', types: { getTypeParser: () => (value: string) => value } });
    for (const one of [answer].flat()) print(one, isBare);
    return true;
  } catch (error) {
    const { message, detail, hint } = error as pg.DatabaseError;
    process.stderr.write(`ERROR:  ${message}\n${detail ? `DETAIL:  ${detail}\n` : ''}${hint ? `HINT:  ${hint}\n` : ''}`);
    return false;
  }
}

const numberTypes = new Set([20, 21, 23, 26, 700, 701, 1700]);

function print({ fields, rows, command, rowCount }: pg.QueryArrayResult<(string | null)[]>, isBare: boolean): void {
  if (fields.length === 0) {
    if (!isBare) process.stdout.write(`${command ?? ''}${command === 'INSERT' ? ' 0' : ''}${countOf(command, rowCount)}\n`);
    return;
  }
  const names = fields.map(({ name }) => name);
  const numbers = fields.map(({ dataTypeID }) => numberTypes.has(dataTypeID));
  const shown = isBare ? bareRows(rows) : table(names, rows, numbers);
  process.stdout.write(shown === '' ? '' : `${shown}\n`);
}

const countOf = (command: string | null, rowCount: number | null): string =>
  /^(INSERT|UPDATE|DELETE|MERGE|COPY)$/.test(command ?? '') ? ` ${rowCount ?? 0}` : '';

/** Statements end with a semicolon, `\q` or the end of the input ends it. */
async function converse(client: pg.Client): Promise<number> {
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: 'millrace=# ' });
  lines.on('SIGINT', () => lines.close());
  let statement = '';
  lines.prompt();
  for await (const line of lines) {
    if (line.trim() === '\\q') break;
    statement += `${line}\n`;
    if (line.trimEnd().endsWith(';')) {
      await runOne(client, statement, false);
      statement = '';
    }
    lines.prompt();
  }
  return 0;
}
