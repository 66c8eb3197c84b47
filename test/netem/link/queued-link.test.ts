import { describe, expect, test } from 'vitest';
import { NEXT_NS, NOW_NS } from '../../../src/netem/link/link.js';
import { makeLink, sameKind } from '../../../src/netem/link/make-link.js';
import { PacketMemory } from '../../../src/netem/packet-memory.js';
import { UNIMPAIRED } from '../../../src/rules/impairment-key.js';
import type { Aqm, Impairments, Trace } from '../../../src/rules/rule.js';
import {
  type Arrival,
  fates,
  LinkDriver,
  linkStream,
  poisson,
  queue,
  randomNumbers,
  rate,
} from '../../support/link-driver.js';

const MS = 1e6;
const trace: Trace = { file: 'x.trace', opportunitiesMs: [1, 2, 3, 5, 8], once: false };
const codel: Aqm = { kind: 'codel', targetNs: 5 * MS, intervalNs: 100 * MS };
const pie: Aqm = { kind: 'pie', targetNs: 15 * MS, updateNs: 15 * MS };

/** A thousand bytes each. */
function at(...ms: number[]): Arrival[] {
  return ms.map((each) => ({ atNs: each * MS, bytes: 1000 }));
}

function leftMs(driver: LinkDriver): (number | null)[] {
  driver.runOut();
  return driver.departuresNs.map((ns) => (ns === null ? null : ns / MS));
}

describe('other values', () => {
  test('of the rate: what is being sent keeps its time', () => {
    const driver = new LinkDriver({ rate: rate() });
    driver.sendAll(at(0, 0, 0, 0));
    driver.tune({ rate: rate({ bitsPerSecond: 4e6 }) }, 0.5 * MS);
    driver.tune({ rate: rate({ bitsPerSecond: 80e6 }) }, 4 * MS);
    expect(leftMs(driver)).toEqual([1, 3, 5, 5.1]);
  });

  test('of the rate, at random, hold from the next packet on', () => {
    const random = randomNumbers('rates');
    const arrivals = poisson('tuned', { count: 2000, meanGapNs: 1.1 * MS, sizes: [500, 1000] });
    const rates = [4e6, 8e6, 10e6, 16e6];
    const changes = Array.from({ length: 200 }, (_, i) => ({
      atNs: i * 10 * MS + random(5) * 0.25 * MS,
      bitsPerSecond: rates[random(4)],
    }));
    const driver = new LinkDriver({ rate: rate() });
    let change = 0;
    for (const arrival of arrivals) {
      while (changes[change]?.atNs <= arrival.atNs) {
        const { bitsPerSecond, atNs } = changes[change++];
        driver.tune({ rate: rate({ bitsPerSecond }) }, atNs);
      }
      driver.send(arrival);
    }
    driver.runOut();
    let freeNs = 0;
    const expected = arrivals.map(({ atNs, bytes }) => {
      const beginsNs = Math.max(atNs, freeNs);
      // What begins at the moment of a change has begun before, unless it comes at that moment.
      const isBefore = (ns: number) => (atNs === beginsNs ? ns <= beginsNs : ns < beginsNs);
      const present = changes.findLast((each) => isBefore(each.atNs))?.bitsPerSecond ?? 8e6;
      freeNs = beginsNs + (bytes * 8e9) / present;
      return freeNs;
    });
    expect(driver.departuresNs).toEqual(expected);
  });

  test('of a bucket: its bytes stay', () => {
    const bucket = { burstBytes: 2000 };
    // Empty at 0 ms, 1,000 bytes at 1 ms; the third packet needs 500 more, 50 µs at 80 Mbit/s.
    const driver = new LinkDriver({ rate: rate(bucket) });
    driver.sendAll(at(0, 0));
    driver.tune({ rate: rate({ ...bucket, bitsPerSecond: 80e6 }) }, MS);
    driver.send({ atNs: MS, bytes: 1500 });
    expect(leftMs(driver)).toEqual([0, 0, 1.05]);
    // Full again after 2 ms, and no fuller later: what a larger one could hold is not there.
    const larger = new LinkDriver({ rate: rate(bucket) });
    larger.tune({ rate: rate({ burstBytes: 9000 }) }, 100 * MS);
    larger.sendAll(at(100, 100, 100));
    expect(leftMs(larger)).toEqual([100, 100, 101]);
  });

  test('of overhead: what waits is counted anew', () => {
    const limit = queue({ timeNs: 3 * MS });
    const driver = new LinkDriver({ rate: rate(), queue: limit });
    driver.sendAll(at(0, 0, 0));
    driver.tune({ rate: rate({ overheadBytes: 1 }), queue: limit }, 0);
    driver.sendAll(at(0));
    driver.tune({ rate: rate({ overheadBytes: -1 }), queue: limit }, 0);
    driver.sendAll(at(0, 0));
    expect(leftMs(driver)).toEqual([1, 1.999, 2.998, null, 3.997, null]);
  });

  test('of the limit: what waits keeps waiting', () => {
    const driver = new LinkDriver({ rate: rate() });
    driver.sendAll(at(0, 0, 0, 0));
    driver.tune({ rate: rate(), queue: queue({ packets: 1 }) }, 0.5 * MS);
    driver.sendAll(at(0.5, 2.5, 3, 3));
    expect(leftMs(driver)).toEqual([1, 2, 3, 4, null, null, 5, null]);
  });

  test('of the discipline: the queue stays, the discipline begins anew', () => {
    const driver = new LinkDriver({ rate: rate(), queue: queue({ packets: 3 }) });
    driver.sendAll(at(0, 0, 0, 0, 0));
    driver.tune({ rate: rate(), queue: queue({ packets: 3 }), aqm: { kind: 'drophead' } }, 0);
    driver.sendAll(at(0));
    const gentle = { ...codel, targetNs: 50 * MS };
    driver.tune({ rate: rate(), queue: queue({}), aqm: gentle }, 0);
    driver.sendAll(at(0));
    expect(leftMs(driver)).toEqual([1, null, 2, 3, null, 4, 5]);
  });

  test.each([
    ['rate', { rate: rate({ bitsPerSecond: 7_654_321, overheadBytes: 3 }) }],
    ['bucket', { rate: rate({ bitsPerSecond: 7_654_321, burstBytes: 3000 }) }],
    ['trace', { trace, queue: queue({ timeNs: 20 * MS }) }],
    ['drophead', { rate: rate(), queue: queue({ packets: 5 }), aqm: { kind: 'drophead' } }],
    ['codel', { rate: rate(), aqm: codel }],
    ['pie', { rate: rate(), aqm: pie }],
  ] satisfies [string, Partial<Impairments>][])(
    'that are the same change nothing: %s',
    (_n, values) => {
      const arrivals = poisson('same', { count: 3000, meanGapNs: 0.8 * MS });
      const expected = new LinkDriver(values);
      expected.sendAll(arrivals);
      expected.runOut();
      const tuned = new LinkDriver(values, 'seldom');
      const again = structuredClone(values);
      for (const arrival of arrivals) {
        tuned.tune(again, Math.floor((tuned.link.values[NOW_NS] + arrival.atNs) / 2));
        tuned.send(arrival);
      }
      tuned.runOut();
      expect(fates(tuned.outcomes)).toEqual(fates(expected.outcomes));
    },
  );
});

test('flush lets everything go in order, at once', () => {
  const driver = new LinkDriver({ rate: rate() });
  driver.sendAll(at(0, 0, 0));
  driver.runTo(1.25 * MS);
  driver.flush();
  expect(driver.left).toEqual([0, 1, 2]);
  expect(driver.departuresNs).toEqual([1, 1.25, 1.25].map((ms) => ms * MS));
  expect(driver.link.depth).toBe(0);
  expect(driver.link.values[NEXT_NS]).toBe(Number.POSITIVE_INFINITY);
  driver.sendAll(at(10, 10));
  expect(leftMs(driver).slice(3)).toEqual([11, 12]);
});

test('a link knows its depth, what it sent and how long it had something to send', () => {
  const driver = new LinkDriver({ rate: rate({ overheadBytes: 250 }) });
  const { link } = driver;
  const state = (ms: number) => {
    driver.runTo(ms * MS);
    return [link.depth, link.sentBits, link.busyNs / MS];
  };
  expect(state(1)).toEqual([0, 0, 0]);
  driver.sendAll(at(1, 1, 1));
  expect(state(1)).toEqual([3, 0, 0]);
  expect(state(2.5)).toEqual([2, 10_000, 1.5]);
  expect(state(9)).toEqual([0, 30_000, 3.75]);
  driver.sendAll(at(10));
  expect(state(10.5)).toEqual([1, 30_000, 4.25]);
  driver.flush();
  expect(state(20)).toEqual([0, 30_000, 4.25]);
});

test('a time before the last one counts as that', () => {
  const driver = new LinkDriver({ rate: rate() });
  driver.sendAll(at(5, 4, 6));
  expect(leftMs(driver)).toEqual([6, 7, 8]);
  driver.sendAll(at(2));
  expect(leftMs(driver)).toEqual([6, 7, 8, 9]);
  expect(driver.link.busyNs).toBe(4 * MS);
});

test('without rate and trace there is no link', () => {
  const memory = new PacketMemory(2 ** 20);
  expect(makeLink(UNIMPAIRED, memory, 0, linkStream)).toBeNull();
});

test('a link goes on with other values of its kind only', () => {
  const with_ = (values: Partial<Impairments>): Impairments => ({ ...UNIMPAIRED, ...values });
  const none = with_({});
  const slow = with_({ rate: rate() });
  const fast = with_({ rate: rate({ bitsPerSecond: 1e9, burstBytes: 1 }), aqm: codel });
  const traced = with_({ trace });
  const copied = with_({ trace: { ...trace, opportunitiesMs: [1, 2, 3, 5, 8] } });
  const once = with_({ trace: { ...trace, once: true } });
  const other = with_({ trace: { ...trace, opportunitiesMs: [1, 2, 3, 5, 9] } });
  const shorter = with_({ trace: { ...trace, opportunitiesMs: [1, 2, 3, 5] } });
  const kinds = [[none], [slow, fast], [traced, copied], [once], [other], [shorter]];
  for (const a of kinds) {
    for (const b of kinds) {
      for (const x of a) for (const y of b) expect(sameKind(x, y)).toBe(a === b);
    }
  }
});
