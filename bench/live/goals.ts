/** What the live path has to reach, as ratios within one run, and the ratios that it reached. */
import { decimals, table } from './report.js';
import type { Samples } from './samples.js';
import { WAYS, type WayId } from './ways.js';

interface Goal {
  readonly way: WayId;
  readonly reference: WayId;
  readonly rows: readonly string[];
  readonly atLeast?: number;
  readonly atMost?: number;
}

const TCP = ['tcp up 1', 'tcp down 1', 'tcp up 4', 'tcp down 4'];
const SMALL = ['steady 64', 'flood up', 'flood down'];
const CPU = ['calm CPU', 'flood up CPU', 'flood down CPU'];

const GOALS: readonly Goal[] = [
  { way: 'run', reference: 'tun-headers', rows: TCP, atLeast: 1 },
  { way: 'run', reference: 'mahimahi', rows: TCP, atLeast: 5 },
  { way: 'up', reference: 'run', rows: TCP, atLeast: 0.8 },
  { way: 'run', reference: 'tun-headers', rows: SMALL, atLeast: 1 },
  { way: 'run', reference: 'tun-plain', rows: SMALL },
  { way: 'run', reference: 'mahimahi', rows: SMALL, atLeast: 1.2 },
  { way: 'up', reference: 'tap-loop', rows: SMALL, atLeast: 0.95 },
  { way: 'run', reference: 'tun-headers', rows: CPU, atMost: 1.1 },
  { way: 'up', reference: 'tap-loop', rows: CPU },
  { way: 'up-record', reference: 'up', rows: SMALL, atLeast: 0.9 },
  { way: 'up-record', reference: 'up', rows: [...TCP, ...CPU] },
];

/** A tenth of the millisecond in which mahimahi counts. */
const LATENESS_P99_US = 100;

/** `titles` are those of the rows. */
export function goalsTable(
  samples: Samples,
  titles: ReadonlyMap<string, string>,
  latenessRates: readonly number[],
  markdown: boolean,
): string {
  const lines: string[][] = [];
  for (const goal of GOALS) {
    for (const row of goal.rows) {
      const ratio = samples.ratio(WAYS[goal.way], WAYS[goal.reference], row);
      if (ratio === null) continue;
      const what = `${WAYS[goal.way]} ÷ ${WAYS[goal.reference]}`;
      lines.push([titles.get(row)!, what, decimals(ratio), ...verdict(goal, ratio)]);
    }
  }
  for (const way of ['run', 'up'] as const) {
    for (const rate of latenessRates) {
      const p99Us = samples.median(WAYS[way], `lateness ${rate} p99`);
      if (p99Us === null) continue;
      const title = `lateness p99, µs, ${rate.toLocaleString('en-US')} packets/s`;
      const goal = { atMost: LATENESS_P99_US };
      lines.push([title, WAYS[way], decimals(p99Us), ...verdict(goal, p99Us)]);
    }
  }
  if (lines.length === 0) return '';
  const header = ['goals', 'of', 'value', 'goal', ''];
  return table(header, lines, markdown, 2);
}

function verdict({ atLeast, atMost }: Pick<Goal, 'atLeast' | 'atMost'>, value: number): string[] {
  if (atLeast !== undefined) return [`≥ ${atLeast}`, reached(value >= atLeast)];
  if (atMost !== undefined) return [`≤ ${atMost}`, reached(value <= atMost)];
  return ['', ''];
}

function reached(isReached: boolean): string {
  return isReached ? 'reached' : 'not reached';
}
