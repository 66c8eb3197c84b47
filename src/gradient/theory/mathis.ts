/**
 * What a long transfer under random loss can reach: MSS / RTT · C / √p (Mathis, Semke, Mahdavi and Ott, "The
 * macroscopic behavior of the TCP congestion avoidance algorithm", 1997). C is √(3/2) when each segment is
 * acknowledged, √(3/4) when every second one is; Linux' receivers do either, so it is a range.
 */
import type { ProbeSettings } from '../probe/probe.js';
import type { Channel } from './channel.js';
import type { Baseline, Expectation } from './expectation.js';
import type { RoundTrip } from './round-trip.js';

/** Of Ethernet, with timestamps. */
const MSS_BYTES = 1_448;
/** With less the transfer is over before its window swings around the mean. */
const LOSSES_MIN = 20;
/** Beyond it timeouts decide (Padhye et al., 1998). */
const LOSS_MAX = 0.05;
/** Below it no window is full: what limits is the machine. */
const ROUND_TRIP_MIN_MS = 1;

export function mathisExpectations(
  { out, in: back }: Channel,
  roundTrip: RoundTrip,
  { bytes, upload, sendBytes, receiveBytes }: ProbeSettings,
  baseline: Baseline | null,
): Record<string, Expectation | null> {
  // One after the other they are two rates, and the probe measures one.
  const isBoth = Number(sendBytes) > 0 && Number(receiveBytes) > 0;
  if (upload === 'none' || isBoth || typeof bytes !== 'number') return {};
  const loss = upload === 'send' ? out.loss : back.loss;
  const isLong = (bytes / MSS_BYTES) * loss >= LOSSES_MIN;
  const isKnown = baseline !== null && roundTrip.meanMs >= ROUND_TRIP_MIN_MS;
  if (!isLong || loss > LOSS_MAX || !isKnown) return {};
  const rate = (8 * MSS_BYTES) / (roundTrip.meanMs / 1e3) / Math.sqrt(loss);
  const [low, high] = [rate * Math.sqrt(3 / 4), rate * Math.sqrt(3 / 2)];
  const model = 'Mathis: MSS/RTT · C/√p, with 1448 bytes; for Reno, and CUBIC where it is as Reno';
  return { goodput: { kind: 'range', value: Math.sqrt(low * high), low, high, model } };
}
