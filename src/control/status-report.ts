/** From counters to what `status` shows: per rule and direction, what happened to the packets. */
import type { CounterSnapshot, CounterValues } from '../netem/counters.js';
import { Direction, type Rule } from '../rules/rule.js';
import type { LivePath } from '../tun/live-path.js';
import { measure } from './measured.js';
import type { DirectionCounts, Distortion, InstanceStatus, RuleStatus } from './types.js';

/** From this lateness at p99 on a run counts as distorted. */
const LATENESS_P99_MAX_NS = 1e6;

/** Fewer have no p99 to speak of. */
const RELEASES_MIN = 100;

export type TrafficStatus = Pick<
  InstanceStatus,
  'rules' | 'latenessNs' | 'stallNs' | 'overflow' | 'kernelDrops' | 'malformed' | 'distortions'
>;

/** What an instance says of the traffic; everything zero before its path is open. */
export function trafficStatus(path: LivePath | null, tapDrops: number): TrafficStatus {
  const snapshot = path?.snapshot();
  const rules = (snapshot?.rules ?? []).map((rule, i) =>
    ruleStatus(rule, snapshot!.rows[i]!, snapshot!.counters, path!),
  );
  const lateness = path?.lateness;
  const latenessNs = {
    p50: lateness?.quantile(0.5) ?? 0,
    p99: lateness?.quantile(0.99) ?? 0,
    p999: lateness?.quantile(0.999) ?? 0,
    max: lateness?.max ?? 0,
  };
  const overflows = rules.flatMap((rule) => [rule.out, rule.in].map((d) => d.dropped.overflow));
  const overflow = overflows.reduce((sum, count) => sum + count, 0);
  const kernelDrops = tapDrops + (path?.refused ?? 0);
  const distortions: Distortion[] = [];
  if (overflow > 0) distortions.push('overflow');
  if (kernelDrops > 0) distortions.push('kernelDrops');
  const releases = lateness?.count ?? 0;
  if (releases >= RELEASES_MIN && latenessNs.p99 > LATENESS_P99_MAX_NS)
    distortions.push('lateness');
  const malformed = path?.malformed ?? 0;
  const stallNs = path?.stallNs ?? 0;
  if (stallNs > 0) distortions.push('stall');
  return { rules, latenessNs, stallNs, overflow, kernelDrops, malformed, distortions };
}

function ruleStatus(
  rule: Rule,
  rows: readonly [number, number],
  counters: CounterSnapshot,
  path: LivePath,
): RuleStatus {
  const measuredOf = (direction: Direction) => {
    const row = rows[direction];
    const impairments = rule.schedule === null ? rule.impairments[direction] : null;
    return measure(impairments, counters.row(row), path.delays.row(row));
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
