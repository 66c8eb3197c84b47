/**
 * Which packet of one capture is which of the other. First those whose bytes are there once on either
 * side: they say which way the flows run (homes.ts) and how long packets take. Then those with the same
 * bytes, by what fits that time best; then those that differ in their payload only, which were damaged on
 * the way.
 */

import { assign } from './assignment.js';
import type { Capture } from './capture.js';
import { Groups } from './groups.js';
import type { Homes } from './homes.js';

/** The captures, as indexes. */
export const SENT = 0;
export const RECEIVED = 1;

/** The ways, as indexes: from the end of SENT to that of RECEIVED, and back. */
export const OUT = 0;
export const IN = 1;

/** What a row of a capture is to the other one. */
export const Kind = {
  /** Lost where it was sent; sent by nobody where it arrived. */
  alone: 0,
  paired: 1,
  /** Arrived, as the packet its partner was sent as did before. */
  copy: 2,
  /** Paired, and its payload is another. */
  corrupted: 3,
} as const;

const NONE = -1;

/** So many delays are enough to know the usual one. */
const SAMPLES_MAX = 65_536;

/** A delay may differ so much from the usual one, and by twice the range of those that are known. */
const MISFIT_NS = 10e6;

/** `Pairing.apartNs` of packets on one way: the least, the median, the most; NaN where there are none. */
export interface Span {
  readonly fromNs: number;
  readonly usualNs: number;
  readonly toNs: number;
}

const NO_SPAN: Span = { fromNs: Number.NaN, usualNs: Number.NaN, toNs: Number.NaN };

export class Pairing {
  readonly captures: readonly [Capture, Capture];
  /** Time of RECEIVED's first packet less that of SENT's, by their clocks. */
  readonly baseNs: number;
  /** By way, of the packets that are clear, if there are any; set by `finish`. */
  spans: readonly [Span, Span] = [NO_SPAN, NO_SPAN];
  /** Null when all are paired that can be. */
  #groups: Groups | null;
  /** By capture and row: the row of the same packet in the other capture, or −1; and its Kind. */
  readonly partner: readonly [Int32Array, Int32Array];
  readonly kind: readonly [Uint8Array, Uint8Array];

  constructor(sent: Capture, received: Capture) {
    this.captures = [sent, received];
    this.baseNs = Number(received.baseNs - sent.baseNs);
    this.#groups = new Groups(sent.table, received.table);
    const counts = [sent.table.count, received.table.count];
    this.partner = [new Int32Array(counts[0]).fill(NONE), new Int32Array(counts[1]).fill(NONE)];
    this.kind = [new Uint8Array(counts[0]), new Uint8Array(counts[1])];
    this.forEachGroup((from, to, isClear) => {
      if (isClear) this.#pair(from, to, Kind.paired);
    });
  }

  /**
   * Calls back with the first rows of packets that are alike, and whether there is one of them on either
   * side.
   */
  forEachGroup(visit: (sentRow: number, receivedRow: number, isClear: boolean) => void): void {
    const groups = this.#groups;
    groups?.each((from, to) => visit(from, to, groups.isClear(from, to)));
  }

  /**
   * What RECEIVED's clock showed less what SENT's did, of the same packet: the delay only if they agree.
   */
  apartNs(sentRow: number, receivedRow: number): number {
    const [sent, received] = this.captures;
    return this.baseNs + received.table.timeNs[receivedRow] - sent.table.timeNs[sentRow];
  }

  /**
   * Pairs what is not clear by its bytes alone. `nat`: headers say too little to tell a damaged packet from
   * another one.
   */
  finish(homes: Homes, nat: boolean): void {
    this.#partContradicting(homes);
    this.spans = [this.#spanOf(homes, OUT), this.#spanOf(homes, IN)];
    const { spans } = this;
    this.#settleGroups(homes, spans);
    this.#groups = null;
    // Of a way on which nothing is clear, what was made of it is all there is.
    this.spans = [OUT, IN].map((way) =>
      Number.isNaN(spans[way].fromNs) ? this.#spanOf(homes, way) : spans[way],
    ) as [Span, Span];
    if (!nat) for (const way of [OUT, IN]) this.#findCorrupted(homes, way, spans[way]);
  }

  /** The same bytes, but on different ways: by chance, where --nat leaves little to compare. */
  #partContradicting(homes: Homes): void {
    this.partner[SENT].forEach((to, from) => {
      if (to === NONE || homes.wayOf(SENT, from) === homes.wayOf(RECEIVED, to)) return;
      this.#pair(from, to, Kind.alone);
      this.partner[SENT][from] = NONE;
      this.partner[RECEIVED][to] = NONE;
    });
  }

  #settleGroups(homes: Homes, spans: readonly [Span, Span]): void {
    const groups = this.#groups!;
    groups.each((from, to) => {
      if (groups.isClear(from, to)) return;
      const sentRows = groups.sentRows(from);
      const receivedRows = groups.receivedRows(to);
      for (const way of [OUT, IN]) {
        const ofWay = (capture: number) => (row: number) => homes.wayOf(capture, row) === way;
        const mine = sentRows.filter(ofWay(SENT));
        this.#settle(mine, receivedRows.filter(ofWay(RECEIVED)), way, spans[way]);
      }
    });
  }

  #pair(sentRow: number, receivedRow: number, kind: number): void {
    this.partner[SENT][sentRow] = receivedRow;
    this.partner[RECEIVED][receivedRow] = sentRow;
    this.kind[SENT][sentRow] = kind;
    this.kind[RECEIVED][receivedRow] = kind;
  }

  #settle(
    sentRows: readonly number[],
    receivedRows: readonly number[],
    way: number,
    { fromNs, usualNs, toNs }: Span,
  ): void {
    if (sentRows.length === 0 || receivedRows.length === 0) return;
    const [from, to] = way === OUT ? [sentRows, receivedRows] : [receivedRows, sentRows];
    const apart = (i: number, j: number) =>
      way === OUT ? this.apartNs(from[i], to[j]) : this.apartNs(to[j], from[i]);
    const expected = Number.isNaN(usualNs) ? apart(0, 0) : usualNs;
    const misfit = (i: number, j: number) => Math.abs(apart(i, j) - expected);
    const misfitMax = Number.isNaN(usualNs) ? undefined : 2 * (toNs - fromNs) + MISFIT_NS;
    const { arrivals, copyOf } = assign(from.length, to.length, misfit, misfitMax);
    arrivals.forEach((j, i) => {
      if (j === NONE) return;
      if (way === OUT) this.#pair(from[i], to[j], Kind.paired);
      else this.#pair(to[j], from[i], Kind.paired);
    });
    const arrivedIn = way === OUT ? RECEIVED : SENT;
    copyOf.forEach((i, j) => {
      if (i === NONE) return;
      this.partner[arrivedIn][to[j]] = from[i];
      this.kind[arrivedIn][to[j]] = Kind.copy;
    });
  }

  /**
   * Packets with the headers of one that was lost, which came when it would have come. Both are in the
   * order of their times, so the earlier of two that are too far apart has no partner.
   */
  #findCorrupted(homes: Homes, way: number, { fromNs, toNs }: Span): void {
    if (Number.isNaN(fromNs)) return;
    const isAlone = (capture: number) => (row: number) =>
      this.kind[capture][row] === Kind.alone && homes.wayOf(capture, row) === way;
    const [sent, received] = this.captures;
    const groups = new Groups(sent.table, received.table, {
      byHeader: true,
      hasSent: isAlone(SENT),
      hasReceived: isAlone(RECEIVED),
    });
    groups.each((firstSent, firstReceived) => {
      const sentRows = groups.sentRows(firstSent);
      const receivedRows = groups.receivedRows(firstReceived);
      for (let i = 0, j = 0; i < sentRows.length && j < receivedRows.length; ) {
        const apartNs = this.apartNs(sentRows[i], receivedRows[j]);
        if (apartNs < fromNs) j++;
        else if (apartNs > toNs) i++;
        else this.#pair(sentRows[i++], receivedRows[j++], Kind.corrupted);
      }
    });
  }

  #spanOf(homes: Homes, way: number): Span {
    let samples: number[] = [];
    let [fromNs, toNs] = [Number.NaN, Number.NaN];
    let stride = 1;
    let count = 0;
    const partner = this.partner[SENT];
    for (let row = 0; row < partner.length; row++) {
      if (partner[row] === NONE || homes.wayOf(SENT, row) !== way) continue;
      const apartNs = this.apartNs(row, partner[row]);
      if (!(apartNs >= fromNs)) fromNs = apartNs;
      if (!(apartNs <= toNs)) toNs = apartNs;
      if (count++ % stride !== 0) continue;
      samples.push(apartNs);
      if (samples.length < SAMPLES_MAX) continue;
      // Every second of what was taken, and half as much from here on.
      samples = samples.filter((_, i) => i % 2 === 0);
      stride *= 2;
    }
    const usualNs = samples.sort((a, b) => a - b)[samples.length >> 1] ?? Number.NaN;
    return { fromNs, usualNs, toNs };
  }
}
