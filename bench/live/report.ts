/** The samples as tables, for people (aligned) and for the README (`--markdown`, which is aligned too). */
import type { Samples } from './samples.js';
import { WAYS, type WayId } from './ways.js';

interface Row {
  readonly title: string;
  /** What `Samples` calls it. */
  readonly key: string;
  readonly format: (value: number) => string;
  /** What the veth alone takes is taken off. */
  readonly isAdded?: boolean;
}

const ROWS: readonly Row[] = [
  { title: 'TCP up, 1 stream, Gbit/s', key: 'tcp up 1', format: decimals },
  { title: 'TCP down, 1 stream, Gbit/s', key: 'tcp down 1', format: decimals },
  { title: 'TCP up, 4 streams, Gbit/s', key: 'tcp up 4', format: decimals },
  { title: 'TCP down, 4 streams, Gbit/s', key: 'tcp down 4', format: decimals },
  { title: 'CPU ms per GB, up, 1 stream', key: 'tcp up 1 CPU', format: thousands },
  { title: 'CPU ms per GB, down, 1 stream', key: 'tcp down 1 CPU', format: thousands },
  { title: 'packets/s, 64 bytes, < 0.1 % lost', key: 'steady 64', format: thousands },
  { title: 'packets/s, 1200 bytes, < 0.1 % lost', key: 'steady 1200', format: thousands },
  { title: 'packets/s up, flooded', key: 'flood up', format: thousands },
  { title: 'packets/s down, flooded', key: 'flood down', format: thousands },
  { title: 'CPU µs per packet up, flooded', key: 'flood up CPU', format: decimals },
  { title: 'CPU µs per packet down, flooded', key: 'flood down CPU', format: decimals },
  { title: 'CPU µs per packet, 20 k packets/s', key: 'calm CPU', format: decimals },
  { title: 'added RTT p50, µs', key: 'trip p50', format: decimals, isAdded: true },
  { title: 'added RTT p99, µs', key: 'trip p99', format: decimals, isAdded: true },
  { title: 'RSS, MiB', key: 'memory', format: thousands },
];

export const TITLES: ReadonlyMap<string, string> = new Map(ROWS.map((row) => [row.key, row.title]));

export function waysTable(ids: readonly WayId[], samples: Samples, markdown: boolean): string {
  const names = ids.map((id) => WAYS[id]);
  const rows = ROWS.filter(({ key }) => names.some((name) => samples.median(name, key) !== null));
  if (rows.length === 0) return '';
  const lines = rows.map((row) => [row.title, ...names.map((name) => cell(row, name, samples))]);
  return table(['', ...names], lines, markdown);
}

function cell(row: Row, name: string, samples: Samples): string {
  const isOwnReference = row.isAdded && name === WAYS.veth;
  const value = row.isAdded
    ? samples.difference(name, WAYS.veth, row.key)
    : samples.median(name, row.key);
  return value === null || isOwnReference ? '–' : row.format(value);
}

const QUANTILES = { p50: 'p50', p99: 'p99', p999: 'p99.9', max: 'max' } as const;

export function latenessTable(
  ids: readonly WayId[],
  rates: readonly number[],
  samples: Samples,
  markdown: boolean,
): string {
  const lines: string[][] = [];
  for (const id of ids) {
    for (const rate of rates) {
      const values = Object.keys(QUANTILES).map((quantile) =>
        samples.median(WAYS[id], `lateness ${rate} ${quantile}`),
      );
      if (values.includes(null)) continue;
      lines.push([
        `${WAYS[id]}, ${thousands(rate)} packets/s`,
        ...values.map((us) => us!.toFixed(0)),
      ]);
    }
  }
  if (lines.length === 0) return '';
  return table(['lateness with delay 10 ms, µs', ...Object.values(QUANTILES)], lines, markdown);
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function decimals(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}

/** The first `textColumns` columns are aligned to the left. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  markdown: boolean,
  textColumns = 1,
): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(3, ...all.map((row) => row[column].length)));
  const pad = (cell: string, column: number) =>
    column < textColumns ? cell.padEnd(widths[column]) : cell.padStart(widths[column]);
  const lines = all.map((row) => row.map(pad).join(markdown ? ' | ' : '  '));
  if (!markdown) return `\n${lines.join('\n')}`;
  const rule = widths.map((width, column) =>
    column < textColumns ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  lines.splice(1, 0, rule.join(' | '));
  return `\n${lines.map((line) => `| ${line} |`).join('\n')}`;
}
