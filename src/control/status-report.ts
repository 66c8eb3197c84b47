/** From counters to what `status` shows: per rule and direction, configured beside realized. */
import type { CounterSnapshot, CounterValues } from '../netem/counters.js';
import { clopperPearson } from '../netem/interval.js';
import { configuredLoss } from '../rules/keys/loss.js';
import { Direction, type Loss, type Rule } from '../rules/rule.js';
import type { LivePath } from '../tun/live-path.js';
import type { DirectionCounts, InstanceStatus, LossReport, RuleStatus } from './types.js';

export type TrafficStatus = Pick<
  InstanceStatus,
  'rules' | 'latenessNs' | 'overflow' | 'kernelDrops' | 'malformed'
>;

/** What an instance says of the traffic; everything zero before its path is open. */
export function trafficStatus(path: LivePath | null, tapDrops: number): TrafficStatus {
  const snapshot = path?.snapshot();
  const rules = (snapshot?.rules ?? []).map((rule, i) =>
    ruleStatus(rule, snapshot!.rows[i]!, snapshot!.counters),
  );
  const lateness = path?.lateness;
  const overflows = rules.flatMap((rule) => [rule.out, rule.in].map((d) => d.dropped.overflow));
  return {
    rules,
    latenessNs: {
      p50: lateness?.quantile(0.5) ?? 0,
      p99: lateness?.quantile(0.99) ?? 0,
      p999: lateness?.quantile(0.999) ?? 0,
      max: lateness?.max ?? 0,
    },
    overflow: overflows.reduce((sum, count) => sum + count, 0),
    kernelDrops: tapDrops + (path?.refused ?? 0),
    malformed: path?.malformed ?? 0,
  };
}

function ruleStatus(
  rule: Rule,
  rows: readonly [number, number],
  counters: CounterSnapshot,
): RuleStatus {
  const out = counters.row(rows[Direction.out]);
  const inward = counters.row(rows[Direction.in]);
  const [outImpairments, inImpairments] = rule.impairments;
  return {
    rule: rule.text,
    out: directionCounts(out),
    in: directionCounts(inward),
    loss: {
      out: lossReport(outImpairments.loss, out),
      in: lossReport(inImpairments.loss, inward),
    },
  };
}

function directionCounts(values: CounterValues): DirectionCounts {
  const { seen, passed, held, delayed, bytes } = values;
  const dropped = {
    loss: values.droppedLoss,
    partition: values.droppedPartition,
    overflow: values.overflow,
  };
  return { seen, passed, dropped, held, delayed, bytes };
}

/** A partitioned packet never came before the loss stage; one that overflowed did. */
function lossReport(loss: Loss | null, values: CounterValues): LossReport {
  const configured = configuredLoss(loss);
  const judged = values.seen - values.droppedPartition;
  if (judged === 0) return { configured, realized: null, ci95: [0, 1] };
  const realized = values.droppedLoss / judged;
  return { configured, realized, ci95: clopperPearson(values.droppedLoss, judged, 0.95) };
}
