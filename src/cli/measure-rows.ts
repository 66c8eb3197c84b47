/** What a rule did besides losing packets, as rows of a table: asked for, realized, interval. */

import type { InstanceStatus, Measure, RuleStatus } from '../control/types.js';
import * as format from './format.js';

/** Direction, what, configured, realized, 95 % interval; only what was asked for or happened. */
export function measureRows(rule: RuleStatus, kind: InstanceStatus['kind']): string[][] {
  return (['out', 'in'] as const).flatMap((direction) => {
    const name = format.DIRECTION_NAMES[kind][direction];
    const { delay, lossBurst, rate, corruption, duplicates, reordering, marks } =
      rule.measured[direction];
    const { queued, dropped, replies, rebound } = rule[direction];
    const row = (what: string, measure: Measure, write: (value: number) => string) =>
      isWorthARow(measure) ? [[name, what, ...cells(measure, write)]] : [];
    const count = (what: string, value: number) =>
      value === 0 ? [] : [[name, what, '–', format.formatCount(value), '–']];
    return [
      ...(rule[direction].dropped.loss === 0
        ? []
        : row('loss burst', lossBurst, (packets) => packets.toFixed(2))),
      ...row('CE marks', marks, format.formatRate),
      ...row('corrupted', corruption, format.formatRate),
      ...row('duplicated', duplicates, format.formatRate),
      ...row('reordered', reordering, format.formatRate),
      ...row('rate', rate, format.formatBitRate),
      ...count('queued', queued),
      ...count('queue drops', dropped.queue),
      ...(delay === null
        ? []
        : [
            ...row('delay mean', delay.meanNs, format.formatNs),
            ...row('delay sd', delay.sdNs, format.formatNs),
            ...row('delay p50', delay.p50Ns, format.formatNs),
            ...row('delay p99', delay.p99Ns, format.formatNs),
          ]),
      ...count('rejected', replies),
      ...count('rebound', rebound),
    ];
  });
}

function isWorthARow({ configured, realized }: Measure): boolean {
  return (
    (realized !== null && realized !== 0) ||
    (configured !== null && configured !== 0 && realized !== null)
  );
}

function cells({ configured, realized, ci95 }: Measure, write: (value: number) => string) {
  const interval = ci95 === null ? '–' : `${write(ci95[0])}–${write(ci95[1])}`;
  return [
    configured === null ? '–' : write(configured),
    realized === null ? '–' : write(realized),
    interval,
  ];
}
