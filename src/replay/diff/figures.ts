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

/** `indexes`: of `way.rows`, ascending. */
export function figuresOf(way: Way, indexes: Int32Array): Figures {
  const { sender, arrival, rows, extents } = way;
  let [lost, lossRuns, duplicated, corrupted, reordered] = [0, 0, 0, 0, 0];
  let [reorderExtentMax, marked, dscpChanged] = [0, 0, 0];
  let wasLost = false;
  for (const i of indexes) {
    const row = rows[i];
    const kind = way.kindOf(row);
    if (kind === Kind.alone) {
      lost++;
      if (!wasLost) lossRuns++;
      wasLost = true;
      continue;
    }
    wasLost = false;
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
  return {
    sent,
    lost,
    loss: sent === 0 ? null : lost / sent,
    lossCi95: sent === 0 ? null : clopperPearson(lost, sent, CONFIDENCE),
    lossBurst: lost === 0 ? null : lost / lossRuns,
    duplicated,
    corrupted,
    reordered,
    reorderExtentMax,
    marked,
    dscpChanged,
    delay: delayFigures(delaysOf(way, indexes)),
  };
}

/** Of what arrived, by order of sending; negative where the clocks are wrong. */
export function delaysOf(way: Way, indexes: Int32Array): Float64Array {
  const delays = new Float64Array(indexes.length);
  let count = 0;
  for (const i of indexes) {
    const row = way.rows[i];
    if (way.kindOf(row) !== Kind.alone) delays[count++] = way.delayNs(row);
  }
  return delays.subarray(0, count);
}

function delayFigures(delays: Float64Array): DelayFigures | null {
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
