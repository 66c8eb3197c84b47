/**
 * All packets that were sent one way, in the order in which they were sent, and what became of each:
 * arrived or not, after how long, before how many that were sent earlier, and how often.
 */

import type { Capture } from './capture.js';
import type { Homes } from './homes.js';
import { Kind, OUT, type Pairing, RECEIVED, SENT } from './pairing.js';

const COPIES_MAX = 65_535;

interface Range {
  readonly first: number;
  readonly last: number;
}

const ALL_ROWS: Range = { first: 0, last: Number.POSITIVE_INFINITY };
const NO_ROWS: Range = { first: 0, last: -1 };

export class Way {
  /** The captures where the packets were sent, and where they arrived. */
  readonly sender: Capture;
  readonly arrival: Capture;
  /** Rows of `sender`: what was sent this way. */
  readonly rows: Int32Array;
  /**
   * By the same index: by how many later ones it was overtaken (RFC 4737's reordering extent); 0: by
   * none.
   */
  readonly extents: Int32Array;
  /** How many of them were sent before the first packet that both captures have, and behind the last. */
  readonly edges: { readonly before: number; readonly behind: number };
  /** How many packets have arrived that were sent. */
  readonly arrivedCount: number;
  /** By conversation: what arrived this way without being sent. */
  readonly strangers: Int32Array;
  /** So many of them between the first and the last packet that both captures have. */
  readonly strangersWithin: number;

  readonly #way: number;
  readonly #pairing: Pairing;
  readonly #homes: Homes;
  readonly #offsetNs: number;
  readonly #from: number;
  /** By row of `sender`: copies that arrived. */
  readonly #copies: Uint16Array;

  /** `trims`: what lies before the first or behind the last packet that both have does not count. */
  constructor(pairing: Pairing, homes: Homes, way: number, offsetNs: number, trims: boolean) {
    const [from, to] = way === OUT ? [SENT, RECEIVED] : [RECEIVED, SENT];
    this.#way = way;
    this.#pairing = pairing;
    this.#homes = homes;
    this.#offsetNs = offsetNs;
    this.#from = from;
    this.sender = pairing.captures[from];
    this.arrival = pairing.captures[to];
    const common = this.#commonOf(from);
    const all = this.#rowsOf(from, ALL_ROWS);
    const before = all.findIndex((row) => row >= common.first);
    const behind = all.findLastIndex((row) => row <= common.last);
    this.edges = {
      before: before < 0 ? all.length : before,
      behind: all.length - 1 - behind,
    };
    this.rows = trims ? all.subarray(this.edges.before, all.length - this.edges.behind) : all;
    const within = this.#rowsOf(to, this.#commonOf(to));
    const isAlone = (row: number) => pairing.kind[to][row] === Kind.alone;
    this.strangersWithin = within.reduce((sum, row) => sum + Number(isAlone(row)), 0);
    const arrivals = trims ? within : this.#rowsOf(to, ALL_ROWS);
    this.strangers = new Int32Array(homes.count);
    this.#copies = new Uint16Array(this.sender.table.count);
    const ranks = new Int32Array(this.sender.table.count);
    this.arrivedCount = this.#takeArrivals(to, arrivals, ranks);
    this.extents = this.#extentsOf(ranks);
  }

  /** A Kind: alone when it was lost. */
  kindOf(row: number): number {
    return this.#pairing.kind[this.#from][row];
  }

  /** The row of `arrival` that it arrived as, or −1. */
  arrivalOf(row: number): number {
    return this.#pairing.partner[this.#from][row];
  }

  copiesOf(row: number): number {
    return this.#copies[row];
  }

  conversationOf(row: number): number {
    return this.#homes.conversationOf(this.#from, row);
  }

  /** How long it took, by the clocks as they are mended; of a row that arrived. */
  delayNs(row: number): number {
    const arrival = this.arrivalOf(row);
    return this.#way === OUT
      ? this.#pairing.apartNs(row, arrival) - this.#offsetNs
      : this.#offsetNs - this.#pairing.apartNs(arrival, row);
  }

  /** The first and the last row that the other capture has, too, on whatever way. */
  #commonOf(capture: number): Range {
    const partner = this.#pairing.partner[capture];
    const isCommon = (row: number) => row >= 0;
    const first = partner.findIndex(isCommon);
    return first < 0 ? NO_ROWS : { first, last: partner.findLastIndex(isCommon) };
  }

  #rowsOf(capture: number, { first, last }: Range): Int32Array {
    const end = Math.min(last, this.#pairing.partner[capture].length - 1);
    let count = 0;
    for (let row = first; row <= end; row++) if (this.#isMine(capture, row)) count++;
    const rows = new Int32Array(count);
    for (let row = first, i = 0; row <= end; row++) if (this.#isMine(capture, row)) rows[i++] = row;
    return rows;
  }

  #isMine(capture: number, row: number): boolean {
    return this.#homes.wayOf(capture, row) === this.#way;
  }

  /** Sets `ranks` by row of `sender`: as which of its conversation's packets it arrived, from 1. */
  #takeArrivals(capture: number, arrivals: Int32Array, ranks: Int32Array): number {
    const { kind, partner } = this.#pairing;
    const last = new Int32Array(this.#homes.count);
    let count = 0;
    for (const row of arrivals) {
      const sent = partner[capture][row];
      const conversation = this.#homes.conversationOf(capture, row);
      if (kind[capture][row] === Kind.alone) {
        this.strangers[conversation]++;
      } else if (kind[capture][row] === Kind.copy) {
        if (this.#copies[sent] < COPIES_MAX) this.#copies[sent]++;
      } else {
        count++;
        ranks[sent] = ++last[this.conversationOf(sent)];
      }
    }
    return count;
  }

  /**
   * RFC 4737, section 4.2: a packet is reordered when one that was sent later has arrived before it, and
   * its extent is how far before it the first of these arrived.
   */
  #extentsOf(ranks: Int32Array): Int32Array {
    const extents = new Int32Array(this.rows.length);
    const earliest = new Int32Array(this.#homes.count).fill(2 ** 31 - 1);
    for (let i = this.rows.length - 1; i >= 0; i--) {
      const rank = ranks[this.rows[i]];
      if (rank === 0) continue;
      const conversation = this.conversationOf(this.rows[i]);
      const first = earliest[conversation];
      if (first < rank) extents[i] = rank - first;
      else earliest[conversation] = rank;
    }
    return extents;
  }
}
