/** What the engine does beside letting pass and dropping: copies, answers, links, waiting, schedules. */
import { describe, expect, test } from 'vitest';
import { Verdict } from '../../src/netem/engine.js';
import { SlotFlag } from '../../src/netem/packet-memory.js';
import { Direction } from '../../src/rules/rule.js';
import { ip, tcp, udp } from '../support/packets.js';
import { EngineDriver, imbalance, numbered, numberOf } from './engine-driver.js';

const { out } = Direction;
const MS = 1e6;

/** Sends numbered packets of one flow at these times and expires what is due before each. */
function sendAll(driver: EngineDriver, timesNs: readonly number[], flow = 0): number[] {
  return timesNs.map((nowNs, number) => {
    drain(driver, nowNs);
    return driver.send(numbered(flow, out, number), out, nowNs);
  });
}

/** Calls `expire` at each deadline up to `untilNs`, as a punctual driver does. */
function drain(driver: EngineDriver, untilNs = Number.MAX_SAFE_INTEGER): void {
  while (driver.engine.nextDeadline() <= untilNs) driver.expire(driver.engine.nextDeadline());
}

function leftAt(driver: EngineDriver): [number, number][] {
  return driver.released.map(({ frame, deadlineNs }) => [numberOf(frame), deadlineNs / MS]);
}

function every(count: number, stepNs: number): number[] {
  return Array.from({ length: count }, (_, i) => i * stepNs);
}

describe('duplicate', () => {
  test('a copy of a packet that passes at once follows it, before what comes later', () => {
    const driver = new EngineDriver(['udp duplicate 100%']);
    const first = driver.send(numbered(0, out, 0), out, 5);
    const second = driver.send(numbered(0, out, 1), out, 5);
    expect([first, second]).toEqual([Verdict.pass, Verdict.held]);
    drain(driver);
    expect(leftAt(driver).map(([number]) => number)).toEqual([0, 1, 1]);
    expect(driver.counts()).toMatchObject({ seen: 2, passed: 4, duplicated: 2, held: 0 });
    expect(imbalance(driver.counts())).toBe(0);
  });

  test('the copy has a jitter of its own', () => {
    const driver = new EngineDriver(['udp duplicate 100% delay 50ms jitter 20ms unordered']);
    sendAll(driver, every(50, 100 * MS));
    drain(driver);
    const times = new Map<number, number[]>();
    for (const [number, ms] of leftAt(driver))
      times.set(number, [...(times.get(number) ?? []), ms]);
    expect([...times.values()].every((each) => each.length === 2)).toBe(true);
    const alike = [...times.values()].filter(([a, b]) => a === b).length;
    expect(alike).toBeLessThan(3);
  });

  test('a copy that finds no memory is counted', () => {
    const driver = new EngineDriver(['udp duplicate 100%'], { memoryBytes: 2 ** 21 });
    let count = 0;
    while (driver.counts().overflow === 0 && count < 100_000) {
      driver.send(numbered(0, out, count++), out, 0);
    }
    expect(driver.counts().overflow).toBeGreaterThan(0);
    expect(imbalance(driver.counts())).toBe(0);
  });
});

describe('reorder', () => {
  test('by N: the chosen leaves right behind the N-th later packet of its flow', () => {
    const driver = new EngineDriver(['udp reorder 100% by 2']);
    // Each waits for two that do not wait themselves: with 100 % nobody comes, so all time out.
    sendAll(driver, every(3, MS));
    drain(driver);
    expect(leftAt(driver)).toEqual([
      [0, 100],
      [1, 101],
      [2, 102],
    ]);
  });

  test('by N: at most one place out of order, counted as RFC 4737 does', () => {
    const driver = new EngineDriver(['udp delay 5ms reorder 10% by 3'], { seed: 'by' });
    sendAll(driver, every(400, MS));
    drain(driver);
    const numbers = leftAt(driver).map(([number]) => number);
    expect([...numbers].sort((a, b) => a - b)).toEqual(numbers.map((_, i) => i));
    let highest = -1;
    let late = 0;
    for (const number of numbers) {
      if (number < highest) late++;
      highest = Math.max(highest, number);
    }
    expect(late).toBeGreaterThan(20);
    expect(driver.counts().reordered).toBe(late);
    expect(driver.engine.heldCount).toBe(0);
    expect(imbalance(driver.counts())).toBe(0);
  });

  test('by N: packets of other flows do not count', () => {
    const driver = new EngineDriver(['udp:53 reorder 100% by 1']);
    driver.send(numbered(0, out, 0), out, 0);
    driver.configure(['udp:53'], 1);
    for (let i = 1; i < 5; i++) driver.send(numbered(1, out, i), out, i * MS);
    expect(driver.released).toEqual([]);
    drain(driver);
    expect(leftAt(driver)).toEqual([[0, 100]]);
  });

  test('skipping: the chosen leaves at once, the others after their delay', () => {
    const driver = new EngineDriver(['udp delay 10ms reorder 100% gap 5']);
    const verdicts = sendAll(driver, every(10, MS));
    drain(driver);
    expect(verdicts.map((verdict) => verdict === Verdict.pass)).toEqual([
      ...[false, false, false, false, true],
      ...[false, false, false, false, true],
    ]);
    expect(driver.counts()).toMatchObject({ passed: 10, reordered: 8 });
  });
});

describe('a link', () => {
  test('sends one packet after the other at its rate, then delays it', () => {
    // 36 bytes: 288 µs at 1 Mbit/s.
    const driver = new EngineDriver(['udp rate 1mbit delay 10ms']);
    sendAll(driver, [0, 0, 0, 5 * MS]);
    drain(driver);
    expect(leftAt(driver)).toEqual([
      [0, 10.288],
      [1, 10.576],
      [2, 10.864],
      [3, 15.288],
    ]);
    expect(driver.counts()).toMatchObject({
      linkBits: 4 * 288,
      linkBusyNs: 4 * 288_000,
      queued: 0,
    });
  });

  test('drops what its queue has no room for', () => {
    const driver = new EngineDriver(['udp rate 1mbit queue 2p']);
    const verdicts = sendAll(driver, [0, 0, 0, 0, 0]);
    expect(verdicts.filter((verdict) => verdict === Verdict.drop).length).toBe(2);
    drain(driver);
    expect(driver.counts()).toMatchObject({ seen: 5, passed: 3, droppedQueue: 2, held: 0 });
  });

  test('that is taken away lets its packets go', () => {
    const driver = new EngineDriver(['udp rate 8kbit']);
    sendAll(driver, [0, 0, 0]);
    driver.configure(['udp'], 1 * MS);
    drain(driver);
    expect(leftAt(driver).map(([number]) => number)).toEqual([0, 1, 2]);
    expect(leftAt(driver).every(([, ms]) => ms === 1)).toBe(true);
  });

  test('a rule that is gone lets its packets go, and a flush too', () => {
    const driver = new EngineDriver(['udp rate 8kbit delay 1ms']);
    sendAll(driver, [0, 0, 0]);
    driver.configure(['tcp'], 1 * MS);
    drain(driver);
    expect(leftAt(driver).map(([, ms]) => ms)).toEqual([2, 2, 2]);
    const other = new EngineDriver(['udp rate 8kbit']);
    sendAll(other, [0, 0, 0]);
    expect(other.flush()).toBe(3);
    expect(other.engine.heldCount).toBe(0);
    expect(imbalance(other.counts())).toBe(0);
  });
});

describe('reject', () => {
  test('answers with a packet that leaves the other way, and counts nothing else', () => {
    const driver = new EngineDriver(['tcp partition reject']);
    const syn = ip('192.0.2.1', '198.51.100.2', tcp(40_000, 443, { flags: 2 }));
    expect(driver.send(syn, out, 7)).toBe(Verdict.drop);
    let flags = 0;
    driver.engine.expire(7, {
      release: (slot) => {
        flags = driver.memory.flags[slot];
      },
    });
    expect(flags & SlotFlag.reply).toBe(SlotFlag.reply);
    expect(driver.counts()).toMatchObject({ seen: 1, droppedPartition: 1, replies: 1, held: 0 });
  });
});

describe('per flow', () => {
  test('order is kept within a flow only', () => {
    for (const perFlow of [false, true]) {
      const rule = `udp delay 50ms jitter 40ms${perFlow ? ' per flow' : ''}`;
      const driver = new EngineDriver([rule], { seed: 'order' });
      for (let i = 0; i < 200; i++) driver.send(numbered(i % 2, out, i), out, i * MS);
      drain(driver);
      const numbers = leftAt(driver).map(([number]) => number);
      const inOrder = (list: number[]) => list.every((n, i) => i === 0 || n > list[i - 1]);
      expect(inOrder(numbers)).toBe(!perFlow);
      expect(inOrder(numbers.filter((n) => n % 2 === 0))).toBe(true);
      expect(inOrder(numbers.filter((n) => n % 2 === 1))).toBe(true);
    }
  });
});

describe('packets of one flow under several rules', () => {
  test('count by themselves under each', () => {
    const driver = new EngineDriver(['udp len=100-200 loss nth 2', 'udp loss nth 3']);
    const small = numbered(0, out, 0);
    const large = ip('192.0.2.1', '198.51.100.2', udp(10_000, 53, new Uint8Array(100)));
    const verdicts = [small, large, small, large, small, small, large].map((packet, i) =>
      driver.send(packet, out, i),
    );
    const { pass, drop } = Verdict;
    expect(verdicts).toEqual([pass, pass, pass, drop, drop, pass, pass]);
    expect([driver.counts(0).seen, driver.counts(1).seen]).toEqual([3, 4]);
  });
});
