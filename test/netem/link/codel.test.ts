import { describe, expect, test } from 'vitest';
import type { Aqm } from '../../../src/rules/rule.js';
import {
  type Advance,
  type Arrival,
  fates,
  LinkDriver,
  queue,
  rate,
} from '../../support/link-driver.js';
import { aqmTraffic } from './aqm-traffic.js';
import { CodelModel } from './codel-model.js';
import { modelFates, RateModel } from './link-model.js';

type Codel = Extract<Aqm, { kind: 'codel' }>;

const MS = 1e6;
const codel: Codel = { kind: 'codel', targetNs: 5 * MS, intervalNs: 100 * MS };
const limit = queue({ packets: 300 });

function model(arrivals: readonly Arrival[], ecn: boolean, aqm = codel) {
  let made: CodelModel | undefined;
  const parameters = { TARGET: aqm.targetNs, INTERVAL: aqm.intervalNs, ecn };
  const expected = modelFates(arrivals, new RateModel(rate(), 0), limit, (drop) => {
    made = new CodelModel(parameters, drop);
    return made;
  });
  return { expected, acted: made!.acted };
}

function real(arrivals: readonly Arrival[], ecn: boolean, mode: Advance, aqm = codel) {
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
    const { expected, acted } = model(arrivals, ecn);
    const isOverload = /twice|on and|a bit/.test(name);
    expect(acted.length).toBeGreaterThan(isOverload ? 30 : name.startsWith('five') ? 0 : -1);
    const marked = expected.filter((fate) => fate.endsWith('marked')).length;
    if (isOverload) expect(marked > 0).toBe(ecn);
    for (const mode of ['at its deadlines', 'seldom', 'often'] satisfies Advance[]) {
      expect(real(arrivals, ecn, mode)).toEqual(expected);
    }
  });

  test('other targets and intervals', () => {
    const aqm = { kind: 'codel', targetNs: 1 * MS, intervalNs: 12_345_678 } as const;
    const arrivals = traffic['on and off'];
    const { expected, acted } = model(arrivals, ecn, aqm);
    expect(acted.length).toBeGreaterThan(100);
    expect(real(arrivals, ecn, 'seldom', aqm)).toEqual(expected);
  });
});

/** Twice the capacity of 8 Mbit/s, evenly, for so long; when packets were dropped, in order of time. */
function droppedUnderLoad(ns: number): number[] {
  const times: number[] = [];
  const driver = new LinkDriver({ rate: rate(), queue: queue({}), aqm: codel });
  const { discard } = driver;
  driver.discard = (slot) => {
    times.push(driver.link.values[0]);
    discard.call(driver, slot);
  };
  for (let atNs = 0; atNs < ns; atNs += 0.5 * MS) driver.send({ atNs, bytes: 1000 });
  return times;
}

test('under a load that does not yield, drops come faster and faster, as the square of time', () => {
  const dropped = droppedUnderLoad(6e9);
  // At 10 ms the sixth packet has waited 5 ms; that holds for an interval, and then the drops come
  // at 100 ms / sqrt(n) after each other: n of them after 200 ms * sqrt(n).
  const [first] = dropped;
  expect(first).toBeGreaterThan(105 * MS);
  expect(first).toBeLessThan(115 * MS);
  for (const n of [4, 25, 100, 400, 700]) {
    let lawMs = 0;
    for (let i = 1; i < n; i++) lawMs += 100 / Math.sqrt(i);
    const sinceMs = (dropped[n - 1] - first) / MS;
    // A drop can only be where a packet goes into service, each millisecond.
    expect(Math.abs(sinceMs - lawMs)).toBeLessThan(1.001);
  }
  const perSecond = [1, 2, 3, 4, 5].map(
    (second) => dropped.filter((ns) => Math.floor(ns / 1e9) === second).length,
  );
  expect(perSecond).toEqual(perSecond.toSorted((a, b) => a - b));
  expect(perSecond[4]).toBeGreaterThan(perSecond[0] * 3);
});
