/** From counters to what `status` shows: per rule and direction, configured beside realized. */
import type { CounterSnapshot, CounterValues } from '../netem/counters.js';
import { clopperPearson } from '../netem/interval.js';
import { configuredLoss } from '../rules/keys/loss.js';
import { Direction, type Loss, type Rule } from '../rules/rule.js';
import type { DirectionCounts, LossReport, RuleStatus } from './types.js';

export function ruleStatus(
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
