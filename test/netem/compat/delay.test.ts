import { expect, test } from 'vitest';
import { NetemDelay } from '../../../src/netem/compat/delay.js';
import { netemTable } from '../../../src/netem/compat/tables.js';
import type { Distribution } from '../../../src/rules/rule.js';

function delayOf(delay: NetemDelay, number: number): number {
  const x = Float64Array.of(number);
  delay.apply(x);
  return x[0] + 0;
}

/** tabledist of sch_netem.c in 64-bit integers. */
function reference(meanNs: number, spreadNs: number, distribution: Distribution, number: number) {
  const [mu, sigma, rnd] = [meanNs, spreadNs, number].map(BigInt);
  if (sigma === 0n) return meanNs;
  const table = netemTable(distribution);
  if (table === null) return Number((rnd % (2n * sigma)) + mu - sigma);
  const t = BigInt(table[Number(rnd % BigInt(table.length))]);
  let x = (sigma % 8192n) * t;
  x += x >= 0n ? 4096n : -4096n;
  return Number(x / 8192n + (sigma / 8192n) * t + mu);
}

const NUMBERS = [0, 1, 4095, 4096, 123_456_789, 2 ** 31, 3_000_000_017, 2 ** 32 - 1];

test.each([
  [0, 1],
  [10_000_000, 10_000_000],
  [50_000_000, 12_345],
  [100, 8191],
  [1e12, 2 ** 31 - 1],
  [5, 0],
])('in whole numbers as the kernel: %d ± %d', (meanNs, spreadNs) => {
  const distributions: Distribution[] = [
    { kind: 'uniform' },
    { kind: 'normal' },
    { kind: 'pareto' },
    { kind: 'table', file: 'x', values: [-1, 0, 0.3] },
  ];
  for (const distribution of distributions) {
    const delay = new NetemDelay(meanNs, spreadNs, distribution);
    expect(delay.isConstant).toBe(spreadNs === 0);
    for (const number of NUMBERS) {
      expect(delayOf(delay, number)).toBe(reference(meanNs, spreadNs, distribution, number));
    }
  }
});

test('by hand: half of a table entry’s unit is rounded away from zero', () => {
  const one: Distribution = { kind: 'table', file: 'x', values: [1 / 8192, 1 / 8192] };
  expect(delayOf(new NetemDelay(0, 4095, one), 0)).toBe(0);
  expect(delayOf(new NetemDelay(0, 4096, one), 0)).toBe(1);
  const minusOne: Distribution = { kind: 'table', file: 'x', values: [-1 / 8192] };
  expect(delayOf(new NetemDelay(0, 4096, minusOne), 0)).toBe(-1);
});

test('the spread is cut to 31 bits, and uniform reaches from −spread to just below spread', () => {
  const long = new NetemDelay(0, 5e9, { kind: 'uniform' });
  expect(delayOf(long, 0)).toBe(-(2 ** 31 - 1));
  expect(delayOf(long, 2 ** 32 - 3)).toBe(2 ** 31 - 2);
  const short = new NetemDelay(0, 3, { kind: 'uniform' });
  expect(new Set(NUMBERS.concat(2, 3, 4, 5).map((n) => delayOf(short, n)))).toEqual(
    new Set([-3, -2, -1, 0, 1, 2]),
  );
});
