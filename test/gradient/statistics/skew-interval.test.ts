import { describe, expect, test } from 'vitest';
import { skewInterval } from '../../../src/gradient/statistics/skew-interval.js';

test('without skew it is the normal interval', () => {
  const [low, high] = skewInterval(2, 0, 0.99)!;
  expect(low).toBeCloseTo(-5.1517, 4);
  expect(high).toBeCloseTo(5.1517, 4);
});

describe('with skew', () => {
  test('both ends move by (z² − 1)/6 of it', () => {
    const [low, high] = skewInterval(1, 0.3, 0.99)!;
    expect(low).toBeCloseTo(-2.57583 + 0.28175, 4);
    expect(high).toBeCloseTo(2.57583 + 0.28175, 4);
  });

  test.each([0.34, -0.34, Number.POSITIVE_INFINITY, Number.NaN])('of %d there is none', (skew) => {
    expect(skewInterval(1, skew, 0.99)).toBeNull();
  });
});
