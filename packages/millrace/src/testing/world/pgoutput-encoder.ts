import type { WorldChange, WorldRow } from './world-store.ts';

const oid = 16_384;

/** Changes of one table as PostgreSQL sends them (protocol, logical replication message formats), whole old rows included. */
export class PgoutputEncoder {
  readonly #table: string;
  readonly #columns: readonly string[];
  #isDescribed = false;

  constructor(table: string, columns: readonly string[]) {
    this.#table = table;
    this.#columns = columns;
  }

  keepAlive(lsn: bigint): Buffer {
    return Buffer.concat([Buffer.from('k'), uint64(lsn), uint64(0n), Buffer.from([0])]);
  }

  /** Begin, the table where it was not described before, its rows, commit. */
  transaction(xid: number, changes: readonly WorldChange[], endLsn: bigint): Buffer[] {
    const begin = [Buffer.from('B'), Buffer.alloc(16), uint32(xid)];
    const relation = this.#isDescribed ? [] : [this.#relation()];
    this.#isDescribed = true;
    const commit = [Buffer.from('C'), Buffer.from([0]), uint64(endLsn - 8n), uint64(endLsn), uint64(0n)];
    return [begin, ...relation, ...changes.map((change) => this.#change(change)), commit].map((parts) => logged(parts));
  }

  #relation(): Buffer[] {
    const columns = this.#columns.flatMap((name) => [Buffer.from([1]), Buffer.from(`${name}\0`), Buffer.alloc(8)]);
    return [Buffer.from('R'), uint32(oid), Buffer.from(`public\0${this.#table}\0f`), uint16(this.#columns.length), ...columns];
  }

  #change({ before, after }: WorldChange): Buffer[] {
    if (before.version === 0) return [Buffer.from('I'), uint32(oid), Buffer.from('N'), ...this.#row(after)];
    return [Buffer.from('U'), uint32(oid), Buffer.from('O'), ...this.#row(before), Buffer.from('N'), ...this.#row(after)];
  }

  #row(row: WorldRow): Buffer[] {
    const values = this.#columns.map((name) => Buffer.from(String(row[name as keyof WorldRow])));
    return [uint16(values.length), ...values.flatMap((value) => [Buffer.from('t'), uint32(value.length), value])];
  }
}

const uint16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
};

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

const uint64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
};

/** Behind the header that every piece of the log is sent with. */
const logged = (parts: readonly Buffer[]): Buffer => Buffer.concat([Buffer.from('w'), Buffer.alloc(24), ...parts]);
