/** The flows that had most packets, each with what happened to them on either way. */

import { type Figures, figuresOf } from './figures.js';
import type { Homes } from './homes.js';
import type { WaysFound } from './rule-set.js';
import type { Way } from './way.js';

/** More are not told one by one. */
const FLOWS_TOLD_MAX = 1_000;

/** `strangers`: packets that arrived without being sent. */
export type WayFigures = Figures & { readonly strangers: number };

export interface FlowFigures {
  /** `udp 192.0.2.1:4000 > 198.51.100.2:53`, SENT's end first. */
  readonly flow: string;
  /** Null: nothing was sent or came this way, or the way was not compared. */
  readonly out: WayFigures | null;
  readonly in: WayFigures | null;
}

export interface FlowList {
  /** All that have packets. */
  readonly count: number;
  /** The first FLOWS_TOLD_MAX of them, most packets first. */
  readonly flows: readonly FlowFigures[];
}

export function flowList(ways: WaysFound, homes: Homes): FlowList {
  const packets = new Int32Array(homes.count);
  const counted = [ways.out, ways.in].map((way) => (way === null ? null : countOf(way)));
  for (const counts of counted) {
    for (let i = 0; counts !== null && i < packets.length; i++) packets[i] += counts[i];
  }
  const flows: number[] = [];
  for (let i = 0; i < packets.length; i++) if (packets[i] > 0) flows.push(i);
  const told = flows.sort((a, b) => packets[b] - packets[a] || a - b).slice(0, FLOWS_TOLD_MAX);
  const [out, back] = [ways.out, ways.in].map((way, i) =>
    way === null ? null : figuresByFlow(way, told, counted[i]!),
  );
  return {
    count: flows.length,
    flows: told.map((flow, i) => ({
      flow: homes.format(flow),
      out: out?.[i] ?? null,
      in: back?.[i] ?? null,
    })),
  };
}

/** By conversation: packets that were sent, and those that nobody sent. */
function countOf(way: Way): Int32Array {
  const counts = way.strangers.slice();
  for (const row of way.rows) counts[way.conversationOf(row)]++;
  return counts;
}

function figuresByFlow(
  way: Way,
  told: readonly number[],
  counts: Int32Array,
): (WayFigures | null)[] {
  // By conversation: where in `indexes` its rows go, plus one; 0 for those that are not told.
  const ends = new Int32Array(counts.length);
  let total = 0;
  for (const flow of told) {
    ends[flow] = total + 1;
    total += counts[flow] - way.strangers[flow];
  }
  const indexes = new Int32Array(total);
  for (let i = 0; i < way.rows.length; i++) {
    const flow = way.conversationOf(way.rows[i]);
    if (ends[flow] > 0) indexes[ends[flow]++ - 1] = i;
  }
  return told.map((flow) => {
    if (counts[flow] === 0) return null;
    const strangers = way.strangers[flow];
    const end = ends[flow] - 1;
    const mine = indexes.subarray(end - (counts[flow] - strangers), end);
    return { ...figuresOf(way, mine), strangers };
  });
}
