/** What `status` shows of the traffic: what happened to the packets, and how netemu itself distorted it. */
import type { LivePath } from '../tun/live-path.js';
import { ruleStatus } from './rule-status.js';
import type { Distortion, InstanceStatus } from './types.js';

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
    ruleStatus(rule, snapshot!.rows[i]!, snapshot!.counters, path!.delays),
  );
  const lateness = path?.lateness.copy();
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
