import { describe, expect, test } from 'vitest';
import { ExactTime } from '../../../src/netem/link/exact-time.js';
import { randomNumbers } from '../../support/link-driver.js';

function ceiling(time: ExactTime): number {
  const ns = new Float64Array(2);
  time.storeCeiling(ns, 1);
  return ns[1];
}

/** Nanoseconds that the bytes take, rounded up. */
function exactly(bytes: bigint, rate: number): number {
  return Number((bytes * 8_000_000_000n + BigInt(rate) - 1n) / BigInt(rate));
}

describe.each([49, 997, 999_983, 1e6, 7_654_321, 1e9, 99_999_999_977, 1e12 - 11, 1e12])(
  'at %d bit/s',
  (rate) => {
    test.each([1500, 65_535, 1e6, 1e6 + 1, 2e7, 98_368_035, 2 ** 40])(
      'sums of up to %d bytes are exact',
      (most) => {
        const random = randomNumbers(`${rate} ${most}`);
        const time = new ExactTime(rate, 0);
        let sum = 0n;
        for (let i = 0; i < 300; i++) {
          const bytes = random(most + 1);
          sum += BigInt(bytes);
          time.addBytes(bytes);
          const ns = exactly(sum, rate);
          if (ns < Number.MAX_SAFE_INTEGER) expect(ceiling(time)).toBe(ns);
        }
      },
    );

    test('the span before a moment is exact', () => {
      const [begin, span] = [new ExactTime(rate, Number.NEGATIVE_INFINITY), new ExactTime(rate, 0)];
      const at = Float64Array.of(0, 1e12);
      span.addBytes(123_457);
      begin.advanceTo(at, 1, span);
      expect(ceiling(begin)).toBe(1e12 - Math.floor((123_457 * 8e9) / rate));
      begin.addBytes(123_457);
      expect(ceiling(begin)).toBe(1e12);
      // Earlier moments move it no more; a part of a nanosecond later does.
      begin.advanceTo(at, 1, span);
      expect(ceiling(begin)).toBe(1e12);
      const nothing = new ExactTime(rate, 0);
      begin.advanceTo(Float64Array.of(1e12 + 1), 0, nothing);
      expect(ceiling(begin)).toBe(1e12 + 1);
    });

    test('the same rate once more loses nothing', () => {
      const [plain, changed] = [new ExactTime(rate, 0), new ExactTime(rate, 0)];
      const now = Float64Array.of(0);
      for (let i = 1; i < 300; i++) {
        plain.addBytes(i);
        changed.addBytes(i);
        changed.changeRate(rate, now, 0);
        expect(ceiling(changed)).toBe(ceiling(plain));
      }
    });
  },
);

test('another rate: a moment to come stays, a past one keeps the bytes since', () => {
  const now = Float64Array.of(1_000_000);
  const time = new ExactTime(8e6, 0);
  time.addBytes(1500);
  time.changeRate(80e6, now, 0);
  expect(ceiling(time)).toBe(1_500_000);
  time.addBytes(1000);
  expect(ceiling(time)).toBe(1_600_000);
  const past = new ExactTime(8e6, 0);
  past.changeRate(80e6, now, 0);
  expect(ceiling(past)).toBe(900_000);
  past.changeRate(8e6, now, 0);
  expect(ceiling(past)).toBe(0);
});

test('rates are whole, and at least 1 bit/s', () => {
  const slow = new ExactTime(0.2, 0);
  slow.addBytes(1);
  expect(ceiling(slow)).toBe(8e9);
  const odd = new ExactTime(2.6, 0);
  odd.addBytes(3);
  expect(ceiling(odd)).toBe(8e9);
});
