/**
 * What the network did to some of the packets that went one way, in numbers: all of them, those of one
 * flow, or those that one rule is made from.
 */

import { clopperPearson } from '../../netem/interval.js';
import { Kind } from './pairing.js';
import type { Way } from './way.js';

const CONFIDENCE = 0.95;

/** What routers have to set: congestion experienced (RFC 3168). */
const CE = 3;
const ECN_MASK = 3;

/** Times in nanoseconds. Null where nothing arrived. */
export interface DelayFigures {
  readonly minNs: number;
  readonly p50Ns: number;
  readonly p90Ns: number;
  readonly p99Ns: number;
  readonly maxNs: number;
  readonly meanNs: number;
  readonly sdNs: number;
  /** Mean difference, up or down, of packets that were sent one after the other (RFC 3393's variation). */
  readonly jitterNs: number;
}

export interface Figures {
  readonly sent: number;
  readonly lost: number;
  /** Share of what was sent, with the 95 % interval (Clopper and Pearson) of what may be behind it. */
  readonly loss: number | null;
  readonly lossCi95: readonly [number, number] | null;
  /** Mean number of packets lost in a row; null without loss. */
  readonly lossBurst: number | null;
  /** Further copies that arrived. */
  readonly duplicated: number;
  /** Arrived with the same headers and another payload. */
  readonly corrupted: number;
  /** Arrived after a packet of their flow that was sent later (RFC 4737), and by how many at most. */
  readonly reordered: number;
  readonly reorderExtentMax: number;
  /** Arrived with CE instead of ECT, and with another DSCP. */
  readonly marked: number;
  readonly dscpChanged: number;
  readonly delay: DelayFigures | null;
}

/** With what rules are made from and nobody is shown. */
export interface Findings extends Figures {
  /** By order of sending, of what arrived; negative where the clocks are wrong. */
  readonly delaysNs: Float64Array;
  /** How alike neighbours are: among all packets, and among those of each flow. */
  readonly neighbours: Neighbours;
  readonly flowNeighbours: Neighbours;
  /** Packets that arrived after one that was sent later, be it of another flow. */
  readonly overtaken: number;
}

export interface Neighbours {
  /** Mean number of packets lost in a row; null without loss. */
  readonly lossBurst: number | null;
  /** Autocorrelation of the delays of neighbours that arrived, −1 to 1; 0 where all are the same. */
  readonly delayCorrelation: number;
}

/** `indexes`: of `way.rows`, ascending. */
export function findingsOf(way: Way, indexes: Int32Array): Findings {
  const { sender, arrival, rows, extents } = way;
  const delaysNs = new Float64Array(indexes.length);
  let [lost, duplicated, corrupted, reordered] = [0, 0, 0, 0];
  let [reorderExtentMax, marked, dscpChanged, arrived] = [0, 0, 0, 0];
  for (const i of indexes) {
    const row = rows[i];
    const kind = way.kindOf(row);
    if (kind === Kind.alone) {
      lost++;
      continue;
    }
    delaysNs[arrived++] = way.delayNs(row);
    duplicated += way.copiesOf(row);
    if (kind === Kind.corrupted) corrupted++;
    if (extents[i] > 0) reordered++;
    if (extents[i] > reorderExtentMax) reorderExtentMax = extents[i];
    const before = sender.table.trafficClass[row];
    const after = arrival.table.trafficClass[way.arrivalOf(row)];
    if (before >> 2 !== after >> 2) dscpChanged++;
    if ((after & ECN_MASK) === CE && (before & ECN_MASK) !== CE) marked++;
  }
  const sent = indexes.length;
  const delays = delaysNs.subarray(0, arrived);
  const neighbours = neighboursOf(way, indexes, delays, () => 0);
  return {
    sent,
    lost,
    loss: sent === 0 ? null : lost / sent,
    lossCi95: sent === 0 ? null : clopperPearson(lost, sent, CONFIDENCE),
    lossBurst: neighbours.lossBurst,
    duplicated,
    corrupted,
    reordered,
    reorderExtentMax,
    marked,
    dscpChanged,
    delay: delaysOf(delays),
    delaysNs: delays,
    neighbours,
    flowNeighbours: neighboursOf(way, indexes, delays, (row) => way.conversationOf(row)),
    overtaken: overtakenOf(way, indexes),
  };
}

/** Packets are neighbours where they follow each other in one stream. */
function neighboursOf(
  way: Way,
  indexes: Int32Array,
  delays: Float64Array,
  streamOf: (row: number) => number,
): Neighbours {
  let sum = 0;
  for (const ns of delays) sum += ns;
  const meanNs = sum / delays.length;
  /** By stream: the last packet was lost; the deviation of the last delay. */
  const wasLost = new Map<number, boolean>();
  const before = new Map<number, number>();
  let [lost, runs, squares, products, arrived] = [0, 0, 0, 0, 0];
  for (const i of indexes) {
    const row = way.rows[i];
    const stream = streamOf(row);
    const isLost = way.kindOf(row) === Kind.alone;
    if (isLost) {
      lost++;
      if (wasLost.get(stream) !== true) runs++;
    } else {
      const deviation = delays[arrived++] - meanNs;
      squares += deviation * deviation;
      products += deviation * (before.get(stream) ?? 0);
      before.set(stream, deviation);
    }
    wasLost.set(stream, isLost);
  }
  return {
    lossBurst: lost === 0 ? null : lost / runs,
    delayCorrelation: squares > 0 ? products / squares : 0,
  };
}

function overtakenOf(way: Way, indexes: Int32Array): number {
  let latestNs = Number.NEGATIVE_INFINITY;
  let count = 0;
  for (const i of indexes) {
    const row = way.rows[i];
    if (way.kindOf(row) === Kind.alone) continue;
    const arrivedNs = way.sender.table.timeNs[row] + way.delayNs(row);
    if (arrivedNs < latestNs) count++;
    else latestNs = arrivedNs;
  }
  return count;
}

/** Only what is shown. */
export function figuresOf(findings: Findings): Figures {
  const {
    delaysNs: _,
    neighbours: __,
    flowNeighbours: ___,
    overtaken: ____,
    ...figures
  } = findings;
  return figures;
}

function delaysOf(delays: Float64Array): DelayFigures | null {
  const count = delays.length;
  if (count === 0) return null;
  let sum = 0;
  for (const ns of delays) sum += ns;
  const meanNs = sum / count;
  let [squares, changes] = [0, 0];
  for (let i = 0; i < count; i++) {
    squares += (delays[i] - meanNs) ** 2;
    if (i > 0) changes += Math.abs(delays[i] - delays[i - 1]);
  }
  const sorted = delays.slice().sort();
  const at = (q: number) => sorted[Math.max(0, Math.ceil(q * count) - 1)];
  return {
    minNs: sorted[0],
    p50Ns: at(0.5),
    p90Ns: at(0.9),
    p99Ns: at(0.99),
    maxNs: sorted[count - 1],
    meanNs,
    sdNs: Math.sqrt(squares / count),
    jitterNs: count < 2 ? 0 : changes / (count - 1),
  };
}
