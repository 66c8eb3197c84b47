import { expect, test } from 'vitest';
import { netemSpacing } from '../../../src/netem/compat/slot-spacing.js';
import type { SlotSpacing } from '../../../src/netem/slot-gate.js';

function after(spacing: SlotSpacing, draw: number): number {
  const x = Float64Array.of(draw);
  spacing.ofDraw(x);
  return x[0] + 0;
}

const DRAWS = [0, 1, 999_999_937, 2 ** 31, 2 ** 32 - 1];

test.each([
  [0, 10_000_000],
  [5_000_000, 5_000_000],
  [1, 2 ** 31],
  // From here on the kernel's product overflows.
  [1_000_000, 3_000_000_000],
  [0, 3 * 2 ** 32 + 12_345],
])('in 64 bits as the kernel: %d to %d', (minNs, maxNs) => {
  const spacing = netemSpacing({ kind: 'even', minNs, maxNs });
  for (const draw of DRAWS) {
    const product = BigInt.asIntN(64, BigInt(draw) * BigInt(maxNs - minNs));
    expect(after(spacing, draw)).toBe(Number(BigInt(minNs) + (product >> 32n)));
  }
});

test('a range of 3 s is in the past for half of the draws', () => {
  const spacing = netemSpacing({ kind: 'even', minNs: 0, maxNs: 4e9 });
  expect(after(spacing, 2 ** 32 - 1)).toBeLessThan(0);
  expect(after(spacing, 2 ** 30)).toBe(1e9);
});

test('a distribution is netem’s table', () => {
  const distribution = { kind: 'pareto' } as const;
  const drawn = { kind: 'distribution', distribution, delayNs: 1e7, spreadNs: 8192 } as const;
  expect([0, 4095, 4096].map((draw) => after(netemSpacing(drawn), draw))).toEqual([
    1e7 - 5461,
    1e7 + 32_767,
    1e7 - 5461,
  ]);
});
