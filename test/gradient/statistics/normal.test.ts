import { expect, test } from 'vitest';
import { normalQuantile, upperTail } from '../../../src/gradient/statistics/normal.js';
import { studentQuantile, studentTwoSided } from '../../../src/gradient/statistics/student.js';

// Abramowitz and Stegun, tables 26.1 and 26.2.
test.each([
  [0, 0.5],
  [1, 0.15865525393145705],
  [1.96, 0.024997895148220435],
  [2.5, 0.006209665325776132],
  [3, 0.0013498980316300957],
  [5, 2.866515718791945e-7],
  [10, 7.619853024160525e-24],
  [-1, 0.841344746068543],
])('more than %d has the probability %d', (z, p) => {
  expect(upperTail(z) / p).toBeCloseTo(1, 10);
});

test('the tail goes on where series and fraction meet', () => {
  expect(upperTail(3 - 1e-9) / upperTail(3 + 1e-9)).toBeCloseTo(1, 7);
});

test.each([
  [0.975, 1.959963984540054],
  [0.995, 2.5758293035489004],
  [0.5, 0],
  [0.1, -1.2815515655446004],
  [1e-9, -5.997807015008182],
])('a share of %d lies below %d', (p, z) => {
  expect(normalQuantile(p)).toBeCloseTo(z, 9);
});

// The usual table of Student's t.
test.each([
  [0.975, 1, 12.706],
  [0.975, 2, 4.303],
  [0.975, 3, 3.182],
  [0.975, 10, 2.228],
  [0.995, 5, 4.032],
  [0.995, 30, 2.75],
  [0.95, 7, 1.895],
  [0.975, 59, 2.001],
  [0.975, 60, 2.0],
  [0.975, 120, 1.98],
  [0.975, 1_000_000, 1.96],
])("Student's t: %d with %d degrees of freedom is %d", (p, freedom, t) => {
  expect(studentQuantile(p, freedom)).toBeCloseTo(t, 3 - Number(t > 10));
});

test.each([
  [12.706, 1, 0.05],
  [-4.032, 5, 0.01],
  [2.228, 10, 0.05],
  [0, 3, 1],
  [1.98, 120, 0.05],
])(
  "Student's t: as far as %d with %d degrees of freedom has the probability %d",
  (t, freedom, p) => {
    expect(studentTwoSided(t, freedom)).toBeCloseTo(p, 4);
  },
);

test('sum and expansion agree where one takes over from the other', () => {
  const [before, at, behind] = [59, 60, 61].map((freedom) => studentQuantile(0.975, freedom));
  expect(at).toBeCloseTo((before! + behind!) / 2, 4);
});
