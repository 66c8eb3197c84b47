/** A straight line through measured points, and how sure it is of what comes next. */

export interface TrendPoint {
  readonly x: number;
  readonly y: number;
  /** Standard error of y, above 0. */
  readonly se: number;
}

export interface Trend {
  at(x: number): { readonly value: number; readonly se: number };
}

/**
 * Weighted least squares; null for fewer than two different x. A line that does not go the way of `sign` (1
 * up, −1 down, 0 either) is level, and no surer for it. Where the points lie further from the line than their
 * errors say, the line is as much less sure (Birge's ratio): then it is no straight trend, or something else
 * has drifted.
 */
export function fitLine(points: readonly TrendPoint[], sign: number): Trend | null {
  const weights = points.map(({ se }) => se ** -2);
  const total = sum(weights);
  if (!(total > 0) || !Number.isFinite(total)) return null;
  const meanX = sum(points.map(({ x }, i) => weights[i]! * x)) / total;
  const meanY = sum(points.map(({ y }, i) => weights[i]! * y)) / total;
  const spread = sum(points.map(({ x }, i) => weights[i]! * (x - meanX) ** 2));
  if (!(spread > 0)) return null;
  const fitted = sum(points.map(({ x, y }, i) => weights[i]! * (x - meanX) * (y - meanY))) / spread;
  const isLevel = fitted * sign < 0;
  const slope = isLevel ? 0 : fitted;
  const misfit = sum(
    points.map(({ x, y }, i) => weights[i]! * (y - meanY - slope * (x - meanX)) ** 2),
  );
  const degrees = points.length - 2;
  const inflation = degrees > 0 ? Math.max(1, misfit / degrees) : 1;
  return {
    at: (x) => ({
      value: meanY + slope * (x - meanX),
      se: Math.sqrt(inflation * (1 / total + (x - meanX) ** 2 / spread)),
    }),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
