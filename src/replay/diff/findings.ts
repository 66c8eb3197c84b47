/** What rules are made from, beside the figures: the delays themselves, and how alike neighbours are. */

import { delaysOf, type Figures, figuresOf } from './figures.js';
import { Kind } from './pairing.js';
import type { Way } from './way.js';

export interface Findings extends Figures {
  /** Of what arrived, by order of sending; negative where the clocks are wrong. */
  readonly delaysNs: Float64Array;
  /** Among all packets, and among those of each flow. */
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
  const delaysNs = delaysOf(way, indexes);
  return {
    ...figuresOf(way, indexes),
    delaysNs,
    neighbours: neighboursOf(way, indexes, delaysNs, () => 0),
    flowNeighbours: neighboursOf(way, indexes, delaysNs, (row) => way.conversationOf(row)),
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
