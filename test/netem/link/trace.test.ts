import { describe, expect, test } from 'vitest';
import type { Aqm, Impairments, QueueLimit, Trace } from '../../../src/rules/rule.js';
import {
  type Advance,
  type Arrival,
  fates,
  LinkDriver,
  poisson,
  queue,
  randomNumbers,
} from '../../support/link-driver.js';
import { CodelModel } from './codel-model.js';
import { dropHead, dropTail, modelFates } from './link-model.js';
import { PieModel } from './pie-model.js';
import { TraceModel, traceFates } from './trace-model.js';

const MS = 1e6;

function trace(opportunitiesMs: readonly number[], once = false): Trace {
  return { file: 'x.trace', opportunitiesMs, once };
}

/** [ms, bytes] of packets to the ms at which they leave; null: never, as far as was waited. */
function departuresMs(
  link: Trace,
  packets: readonly (readonly [number, number])[],
  more: Partial<Impairments> = {},
  startNs = 0,
): (number | null)[] {
  const driver = new LinkDriver({ trace: link, ...more }, 'at its deadlines', startNs);
  driver.sendAll(packets.map(([ms, bytes]) => ({ atNs: startNs + ms * MS, bytes })));
  driver.runTo(startNs + 1000 * MS);
  return driver.departuresNs.map((ns) => (ns === null ? null : (ns - startNs) / MS));
}

describe('deliveries worked out by hand', () => {
  test('several packets share an opportunity, and one spans several', () => {
    // 1,504 bytes at 5, 10, 10, 20 ms, then at 25, 30, 30, 40, …; packets take 4 bytes more.
    //   a 500, b 500, c 500 at 0 ms: 504 + 504 + 496 of c at 5; c's last 8 bytes at 10,
    //   d 1500 at 0 ms: 1,496 bytes of the first opportunity at 10, 8 of the second,
    //   e 1492 at 0 ms: fits into the 1,496 bytes left of that one exactly,
    //   f 3000 at 11 ms: 1,504 at 20, 1,500 at 25, where 4 are left,
    //   g 100 at 11 ms: 4 bytes at 25, the other 100 at 30.
    const packets = [
      [0, 500],
      [0, 500],
      [0, 500],
      [0, 1500],
      [0, 1492],
      [11, 3000],
      [11, 100],
    ] as const;
    expect(departuresMs(trace([5, 10, 10, 20]), packets)).toEqual([5, 5, 10, 10, 10, 25, 30]);
  });

  test('what is not used at once is lost, and the trace repeats with its last time', () => {
    // Opportunities at 3 and 7, then at 10 and 14, 17 and 21, …: the period is 7 ms.
    //   a at 3 ms, in time: leaves at 3 and leaves 1,404 bytes of that opportunity,
    //   b at 3 ms too: takes 1,004 of them, 400 are lost when the time is over,
    //   c at 3.001 ms: waits for 7; d at 7.5 for 10; e at 10.5 for 14;
    //   f at 70 ms: an opportunity is at 70, the 20th; g at 70.001 waits for 73.
    const packets = [
      [3, 96],
      [3, 1000],
      [3.001, 100],
      [7.5, 100],
      [10.5, 100],
      [70, 1500],
      [70.001, 1],
    ] as const;
    const expected = [3, 3, 7, 10, 14, 70, 73];
    expect(departuresMs(trace([3, 7]), packets)).toEqual(expected);
    expect(departuresMs(trace([3, 7]), packets, {}, 123_456_789)).toEqual(expected);
  });

  test('one at 0 ms is one more at the end of each repetition', () => {
    // At 0, 4; then at 4, 8; 8, 12; …: two at 4, 8, 12.
    //   a at 0 ms: at once. b, c, d at 1 ms: two at 4, the third at 8.
    const packets = [
      [0, 1500],
      [1, 1500],
      [1, 1500],
      [1, 1500],
    ] as const;
    expect(departuresMs(trace([0, 4]), packets)).toEqual([0, 4, 4, 8]);
  });

  test('once: after the last opportunity nothing leaves', () => {
    // At 2, 4 and 6 ms. a, b use 2 and 4; c needs two, and only that at 6 is left; d waits for ever.
    const packets = [
      [0, 1500],
      [0, 1500],
      [0, 2000],
      [0, 100],
    ] as const;
    expect(departuresMs(trace([2, 4, 6], true), packets)).toEqual([2, 4, null, null]);
    const late = [
      [6, 100],
      [6.5, 100],
      [500, 100],
    ] as const;
    expect(departuresMs(trace([2, 4, 6], true), late)).toEqual([6, null, null]);
  });

  test('once: the queue fills up, and a flush empties it', () => {
    const limits = { trace: trace([1], true), queue: queue({ packets: 2 }) };
    const driver = new LinkDriver(limits);
    for (let ms = 2; ms < 7; ms++) driver.send({ atNs: ms * MS, bytes: 100 });
    expect(fates(driver.outcomes)).toEqual(['inside', 'inside', 'dropped', 'dropped', 'dropped']);
    driver.flush();
    expect(driver.left).toEqual([0, 1]);
  });
});

describe('a queue', () => {
  test('holds what waits for an opportunity, but not what is partly sent', () => {
    // At 10 ms 1,504 of a's 2,004 bytes are sent: from then on b and c wait, and d would be third.
    const packets = [
      [0, 2000],
      [0, 100],
      [0, 100],
      [10.5, 100],
      [10.5, 100],
    ] as const;
    const limited = { queue: queue({ packets: 2 }) };
    expect(departuresMs(trace([10]), packets, limited)).toEqual([20, 20, null, 20, null]);
  });

  test('of a time: until the opportunity that carries the first byte', () => {
    // At 10, 20, 22 ms, 32, …. a takes the one at 10 and 500 of that at 20, b and c 1,004 of that
    // at 20, d comes to begin at 22.
    const packets = [
      [1, 2000],
      [1, 498],
      [1, 498],
      [1, 100],
    ] as const;
    const within = (ms: number) =>
      departuresMs(trace([10, 20, 22]), packets, { queue: queue({ timeNs: ms * MS }) });
    expect(within(21)).toEqual([20, 20, 20, 22]);
    expect(within(20.999)).toEqual([20, 20, 20, null]);
    expect(within(19)).toEqual([20, 20, 20, null]);
    expect(within(18.999)).toEqual([20, null, null, null]);
    expect(within(8.999)).toEqual([null, null, null, null]);
    const ended = { queue: queue({ timeNs: 3600e9 }) };
    expect(
      departuresMs(
        trace([10], true),
        [
          [5, 100],
          [11, 1],
        ],
        ended,
      ),
    ).toEqual([10, null]);
    const driver = new LinkDriver({ trace: trace([10], true), ...ended });
    driver.send({ atNs: 11 * MS, bytes: 1 });
    expect(fates(driver.outcomes)).toEqual(['dropped']);
  });

  test('drops from its head', () => {
    const packets = [0, 1, 2, 3].map((ms) => [ms, 100] as const);
    const more = { queue: queue({ packets: 2 }), aqm: { kind: 'drophead' } as const };
    expect(departuresMs(trace([10]), packets, more)).toEqual([null, null, 10, 10]);
  });
});

describe.each([false, true])('random traces, once: %s', (once) => {
  test.each(Array.from({ length: 40 }, (_, n) => n))('agree with the naive model: %d', (n) => {
    const random = randomNumbers(`trace ${n}`);
    const opportunities: number[] = [];
    for (let ms = random(3), i = 0; i < 1 + random(30); i++) {
      opportunities.push(ms);
      ms += [0, 0, 1, 1, 2, 5, 40][random(7)];
    }
    if (opportunities[opportunities.length - 1] === 0) opportunities.push(1 + random(9));
    const [period] = opportunities.slice(-1);
    const meanGapNs = (period * MS * (0.3 + random(20) / 10)) / opportunities.length;
    const sizes = [1, 40, 496, 1000, 1500, 4000];
    const limit = [queue({}), queue({ packets: 3 }), queue({ bytes: 4000 })][n % 3];
    // Half of the arrivals are at whole milliseconds, where opportunities are.
    const arrivals: Arrival[] = poisson(`packets ${n}`, { count: 150, meanGapNs, sizes });
    const rounded = arrivals.map((arrival) =>
      arrival.atNs % 2 ? arrival : { ...arrival, atNs: Math.floor(arrival.atNs / MS) * MS },
    );
    rounded.sort((a, b) => a.atNs - b.atNs);
    const endMs = Math.ceil(rounded[149].atNs / MS) + 200;
    const expected = traceFates(rounded, opportunities, once, limit, endMs);
    for (const mode of ['at its deadlines', 'seldom', 'often'] satisfies Advance[]) {
      const driver = new LinkDriver({ trace: trace(opportunities, once), queue: limit }, mode);
      driver.sendAll(rounded);
      driver.runTo(endMs * MS);
      expect(fates(driver.outcomes)).toEqual(expected);
    }
  });
});

describe('other queues behind a trace', () => {
  // Some 1.5 packets of 1,000 bytes a millisecond, in bunches, with a gap of 300 ms.
  const random = randomNumbers('bunches');
  const opportunities = Array.from({ length: 700 }, (_, ms) => ms)
    .filter((ms) => ms % 7 < 4)
    .flatMap((ms) => Array.from({ length: random(4) }, () => ms))
    .concat(1000);
  const repeated = Array.from({ length: 12 }, (_, cycle) =>
    opportunities.map((ms) => (ms + cycle * 1000) * MS),
  ).flat();
  const meanGapNs = 0.8 * MS;
  const sizes = [40, 1000, 1400, 1500];
  const arrivals = poisson('bunches', { count: 8000, meanGapNs, sizes, ectOfTen: 5 });
  const ms = (count: number) => count * MS;
  const codel = { kind: 'codel', targetNs: ms(5), intervalNs: ms(100) } as const;
  const pie = { kind: 'pie', targetNs: ms(15), updateNs: ms(15) } as const;
  const roomy = queue({ packets: 400 });

  test.each([
    ['a time, droptail', { kind: 'droptail' }, queue({ timeNs: ms(30) }), dropTail],
    ['a time, drophead', { kind: 'drophead' }, queue({ timeNs: ms(30) }), dropHead],
    [
      'codel',
      codel,
      roomy,
      (drop) => new CodelModel({ TARGET: ms(5), INTERVAL: ms(100), ecn: true }, drop),
    ],
    [
      'pie',
      pie,
      roomy,
      (drop) => new PieModel({ QDELAY_REF: 0.015, T_UPDATE: 0.015, ecn: true }, drop),
    ],
  ] satisfies [string, Aqm, QueueLimit, Parameters<typeof modelFates>[3]][])(
    '%s',
    (_name, aqm, limit, discipline) => {
      const expected = modelFates(arrivals, new TraceModel(repeated), limit, discipline);
      expect(expected.filter((fate) => fate === 'dropped').length).toBeGreaterThan(100);
      for (const mode of ['at its deadlines', 'seldom', 'often'] satisfies Advance[]) {
        const link = { trace: trace(opportunities), aqm, queue: limit, ecn: true };
        const driver = new LinkDriver(link, mode);
        driver.sendAll(arrivals);
        driver.runOut();
        expect(fates(driver.outcomes)).toEqual(expected);
      }
    },
  );
});

test('months of idleness cost nothing', () => {
  const opportunities = Array.from({ length: 60_000 }, (_, ms) => ms + 1);
  const driver = new LinkDriver({ trace: trace(opportunities) }, 'seldom');
  const day = 24 * 3600e9;
  for (let n = 1; n <= 100; n++) {
    driver.send({ atNs: n * day + 1, bytes: 100 });
    expect(driver.link.values[1]).toBe(n * day + MS);
  }
});
