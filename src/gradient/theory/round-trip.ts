/**
 * The time from asking to the answer where nothing is lost: what the baseline measured, and what the step's
 * rule adds to the delays that the baseline had in it already.
 */
import type { Channel } from './channel.js';
import type { Baseline } from './expectation.js';

export interface RoundTrip {
  readonly meanMs: number;
  readonly sdMs: number;
  /** Nearly all (the rule's jitter; the service's own is not in it). */
  readonly leastMs: number;
  readonly mostMs: number;
}

/** Without a baseline: what the rule alone makes of it. */
export function roundTripOf(channel: Channel, base: Channel, baseline: Baseline | null): RoundTrip {
  const own = delaysOf(channel);
  if (baseline === null) return own;
  const known = delaysOf(base);
  const restMs = Math.max(0, baseline.meanMs - known.meanMs);
  const variance = Math.max(0, baseline.sdMs ** 2 - known.sdMs ** 2) + own.sdMs ** 2;
  return {
    meanMs: restMs + own.meanMs,
    sdMs: Math.sqrt(variance),
    leastMs: restMs + own.leastMs,
    mostMs: restMs + own.mostMs,
  };
}

function delaysOf({ out, in: back }: Channel): RoundTrip {
  return {
    meanMs: out.delayMs + back.delayMs,
    sdMs: Math.hypot(out.delaySdMs, back.delaySdMs),
    leastMs: out.leastMs + back.leastMs,
    mostMs: out.mostMs + back.mostMs,
  };
}
