/** Long runs of a loss stage, and what their theory says of them. */
import { lossStage } from '../../src/netem/stages/loss.js';
import type { Loss } from '../../src/rules/rule.js';
import { chainOf } from './loss-theory.js';
import { lossMoments } from './markov.js';
import { eventsOf, type FakeKitOptions, fakeKit } from './stage-kit.js';
import { mean } from './statistics.js';

/** 1 for each of the first packets of a flow that is lost, else 0. */
export function lossesOf(loss: Loss, packets: number, options: FakeKitOptions = {}): Uint8Array {
  const stage = lossStage(loss, false, fakeKit(options));
  return eventsOf((packet) => stage.apply(packet), packets);
}

export function lossRate(loss: Loss, packets: number, seed: string): number {
  return mean(lossesOf(loss, packets, { seed }));
}

/** How far the rate is from the one expected, in standard deviations. */
export function lossDeviation(loss: Loss, packets: number, seed: string): number {
  const expected = lossMoments(chainOf(loss), packets);
  return (lossRate(loss, packets, seed) - expected.mean) / Math.sqrt(expected.variance);
}

/** The lengths of the runs of `value`, without the last one, which has no end. */
export function runLengths(events: Uint8Array, value: 0 | 1): number[] {
  const lengths: number[] = [];
  let length = 0;
  for (const event of events) {
    if (event === value) {
      length++;
    } else {
      if (length > 0) lengths.push(length);
      length = 0;
    }
  }
  return lengths;
}
