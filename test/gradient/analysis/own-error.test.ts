import { expect, test } from 'vitest';
import { ownErrorMs } from '../../../src/gradient/analysis/own-error.js';
import { EMULATOR, segment } from './records.js';

test('is that of the worst segment of the step: twice on the way, and once at the beginning', () => {
  const latenessNs = { p50: 1e6, p99: 3e6, p999: 4e6, max: 10e6 };
  const segments = [
    segment(0, [1], { begunLateMs: { p50: 50, p99: 60, max: 70 } }),
    segment(1, [1], { round: 0 }),
    segment(1, [1], {
      round: 1,
      emulator: { ...EMULATOR, latenessNs, stallNs: 100e6 },
      begunLateMs: { p50: 0.5, p99: 1.5, max: 4 },
    }),
  ];
  expect(ownErrorMs(segments, 1)).toEqual({
    tailMs: 2 * 3 + 1.5,
    worstMs: 2 * 10 + 100 + 4,
    meanMs: 2 * 2 + 1,
  });
  expect(ownErrorMs(segments, 0)).toEqual({ tailMs: 60, worstMs: 70, meanMs: 55 });
  expect(ownErrorMs(segments, 2), 'nothing is known').toEqual({ tailMs: 0, worstMs: 0, meanMs: 0 });
});
