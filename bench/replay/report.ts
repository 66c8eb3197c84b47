/** The medians as a table, the ratios to others' programs, and what of the goals is reached. */
import { decimals, table } from '../live/report.js';
import type { Samples } from '../live/samples.js';
import { REFERENCE_NAMES, REPLAY_NAMES, type WayName } from './ways.js';

const COLUMNS = [
  { title: 'packets/s', key: 'packets', format: thousands },
  { title: 'MB/s', key: 'megabytes', format: thousands },
  { title: 'CPU s', key: 'CPU', format: decimals },
  { title: 'peak RSS, MB', key: 'memory', format: thousands },
];

export function waysTable(names: readonly WayName[], samples: Samples, markdown: boolean): string {
  const references = REFERENCE_NAMES.filter((name) => samples.median(name, 'packets') !== null);
  const rows = names.map((name) => [
    name,
    ...COLUMNS.map(({ key, format }) => shown(samples.median(name, key), format)),
    ...references.map((reference) => shown(samples.ratio(name, reference, 'packets'), decimals)),
  ]);
  const header = [
    '',
    ...COLUMNS.map(({ title }) => title),
    ...references.map((name) => `÷ ${name}`),
  ];
  return table(header, rows, markdown);
}

export function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function shown(value: number | null, format: (value: number) => string): string {
  return value === null ? '–' : format(value);
}

const PACKETS_PER_SECOND_MIN = 1_500_000;
const RSS_MB_MAX = 200;

export function goalsTable(samples: Samples, markdown: boolean): string {
  const rows: string[][] = [];
  const goal = (what: string, value: number | null, limit: number, isMost = false) => {
    if (value === null) return;
    const isReached = isMost ? value <= limit : value >= limit;
    const format = limit >= 100 ? thousands : decimals;
    const sign = isMost ? '≤' : '≥';
    const verdict = isReached ? 'reached' : 'not reached';
    rows.push([what, format(value), `${sign} ${format(limit)}`, verdict]);
  };
  const packets = samples.median('loss+delay', 'packets');
  goal('loss+delay, packets/s', packets, PACKETS_PER_SECOND_MIN);
  for (const name of REPLAY_NAMES) {
    goal(`${name} ÷ editcap, packets/s`, samples.ratio(name, 'editcap', 'packets'), 1);
    goal(`${name}, peak RSS, MB`, samples.median(name, 'memory'), RSS_MB_MAX, true);
  }
  return rows.length === 0 ? '' : table(['goals', 'value', 'goal', ''], rows, markdown);
}
