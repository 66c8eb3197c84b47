/**
 * The laws of jitter: every distribution with and without memory against its distribution function, its
 * moments, and its correlation. Samples with memory are thinned until neighbours are all but independent
 * (correlation below 0.01), because the test of Kolmogorov and Smirnov takes independent ones.
 */
import { expect, test } from 'vitest';
import { normalCorrelation } from '../../../src/netem/distribution/copula.js';
import {
  normalProbability,
  normalQuantile,
  type Transform,
  Z_MAX,
} from '../../../src/netem/distribution/normal.js';
import { exactlyOfNormal, jitterQuantile } from '../../../src/netem/distribution/quantile.js';
import { jitterStage } from '../../../src/netem/stages/jitter.js';
import { Judgement, RELEASE_NS } from '../../../src/netem/stages/stage.js';
import type { Distribution } from '../../../src/rules/rule.js';
import { fakeKit, nextPacket } from '../../support/stage-kit.js';
import { kolmogorovSmirnov, lag1, mean } from '../../support/statistics.js';

const SPREAD_NS = 1e9;
const DELAY_NS = 1e15;

/** Values in spreads of the packets `step`, 2·`step` … of one flow. */
function sample(
  distribution: Distribution,
  correlation: number,
  count: number,
  step = 1,
  seed = '1',
): Float64Array {
  const jitter = { spreadNs: SPREAD_NS, distribution, correlation, unordered: true };
  const stage = jitterStage(jitter, fakeKit({ seed }));
  const packet = new Judgement();
  const values = new Float64Array(count);
  for (let ordinal = 1; ordinal <= count * step; ordinal++) {
    nextPacket(packet, 0, ordinal);
    packet.values[RELEASE_NS] = DELAY_NS;
    stage.apply(packet);
    if (ordinal % step === 0) {
      values[ordinal / step - 1] = (packet.values[RELEASE_NS] - DELAY_NS) / SPREAD_NS;
    }
  }
  return values;
}

interface Law {
  readonly distribution: Distribution;
  cdf(x: number): number;
  /** Of the standard deviation; for laws without a fourth moment none is tested. */
  readonly deviation: number | null;
}

/** 1,000 values, of an exponential law: what lies beyond the outermost is less than the tests can see. */
const values = Array.from({ length: 1000 }, (_, i) => -Math.log(1 - (i + 0.5) / 1000));
const table: Distribution = { kind: 'table', file: 'x', values };

/** Points for a law that has a quantile function only, dense also far out. */
const places = Float64Array.from({ length: 12_001 }, (_, i) => Z_MAX * (i / 6000 - 1));

const laws: Record<string, Law> = {
  uniform: {
    distribution: { kind: 'uniform' },
    cdf: (x) => Math.max(0, Math.min(1, (x + 1) / 2)),
    deviation: 1 / Math.sqrt(3),
  },
  normal: { distribution: { kind: 'normal' }, cdf: through(normalProbability), deviation: 1 },
  pareto: {
    distribution: { kind: 'pareto' },
    // Shape 3 from 1 on, moved by its mean and stretched by 4/3.
    cdf: (x) => (x <= -2 / 3 ? 0 : 1 - (0.75 * x + 1.5) ** -3),
    deviation: null,
  },
  paretonormal: {
    distribution: { kind: 'paretonormal' },
    cdf: between(
      places.map(through(exactlyOfNormal({ kind: 'paretonormal' }))),
      places.map(through(normalProbability)),
    ),
    deviation: null,
  },
  table: {
    distribution: table,
    cdf: between(
      values,
      values.map((_, i) => (i + 0.5) / values.length),
    ),
    deviation: deviationOf(table),
  },
};

/** A distribution function by some of its points, and straight lines between them. */
function between(
  quantiles: ArrayLike<number>,
  probabilities: ArrayLike<number>,
): (x: number) => number {
  const last = quantiles.length - 1;
  return (x) => {
    if (x < quantiles[0]) return 0;
    if (x >= quantiles[last]) return 1;
    let [low, high] = [0, last];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (quantiles[middle] <= x) low = middle;
      else high = middle;
    }
    const part = (x - quantiles[low]) / (quantiles[high] - quantiles[low]);
    return probabilities[low] + part * (probabilities[high] - probabilities[low]);
  };
}

function through(transform: Transform): (value: number) => number {
  const x = new Float64Array(1);
  return (value) => {
    x[0] = value;
    transform(x);
    return x[0];
  };
}

function deviationOf(distribution: Distribution): number {
  const points = Array.from({ length: 50_000 }, (_, i) =>
    jitterQuantile(distribution, (i + 0.5) / 50_000),
  );
  const average = mean(points);
  return Math.sqrt(mean(points.map((value) => (value - average) ** 2)));
}

const P_MIN = 0.001;

test.each(Object.entries(laws))(
  '%s: law and moments',
  (_name, { distribution, cdf, deviation }) => {
    const values = sample(distribution, 0, 50_000);
    expect(kolmogorovSmirnov(values, cdf).pValue).toBeGreaterThan(P_MIN);
    expect(Math.abs(lag1(values)) * Math.sqrt(values.length)).toBeLessThan(4);
    if (deviation === null) return;
    const error = deviation / Math.sqrt(values.length);
    const expected = distribution.kind === 'table' ? mean(distribution.values) : 0;
    expect(Math.abs(mean(values) - expected)).toBeLessThan(4 * error);
    const squares = mean(values.map((value) => (value - expected) ** 2));
    expect(Math.abs(Math.sqrt(squares) / deviation - 1)).toBeLessThan(0.02);
  },
);

test('the test would notice a spread that is 5 % wrong, and the cut of netem’s tables', () => {
  for (const { distribution, cdf } of Object.values(laws)) {
    const values = sample(distribution, 0, 50_000);
    expect(
      kolmogorovSmirnov(
        values.map((v) => v * 1.05),
        cdf,
      ).pValue,
    ).toBeLessThan(P_MIN);
  }
  const cut = sample({ kind: 'pareto' }, 0, 50_000).map((v) => Math.min(v, 4));
  expect(kolmogorovSmirnov(cut, laws.pareto.cdf).pValue).toBeLessThan(P_MIN);
});

const CORRELATIONS = [0.1, 0.25, 0.5, 0.9];
const cases = Object.entries(laws).flatMap(([name, law]) =>
  CORRELATIONS.map((correlation) => [name, correlation, law] as const),
);

test.each(cases)('%s with a memory of %d keeps its law', (_name, correlation, law) => {
  const rho = normalCorrelation(law.distribution, correlation);
  const step = Math.ceil(Math.log(0.01) / Math.log(rho));
  const values = sample(law.distribution, correlation, 5000, step);
  expect(kolmogorovSmirnov(values, law.cdf).pValue).toBeGreaterThan(P_MIN);
});

const light = cases.filter(([, , law]) => law.deviation !== null);
const heavy = cases.filter(([, , law]) => law.deviation === null);

test.each(light)('%s with a memory of %d has that correlation', (_name, correlation, law) => {
  const { average, error } = correlations(law, correlation, (values) => values);
  expect(error).toBeLessThan(0.007);
  expect(Math.abs(average - correlation)).toBeLessThan(4 * error + 0.001);
});

/**
 * With infinite fourth moments the sample's correlation hardly converges: a few values far out decide it.
 * So it is held to 0.05, and the normal variables behind the values, which are what gives them their
 * correlation (copula.test.ts), to their interval.
 */
test.each(heavy)('%s with a memory of %d has that correlation', (_name, correlation, law) => {
  const values = sample(law.distribution, correlation, 100_000);
  expect(Math.abs(lag1(values) - correlation)).toBeLessThan(0.05);
  const { average, error } = correlations(law, correlation, (values) =>
    values.map((value) => toScore(law.cdf(value))),
  );
  expect(error).toBeLessThan(0.007);
  const rho = normalCorrelation(law.distribution, correlation);
  expect(Math.abs(average - rho)).toBeLessThan(4 * error + 0.001);
});

const toScore = through(normalQuantile);

/** The lag-1 correlation of many samples, and how exact their average is. */
function correlations(
  law: Law,
  correlation: number,
  transform: (values: Float64Array) => Float64Array,
): { average: number; error: number } {
  const RUNS = 20;
  const found = Array.from({ length: RUNS }, (_, run) =>
    lag1(transform(sample(law.distribution, correlation, 2500, 1, String(run)))),
  );
  const average = mean(found);
  const scatter = mean(found.map((value) => (value - average) ** 2));
  return { average, error: Math.sqrt(scatter / (RUNS - 1)) };
}
