/**
 * The rows of a table by what their packets are known by: the first row of an identity is found by hashing,
 * further ones of the same identity hang on it in their order. A million identical packets are as quick to
 * find as one.
 */

import type { PacketTable } from './packet-table.js';

const NONE = -1;

export class IdentityIndex {
  readonly #table: PacketTable;
  readonly #byHeader: boolean;
  readonly #mask: number;
  /** Rows from 1, so that untouched memory is an empty index. */
  readonly #heads: Int32Array;
  readonly #nextInBucket: Int32Array;
  readonly #nextAlike: Int32Array;

  /** Of the rows for which `has` is true; `byHeader`: packets with the same headers count as alike. */
  constructor(table: PacketTable, byHeader = false, has: (row: number) => boolean = () => true) {
    this.#table = table;
    this.#byHeader = byHeader;
    const buckets = 2 ** Math.ceil(Math.log2(Math.max(1, table.count)));
    this.#mask = buckets - 1;
    this.#heads = new Int32Array(buckets);
    this.#nextInBucket = new Int32Array(table.count);
    this.#nextAlike = new Int32Array(table.count);
    for (let row = table.count - 1; row >= 0; row--) if (has(row)) this.#add(row);
  }

  /** The first row that is like `row` of `table`, or −1. */
  first(table: PacketTable, row: number): number {
    let found = this.#heads[this.#bucketOf(table, row)] - 1;
    while (found !== NONE && !this.#isAlike(found, table, row))
      found = this.#nextInBucket[found] - 1;
    return found;
  }

  /** The next row like `row`, or −1. */
  next(row: number): number {
    return this.#nextAlike[row] - 1;
  }

  /** Rows come from the last to the first: each takes the place of the one like it. */
  #add(row: number): void {
    const bucket = this.#bucketOf(this.#table, row);
    const next = this.#nextInBucket;
    let before = NONE;
    let found = this.#heads[bucket] - 1;
    while (found !== NONE && !this.#isAlike(found, this.#table, row)) {
      before = found;
      found = next[found] - 1;
    }
    if (found === NONE) {
      next[row] = this.#heads[bucket];
      this.#heads[bucket] = row + 1;
      return;
    }
    this.#nextAlike[row] = found + 1;
    next[row] = next[found];
    if (before === NONE) this.#heads[bucket] = row + 1;
    else next[before] = row + 1;
  }

  #bucketOf({ header, whole }: PacketTable, row: number): number {
    return (this.#byHeader ? header[row] : whole[row]) & this.#mask;
  }

  #isAlike(mine: number, table: PacketTable, row: number): boolean {
    const own = this.#table;
    if (own.header[mine] !== table.header[row]) return false;
    return this.#byHeader || own.whole[mine] === table.whole[row];
  }
}
