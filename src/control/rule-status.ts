/** From counters to what is shown of a rule: what happened to the packets of each direction. */
import type { CounterSnapshot, CounterValues } from '../netem/counters.js';
import type { DelayTable } from '../netem/delay-table.js';
import { Direction, type Rule } from '../rules/rule.js';
import { measure } from './measured.js';
import type { DirectionCounts, RuleStatus } from './types.js';

/** `rows`: of the rule, [out, in]. */
export function ruleStatus(
  rule: Rule,
  rows: readonly [number, number],
  counters: CounterSnapshot,
  delays: DelayTable,
): RuleStatus {
  const measuredOf = (direction: Direction) => {
    const row = rows[direction];
    const impairments = rule.schedule === null ? rule.impairments[direction] : null;
    return measure(impairments, counters.row(row), delays.row(row));
  };
  const [out, inward] = rows.map((row) => directionCounts(counters.row(row)));
  return {
    rule: rule.text,
    out: out!,
    in: inward!,
    measured: { out: measuredOf(Direction.out), in: measuredOf(Direction.in) },
  };
}

function directionCounts(values: CounterValues): DirectionCounts {
  const { droppedLoss, droppedPartition, droppedQueue, overflow } = values;
  return {
    seen: values.seen,
    passed: values.passed,
    dropped: { loss: droppedLoss, partition: droppedPartition, queue: droppedQueue, overflow },
    held: values.held,
    queued: values.queued,
    delayed: values.delayed,
    duplicated: values.duplicated,
    corrupted: values.corrupted,
    marked: values.marked,
    reordered: values.reordered,
    replies: values.replies,
    rebound: values.rebound,
    bytes: values.bytes,
  };
}
