/**
 * What netem's correlation makes of a rate: as its formula was simulated over a million packets, as these
 * stages do, and as the warning that the user gets says.
 */
import { expect, test } from 'vitest';
import { netemYield } from '../../../src/rules/netem-yield.js';
import { mean } from '../../support/statistics.js';
import { CompatDriver, meanRun } from './drive.js';

/** P and C, then the percentage lost of a million packets and the mean run (null: too few to tell). */
const SIMULATED: readonly (readonly [number, number, number, number | null])[] = [
  [0.003, 0.25, 0, null],
  [0.005, 0.25, 0, null],
  [0.005, 0.1, 0.0025, null],
  [0.01, 0.05, 0.087, 1.01],
  [0.01, 0.25, 0, null],
  [0.05, 0.25, 0.19, 1.06],
  [0.1, 0.25, 1.75, 1.12],
  [0.2, 0.25, 10.2, 1.28],
  [0.2, 0.75, 0.115, 1.4],
  [0.3, 0.5, 12.9, 1.58],
  [0.5, 0.25, 50, 2.3],
];

test.each(SIMULATED)('loss %d corr %d loses %d percent, in runs of %d', (p, c, percent, burst) => {
  const COUNT = 200_000;
  const events = new CompatDriver({
    loss: { kind: 'corr', probability: p, correlation: c },
  }).losses(COUNT);
  const found = 100 * mean(events);
  // Losses come in runs, which widens the interval of independent ones by up to 2.
  const slack = 100 * 2 * 4 * Math.sqrt((percent / 100 + 1e-6) / COUNT) + 0.05;
  expect(Math.abs(found - percent)).toBeLessThan(slack);
  if (burst !== null) expect(Math.abs(meanRun(events) / burst - 1)).toBeLessThan(0.12);
});

test.each(SIMULATED)('the warning for loss %d corr %d: %d percent', (p, c, percent) => {
  const rate = 100 * netemYield(p, c);
  expect(Math.abs(rate - percent)).toBeLessThan(0.0005 + percent * 0.02);
  expect(rate).toBeGreaterThan(0);
});
