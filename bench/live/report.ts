/** The samples as tables, for people (aligned) and for the README (`--markdown`, which is aligned too). */
import type { WayName } from './ways.js';

/** By name of what was measured: one number for each round. */
export type Samples = Map<string, number[]>;

const RATIO = 'netemu up ÷ C loop';

interface Row {
  readonly title: string;
  /** What `Samples` calls it, after the name of the way. */
  readonly key: string;
  readonly format: (value: number) => string;
  /** What the veth alone takes is taken off. */
  readonly isAdded?: boolean;
  readonly goal?: string;
}

const WAY_ROWS: readonly Row[] = [
  { title: 'packets/s out', key: 'packets/s out', format: thousands, goal: '≥ 0.95' },
  { title: 'packets/s in', key: 'packets/s in', format: thousands, goal: '≥ 0.95' },
  { title: 'CPU µs per packet out', key: 'CPU out', format: decimals },
  { title: 'CPU µs per packet in', key: 'CPU in', format: decimals },
  { title: 'CPU µs per packet out, 20 k packets/s', key: 'CPU calm', format: decimals },
  { title: 'added RTT p50, µs', key: 'RTT p50', format: decimals, isAdded: true },
  { title: 'added RTT p99, µs', key: 'RTT p99', format: decimals, isAdded: true },
];

export function waysTable(names: readonly WayName[], samples: Samples, markdown: boolean): string {
  const header = ['', ...names, RATIO, 'goal'];
  const rows = WAY_ROWS.filter((row) => samples.has(`netemu up ${row.key}`)).map((row) => {
    const values = new Map(names.map((name) => [name, valuesOf(row, name, samples)]));
    const cells = names.map((name) => format(row, values.get(name)!));
    return [row.title, ...cells, ratio(values), row.goal ?? ''];
  });
  return table(header, rows, markdown);
}

function valuesOf(row: Row, name: WayName, samples: Samples): readonly number[] {
  const values = samples.get(`${name} ${row.key}`)!;
  if (!row.isAdded) return values;
  const alone = samples.get(`veth alone ${row.key}`)!;
  return values.map((value, round) => value - alone[round]);
}

function format(row: Row, values: readonly number[]): string {
  const value = median(values);
  return value === 0 ? '–' : row.format(value);
}

/** Of each round, so that a slow phase of the machine is in both. */
function ratio(values: ReadonlyMap<WayName, readonly number[]>): string {
  const [netemu, loop] = [values.get('netemu up')!, values.get('C loop')];
  if (!loop) return '–';
  return decimals(median(netemu.map((value, round) => value / loop[round])));
}

export function latenessTable(
  rates: readonly number[],
  samples: Samples,
  markdown: boolean,
): string {
  const quantiles = ['p50', 'p99', 'p99.9', 'max'];
  const header = ['lateness with delay 10 ms, µs', ...quantiles, 'goal'];
  const rows = rates.map((rate) => [
    `${thousands(rate)} packets/s`,
    ...quantiles.map((q) => median(samples.get(`lateness ${rate} ${q}`)!).toFixed(0)),
    'p50 < 20, p99 < 100',
  ]);
  return table(header, rows, markdown);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function decimals(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}

function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  markdown: boolean,
): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]);
  const lines = all.map((row) => row.map(pad).join(markdown ? ' | ' : '  '));
  if (!markdown) return `\n${lines.join('\n')}`;
  const rule = widths.map(
    (width, i) => '-'.repeat(width - (i === 0 ? 0 : 1)) + (i === 0 ? '' : ':'),
  );
  lines.splice(1, 0, rule.join(' | '));
  return `\n${lines.map((line) => `| ${line} |`).join('\n')}`;
}
