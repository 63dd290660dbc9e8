import { DecodeError } from './errors.ts';
import { FieldReader } from './reader.ts';

/*
 * pgoutput, protocol version 1 (PostgreSQL, Logical Replication Message Formats, 54.9). A transaction arrives whole, after its commit:
 *
 *   Begin, [Relation, [Type,] Insert | Update | Delete | Truncate]*, Commit
 *
 * The publication has a column list, so rows hold the key and the columns that tags are made of, nothing else. What is kept of a
 * transaction is bounded: past `mostRows` rows of one table it only says that the table as a whole has changed.
 */

/** A row as the stream shows it: texts by column name; null is NULL; a column that is absent was not sent (unchanged and stored out of line). */
export type RowText = Readonly<Record<string, string | null>>;

export interface RowChange {
  readonly kind: 'insert' | 'update' | 'delete';
  /** The old row: its replica identity. Absent for an insert, and for an update that left the replica identity as it was. */
  readonly before: RowText | undefined;
  /** The new row. Absent for a delete. */
  readonly after: RowText | undefined;
}

export interface TableChange {
  readonly schema: string;
  readonly table: string;
  /** Names of the columns that identify a row: the replica identity. Everything of it is in `before` and `after`. */
  readonly identity: readonly string[];
  /** The rows changed, or undefined when the whole table must be taken as changed: truncated, or more rows than are kept. */
  readonly rows: readonly RowChange[] | undefined;
}

export interface CommittedTransaction {
  /** The low 32 bits; see `fullXid`. */
  readonly xid: number;
  readonly commitLsn: bigint;
  /** Where the next transaction begins: what to acknowledge. */
  readonly endLsn: bigint;
  /** When it was committed, ms since the epoch by the server's clock. */
  readonly committedMs: number;
  readonly changes: readonly TableChange[];
}

export interface DecoderOptions {
  /** Rows kept of one table in one transaction. @default 1000 */
  readonly mostRows?: number | undefined;
}

interface Relation {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly identity: readonly string[];
}

const postgresEpochMs = Date.UTC(2000, 0, 1);
/** Tables remembered; a publication of more is a mistake, and forgetting one would make its rows unreadable. */
const mostRelations = 100_000;

export class PgoutputDecoder {
  readonly #mostRows: number;
  readonly #relations: Map<number, Relation> = new Map();
  #xid = 0;
  #isOpen = false;
  #rows: Map<Relation, RowChange[] | undefined> = new Map();

  constructor({ mostRows = 1000 }: DecoderOptions = {}) {
    this.#mostRows = mostRows;
  }

  /** Takes one message (the part behind the XLogData header) and returns the transaction when it was its commit. */
  decode(message: Buffer): CommittedTransaction | undefined {
    const fields = new FieldReader(message);
    const kind = fields.letter();
    switch (kind) {
      case 'B':
        return this.#begin(fields);
      case 'C':
        return this.#commit(fields);
      case 'R':
        return this.#relation(fields);
      case 'I':
        return this.#insert(fields);
      case 'U':
        return this.#update(fields);
      case 'D':
        return this.#delete(fields);
      case 'T':
        return this.#truncate(fields);
      case 'O':
      case 'Y':
      case 'M':
        return undefined; // origin, type and application messages change no row
      default:
        throw new DecodeError(message.length, `kind ${JSON.stringify(kind)}`);
    }
  }

  #begin(fields: FieldReader): undefined {
    fields.skip(16);
    this.#xid = fields.uint32();
    this.#rows = new Map();
    this.#isOpen = true;
  }

  #commit(fields: FieldReader): CommittedTransaction {
    if (!this.#isOpen) throw new DecodeError(0, 'a commit without a begin');
    fields.skip(1);
    const [commitLsn, endLsn, committed] = [fields.uint64(), fields.uint64(), fields.uint64()];
    const changes = [...this.#rows].map(([{ schema, table, identity }, rows]) => ({ schema, table, identity, rows }));
    this.#isOpen = false;
    this.#rows = new Map();
    return { xid: this.#xid, commitLsn, endLsn, committedMs: postgresEpochMs + Number(committed / 1000n), changes };
  }

  #relation(fields: FieldReader): undefined {
    const oid = fields.uint32();
    const schema = fields.cString() || 'pg_catalog';
    const table = fields.cString();
    fields.skip(1);
    const described = Array.from({ length: fields.int16() }, () => {
      const isIdentity = (fields.byte() & 1) === 1;
      const name = fields.cString();
      fields.skip(8);
      return { name, isIdentity };
    });
    const columns = described.map(({ name }) => name);
    const identity = described.filter(({ isIdentity }) => isIdentity).map(({ name }) => name);
    if (this.#relations.size >= mostRelations) throw new DecodeError(0, `more than ${mostRelations} tables`);
    this.#relations.set(oid, { schema, table, columns, identity });
  }

  #insert(fields: FieldReader): undefined {
    const relation = this.#relationOf(fields);
    this.#expect(fields, 'N');
    this.#note(relation, { kind: 'insert', before: undefined, after: row(fields, relation) });
  }

  #update(fields: FieldReader): undefined {
    const relation = this.#relationOf(fields);
    let mark = fields.letter();
    let before: RowText | undefined;
    if (mark === 'K' || mark === 'O') {
      before = oldRow(fields, relation, mark);
      mark = fields.letter();
    }
    if (mark !== 'N') throw new DecodeError(0, `an update with ${JSON.stringify(mark)} where its new row should stand`);
    this.#note(relation, { kind: 'update', before, after: row(fields, relation) });
  }

  #delete(fields: FieldReader): undefined {
    const relation = this.#relationOf(fields);
    const mark = fields.letter();
    this.#note(relation, { kind: 'delete', before: oldRow(fields, relation, mark), after: undefined });
  }

  #truncate(fields: FieldReader): undefined {
    const count = fields.uint32();
    fields.skip(1);
    for (let table = 0; table < count; table++) this.#rows.set(this.#relationOf(fields), undefined);
  }

  #relationOf(fields: FieldReader): Relation {
    const oid = fields.uint32();
    const found = this.#relations.get(oid);
    if (!found) throw new DecodeError(0, `a row of relation ${oid}, which was never described`);
    return found;
  }

  #expect(fields: FieldReader, wanted: string): void {
    const found = fields.letter();
    if (found !== wanted) throw new DecodeError(0, `${JSON.stringify(found)} where ${JSON.stringify(wanted)} should stand`);
  }

  #note(relation: Relation, change: RowChange): void {
    if (!this.#rows.has(relation)) this.#rows.set(relation, []);
    const rows = this.#rows.get(relation);
    if (rows && rows.length >= this.#mostRows) this.#rows.set(relation, undefined);
    else rows?.push(change);
  }
}

/** Marked `K` only the identity was sent, and NULL stands for everything else whatever it was: it is left out. Marked `O` it is the whole old row. */
function oldRow(fields: FieldReader, relation: Relation, mark: string): RowText {
  const sent = row(fields, relation);
  if (mark === 'O') return sent;
  const kept = Object.entries(sent).filter(([name]) => relation.identity.includes(name));
  return Object.assign(Object.create(null) as RowText, Object.fromEntries(kept));
}

function row(fields: FieldReader, { columns }: Relation): RowText {
  const values: [string, string | null][] = [];
  const count = fields.int16();
  if (count > columns.length) throw new DecodeError(0, `${count} values for ${columns.length} columns`);
  for (let column = 0; column < count; column++) {
    const kind = fields.letter();
    if (kind === 'n') values.push([columns[column] as string, null]);
    else if (kind === 't') values.push([columns[column] as string, fields.text(fields.uint32())]);
    else if (kind !== 'u') throw new DecodeError(0, `a value of kind ${JSON.stringify(kind)}`);
  }
  return Object.assign(Object.create(null) as RowText, Object.fromEntries(values));
}
