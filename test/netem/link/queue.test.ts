import { describe, expect, test } from 'vitest';
import { QUEUE_PACKETS_DEFAULT } from '../../../src/rules/limits.js';
import type { Aqm, QueueLimit } from '../../../src/rules/rule.js';
import {
  type Advance,
  type Arrival,
  fates,
  LinkDriver,
  poisson,
  queue,
  rate,
} from '../../support/link-driver.js';
import { dropHead, dropTail, modelFates, RateModel } from './link-model.js';

/** Packets that come at time 0, and then one by one; in milliseconds and thousands of bytes. */
function burst(...sizes: number[]): Arrival[] {
  return sizes.map((kilobytes) => ({ atNs: 0, bytes: kilobytes * 1000 }));
}

/** Numbers of the packets that left 8 Mbit/s: a millisecond for a thousand bytes. */
function survivors(limit: QueueLimit | null, arrivals: readonly Arrival[], kind: Aqm['kind']) {
  const driver = new LinkDriver({ rate: rate(), queue: limit, aqm: { kind } as Aqm });
  driver.sendAll(arrivals);
  driver.runOut();
  expect(driver.left.length).toBe(fates(driver.outcomes).filter((f) => f !== 'dropped').length);
  return driver.left;
}

describe('a full queue refuses what comes', () => {
  test('in packets: the one that is being sent does not count', () => {
    const six = burst(1, 1, 1, 1, 1, 1);
    expect(survivors(queue({ packets: 2 }), six, 'droptail')).toEqual([0, 1, 2]);
    // At 1 ms the first has left, and there is room for one.
    const later = [...six, { atNs: 1_000_000, bytes: 1 }, { atNs: 1_000_000, bytes: 1 }];
    expect(survivors(queue({ packets: 2 }), later, 'droptail')).toEqual([0, 1, 2, 6]);
    const before = [...six, { atNs: 999_999, bytes: 1 }];
    expect(survivors(queue({ packets: 2 }), before, 'droptail')).toEqual([0, 1, 2]);
  });

  test('in IP bytes, without overhead', () => {
    const sizes = burst(1, 2, 1, 0.5, 0.5, 0.001);
    expect(survivors(queue({ bytes: 3000 }), sizes, 'droptail')).toEqual([0, 1, 2]);
    expect(survivors(queue({ bytes: 3501 }), sizes, 'droptail')).toEqual([0, 1, 2, 3, 5]);
    expect(survivors(queue({ bytes: 3500 }), sizes, 'droptail')).toEqual([0, 1, 2, 3]);
  });

  test('in time until the transmission would begin', () => {
    const sizes = burst(1, 2, 1, 0.5, 0.5);
    expect(survivors(queue({ timeNs: 4e6 }), sizes, 'droptail')).toEqual([0, 1, 2, 3]);
    expect(survivors(queue({ timeNs: 4e6 - 1 }), sizes, 'droptail')).toEqual([0, 1, 2]);
    // Half of the first is sent: 3.5 ms are left.
    const later = [...burst(1, 2, 1), { atNs: 500_000, bytes: 1 }];
    expect(survivors(queue({ timeNs: 3.5e6 }), later, 'droptail')).toEqual([0, 1, 2, 3]);
    expect(survivors(queue({ timeNs: 3.5e6 - 1 }), later, 'droptail')).toEqual([0, 1, 2]);
  });

  test('what does not have to wait is never refused', () => {
    const alone = [...burst(9), { atNs: 9_000_000, bytes: 9000 }];
    expect(survivors(queue({ bytes: 1000 }), alone, 'droptail')).toEqual([0, 1]);
    expect(survivors(queue({ packets: 0 }), alone, 'droptail')).toEqual([0, 1]);
    expect(survivors(queue({ timeNs: 0 }), alone, 'droptail')).toEqual([0, 1]);
  });

  test('at 1,000 packets where nothing is said, and never where the queue is unlimited', () => {
    const many = burst(...Array.from({ length: 1500 }, () => 0.1));
    expect(survivors(null, many, 'droptail').length).toBe(QUEUE_PACKETS_DEFAULT + 1);
    expect(survivors(queue({}), many, 'droptail').length).toBe(1500);
  });
});

describe('drophead drops the oldest that wait', () => {
  test('in packets', () => {
    const six = burst(1, 1, 1, 1, 1, 1);
    expect(survivors(queue({ packets: 2 }), six, 'drophead')).toEqual([0, 4, 5]);
  });

  test('in bytes: as many as are in the way, and the one that comes if it is too large', () => {
    const sizes = burst(1, 1, 1, 1, 2);
    expect(survivors(queue({ bytes: 3000 }), sizes, 'drophead')).toEqual([0, 3, 4]);
    expect(survivors(queue({ bytes: 3000 }), burst(1, 1, 4, 1), 'drophead')).toEqual([0, 3]);
  });

  test('in time', () => {
    const sizes = burst(1, 1, 1, 2, 1);
    expect(survivors(queue({ timeNs: 3e6 }), sizes, 'drophead')).toEqual([0, 3, 4]);
  });
});

const LIMITS: [string, QueueLimit][] = [
  ['10 packets', queue({ packets: 10 })],
  ['12 kB', queue({ bytes: 12_000 })],
  ['7 ms', queue({ timeNs: 7_000_000 })],
  ['all three', queue({ packets: 12, bytes: 9_000, timeNs: 8_765_432 })],
];

describe.each(LIMITS)('random packets in a queue of %s', (_name, limit) => {
  const line = rate({ bitsPerSecond: 7_654_321, overheadBytes: 20 });
  const bucket = { ...line, burstBytes: 4000 };
  const cells = { ...line, cellBytes: 48, cellOverheadBytes: 5 };
  const sizes = [40, 576, 1000, 1500];

  test.each([
    ['droptail', line],
    ['drophead', line],
    ['droptail', bucket],
    ['drophead', cells],
  ] as const)('%s drops the ones it should', (kind, server) => {
    const arrivals = poisson(kind, { count: 3000, meanGapNs: 700_000, sizes });
    const discipline = kind === 'droptail' ? dropTail : dropHead;
    const expected = modelFates(arrivals, new RateModel(server, 0), limit, discipline);
    const dropped = expected.filter((fate) => fate === 'dropped').length;
    expect(dropped).toBeGreaterThan(100);
    expect(dropped).toBeLessThan(2000);
    for (const mode of ['at its deadlines', 'seldom', 'often'] satisfies Advance[]) {
      const aqm = { kind } as Aqm;
      const driver = new LinkDriver({ rate: server, queue: limit, aqm }, mode);
      driver.sendAll(arrivals);
      driver.runOut();
      expect(fates(driver.outcomes)).toEqual(expected);
    }
  });
});
