/** Weighted lines, worked by hand. */
import { expect, test } from 'vitest';
import { fitLine } from '../../../src/gradient/analysis/trend.js';

test('two points are on the line, and what is extrapolated is less sure', () => {
  const trend = fitLine(
    [
      { x: 0, y: 10, se: 1 },
      { x: 1, y: 12, se: 1 },
    ],
    0,
  )!;
  expect(trend.at(0)).toEqual({ value: 10, se: 1 });
  // 10 + 3·2; the variance of −2·y₀ + 3·y₁ is 4 + 9.
  expect(trend.at(3).value).toBeCloseTo(16, 12);
  expect(trend.at(3).se).toBeCloseTo(Math.sqrt(13), 12);
});

test('points weigh by the inverse square of their errors', () => {
  const trend = fitLine(
    [
      { x: -1, y: 0, se: 1 },
      { x: -1, y: 5, se: 2 },
      { x: 1, y: 3, se: 1 },
    ],
    0,
  )!;
  // At −1: (0 + 5/4)/(5/4) = 1, so 1 to 3; χ² = 1 + 4²/4 = 5 with one degree of freedom.
  expect(trend.at(-1).value).toBeCloseTo(1, 12);
  expect(trend.at(0).value).toBeCloseTo(2, 12);
  expect(trend.at(-1).se).toBeCloseTo(Math.sqrt(5 / 1.25), 12);
});

test('points that lie as near as their errors say do not make it surer', () => {
  const trend = fitLine(
    [0, 1, 2].map((x) => ({ x, y: x, se: 1 })),
    0,
  )!;
  expect(trend.at(1).se).toBeCloseTo(Math.sqrt(1 / 3), 12);
});

test('there is none through one x, or without errors', () => {
  expect(fitLine([], 0)).toBeNull();
  expect(
    fitLine(
      [0, 1].map((y) => ({ x: 1, y, se: 1 })),
      0,
    ),
  ).toBeNull();
  expect(
    fitLine(
      [0, 1].map((x) => ({ x, y: 1, se: 0 })),
      0,
    ),
  ).toBeNull();
});

test('a line that would go the other way is level, through the weighted mean', () => {
  const points = [
    { x: 0, y: 4, se: 1 },
    { x: 1, y: 2, se: 1 },
  ];
  expect(fitLine(points, -1)!.at(2).value).toBeCloseTo(0, 9);
  const level = fitLine(points, 1)!.at(2);
  expect(level.value).toBeCloseTo(3, 9);
  // As sure as the line that it is not: −y₀ + 2·y₁ has the variance 1 + 4.
  expect(level.se).toBeCloseTo(Math.sqrt(5), 9);
});
