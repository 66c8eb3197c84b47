import { describe, expect, test } from 'vitest';
import type { Aqm } from '../../../src/rules/rule.js';
import {
  type Advance,
  type Arrival,
  fates,
  LinkDriver,
  poisson,
  queue,
  rate,
} from '../../support/link-driver.js';
import { aqmTraffic } from './aqm-traffic.js';
import { modelFates, RateModel } from './link-model.js';
import { PieModel } from './pie-model.js';

type Pie = Extract<Aqm, { kind: 'pie' }>;

const MS = 1e6;
const pie: Pie = { kind: 'pie', targetNs: 15 * MS, updateNs: 15 * MS };
const limit = queue({ packets: 300 });

function model(arrivals: readonly Arrival[], ecn: boolean, aqm = pie) {
  let made: PieModel | undefined;
  const parameters = { QDELAY_REF: aqm.targetNs / 1e9, T_UPDATE: aqm.updateNs / 1e9, ecn };
  const expected = modelFates(arrivals, new RateModel(rate(), 0), limit, (drop) => {
    made = new PieModel(parameters, drop);
    return made;
  });
  return { expected, probabilities: made!.probabilities };
}

function real(arrivals: readonly Arrival[], ecn: boolean, mode: Advance, aqm = pie) {
  const driver = new LinkDriver({ rate: rate(), queue: limit, aqm, ecn }, mode);
  driver.sendAll(arrivals);
  driver.runOut();
  return fates(driver.outcomes);
}

describe.each([
  [0, false],
  [5, true],
  [10, true],
])('with %d of ten packets ECN-capable, ecn: %s', (ectOfTen, ecn) => {
  const traffic = aqmTraffic(ectOfTen);

  test.each(Object.entries(traffic))('meets the RFC’s verdicts: %s', (name, arrivals) => {
    const { expected, probabilities } = model(arrivals, ecn);
    if (/twice|on and|a bit/.test(name)) {
      expect(Math.max(...probabilities)).toBeGreaterThan(0.04);
      expect(expected.some((fate) => fate.endsWith('marked'))).toBe(ecn);
    }
    for (const mode of ['at its deadlines', 'seldom', 'often'] satisfies Advance[]) {
      expect(real(arrivals, ecn, mode)).toEqual(expected);
    }
  });

  test('other targets and periods', () => {
    const aqm = { kind: 'pie', targetNs: 4_321_000, updateNs: 7 * MS } as const;
    const arrivals = traffic['on and off'];
    const { expected } = model(arrivals, ecn, aqm);
    expect(real(arrivals, ecn, 'seldom', aqm)).toEqual(expected);
  });
});

test('above 10 % ECN-capable packets are dropped, not marked', () => {
  const arrivals = aqmTraffic(10)['twice the capacity'];
  const { expected, probabilities } = model(arrivals, true);
  expect(probabilities.slice(-100).every((probability) => probability > 0.1)).toBe(true);
  const late = expected.slice(-2000);
  expect(late.filter((fate) => fate.endsWith('marked'))).toEqual([]);
  expect(late.filter((fate) => fate === 'dropped').length).toBeGreaterThan(500);
});

test('keeps the mean wait near its target when a fifth too much comes', () => {
  const arrivals = poisson('mean', { count: 60_000, meanGapNs: MS / 1.2 });
  const driver = new LinkDriver({ rate: rate(), queue: queue({}), aqm: pie });
  driver.sendAll(arrivals);
  driver.runOut();
  const settled = driver.departuresNs.flatMap((ns, number) =>
    ns === null || number < 10_000 ? [] : [ns - arrivals[number].atNs],
  );
  const meanMs = settled.reduce((sum, ns) => sum + ns, 0) / settled.length / MS;
  // The wait until service, and a millisecond of service.
  expect(meanMs).toBeGreaterThan(13);
  expect(meanMs).toBeLessThan(19);
  const lost = 1 - settled.length / 50_000;
  expect(lost).toBeGreaterThan(0.14);
  expect(lost).toBeLessThan(0.2);
});

test('a day without packets is made up for at once, and changes nothing', () => {
  const burst = (atNs: number): Arrival[] =>
    Array.from({ length: 800 }, (_, i) => ({ atNs: atNs + i * 0.4 * MS, bytes: 1000 }));
  const day = 24 * 3600e9;
  const aqm = { ...pie, updateNs: MS };
  const driver = new LinkDriver({ rate: rate(), queue: limit, aqm });
  for (let n = 0; n < 20; n++) driver.sendAll(burst(n * day));
  driver.runOut();
  // After a rest the first 150 ms of a burst pass, so each burst fares like the first, but for luck.
  const byBurst = Array.from({ length: 20 }, (_, n) =>
    driver.outcomes.slice(n * 800, n * 800 + 375).map((outcome) => outcome!.kind),
  );
  for (const kinds of byBurst) expect(kinds).toEqual(kinds.map(() => 'left'));
  const dropped = driver.outcomes.filter((outcome) => outcome!.kind === 'dropped').length;
  expect(dropped).toBeGreaterThan(200);
});
