/**
 * What delay a rule asks for, as a distribution: constant plus jitter, cut off at zero. How the order is
 * kept (packets wait for those before them) and what `reorder` does are not in it.
 */
import type { Impairments } from '../rules/rule.js';
import { quantileOf } from './distribution/quantile.js';

export interface ConfiguredDelay {
  readonly meanNs: number;
  readonly sdNs: number;
  quantileNs(q: number): number;
}

/** Points at which a distribution is summed up; enough for three digits of a heavy tail's deviation. */
const POINTS = 20_000;

/** Status asks again and again about the same rules. */
const known = new WeakMap<Impairments, ConfiguredDelay>();

export function configuredDelay(impairments: Impairments): ConfiguredDelay {
  let delay = known.get(impairments);
  if (delay === undefined) {
    delay = compute(impairments);
    known.set(impairments, delay);
  }
  return delay;
}

function compute({ delayNs, jitter }: Impairments): ConfiguredDelay {
  if (jitter === null || jitter.spreadNs === 0) {
    return { meanNs: delayNs, sdNs: 0, quantileNs: () => delayNs };
  }
  const transform = quantileOf(jitter.distribution);
  const value = new Float64Array(1);
  const quantileNs = (q: number) => {
    value[0] = q;
    transform(value);
    return Math.max(0, delayNs + jitter.spreadNs * value[0]);
  };
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < POINTS; i++) {
    const ns = quantileNs((i + 0.5) / POINTS);
    sum += ns;
    squares += ns * ns;
  }
  const meanNs = sum / POINTS;
  return { meanNs, sdNs: Math.sqrt(Math.max(0, squares / POINTS - meanNs * meanNs)), quantileNs };
}
