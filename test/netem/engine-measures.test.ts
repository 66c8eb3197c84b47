/** What the engine says of itself, against what came out: times, order, marks, copies. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Verdict } from '../../src/netem/engine.js';
import { REORDER_WAIT_NS } from '../../src/netem/outlet.js';
import { SlotFlag } from '../../src/netem/packet-memory.js';
import { Direction } from '../../src/rules/rule.js';
import { ip, udp } from '../support/packets.js';
import { EngineDriver, imbalance, numbered, numberOf } from './engine-driver.js';

const { out } = Direction;
const MS = 1e6;

interface Left {
  readonly number: number;
  readonly atNs: number;
  readonly isCopy: boolean;
}

/** Sends `count` packets of `flows` flows, one each `stepNs`, punctually; says what left, in order. */
function run(driver: EngineDriver, count: number, stepNs: number, flows = 1): Left[] {
  const left: Left[] = [];
  const takeReleased = () => {
    for (const { frame, deadlineNs, flags } of driver.released.splice(0)) {
      const isCopy = (flags & SlotFlag.copy) !== 0;
      left.push({ number: numberOf(frame), atNs: deadlineNs, isCopy });
    }
  };
  for (let i = 0; i < count; i++) {
    driver.drain(i * stepNs);
    takeReleased();
    const verdict = driver.send(numbered(i % flows, out, i), out, i * stepNs);
    if (verdict === Verdict.pass) {
      left.push({ number: numberOf(driver.staged), atNs: i * stepNs, isCopy: false });
    }
  }
  driver.drain();
  takeReleased();
  expect(imbalance(driver.counts())).toBe(0);
  expect(driver.engine.heldCount).toBe(0);
  return left;
}

/** RFC 4737, section 4.2.1 (Type-P-Reordered): leaves after one of its flow that came later. */
function reordered(left: readonly Left[], flows = 1): number {
  const highest = new Array<number>(flows).fill(-1);
  let count = 0;
  for (const { number, isCopy } of left) {
    if (isCopy) continue;
    const flow = number % flows;
    if (number < highest[flow]) count++;
    else highest[flow] = number;
  }
  return count;
}

test.each([
  ['udp delay 20ms jitter 15ms unordered', 1],
  ['udp delay 20ms jitter 15ms normal unordered duplicate 30% loss 10%', 1],
  ['udp delay 20ms jitter 9ms corr 70% unordered', 3],
  ['udp delay 20ms reorder 30% gap 3 duplicate 20%', 2],
  ['udp delay 9ms jitter 2ms reorder 20% by 2 rate 1mbit', 2],
  ['udp compat netem delay 20ms jitter 15ms', 2],
  ['udp compat netem delay 20ms jitter 15ms rate 500kbit reorder 20% duplicate 20%', 1],
])('reordered packets are counted as RFC 4737 does: %s', (rule, flows) => {
  const driver = new EngineDriver([rule], { seed: 'order' });
  const expected = reordered(run(driver, 2000, MS, flows), flows);
  expect(expected).toBeGreaterThan(20);
  expect(driver.counts().reordered).toBe(expected);
});

test.each([
  'udp delay 20ms jitter 15ms pareto',
  'udp delay 20ms jitter 15ms unordered duplicate 30% loss 20%',
  'udp rate 500kbit queue 4p delay 3ms',
  'udp slot 5ms 9ms packets 3 delay 1ms',
  'udp delay 30ms reorder 40%',
  'udp compat netem delay 20ms jitter 10ms normal rate 1mbit',
])('the times taken are recorded, of each packet that left: %s', (rule) => {
  const driver = new EngineDriver([rule], { seed: 'times' });
  // Packets come by threes, so that queues and slots have something to do.
  const STEP_NS = 0.4 * MS;
  const took = run(driver, 1500, STEP_NS).map(({ number, atNs }) => atNs - number * STEP_NS);
  const counts = driver.counts();
  expect(counts.passed).toBe(took.length);
  expect(counts.delaySumNs).toBeCloseTo(
    took.reduce((sum, ns) => sum + ns, 0),
    0,
  );
  const squares = took.reduce((sum, ns) => sum + ns * ns, 0);
  expect(Math.abs(counts.delaySquaresNs / squares - 1)).toBeLessThan(1e-12);
  const histogram = driver.engine.delays.row(driver.engine.rowOf(0, out));
  expect(histogram.count).toBe(took.length);
  const sorted = took.toSorted((a, b) => a - b);
  for (const q of [0.1, 0.5, 0.99]) {
    const exact = sorted[Math.ceil(q * sorted.length) - 1];
    expect(Math.abs(histogram.quantile(q) - exact)).toBeLessThanOrEqual(exact * 0.05 + 1);
  }
});

describe('packets that wait for later ones', () => {
  test('leave at a flush, with their followers, and are waited for no more', () => {
    const driver = new EngineDriver(['udp reorder 100% by 2']);
    for (let i = 0; i < 4; i++) driver.send(numbered(0, out, i), out, i);
    expect(driver.flush()).toBe(4);
    expect(driver.released.map(({ frame }) => numberOf(frame))).toEqual([0, 1, 2, 3]);
    driver.configure(['udp'], 10);
    expect(driver.send(numbered(0, out, 4), out, 11)).toBe(Verdict.pass);
    expect(driver.engine.heldCount).toBe(0);
    expect(imbalance(driver.counts())).toBe(0);
  });

  test('wait on when the rule changes, and when it goes', () => {
    for (const rules of [['udp reorder 1% by 1'], ['tcp'], []]) {
      const driver = new EngineDriver(['udp reorder 100% by 1']);
      driver.send(numbered(0, out, 0), out, 0);
      driver.configure(rules, 1);
      // A later packet counts for it as long as there are any that can wait.
      const verdict = driver.send(numbered(0, out, 1), out, 2);
      expect(verdict).toBe(Verdict.pass);
      driver.drain();
      const expected = rules.length > 0 && rules[0] !== 'tcp' ? 2 : REORDER_WAIT_NS;
      expect(driver.released.map(({ deadlineNs }) => deadlineNs)).toEqual([expected]);
      expect(driver.engine.heldCount).toBe(0);
    }
  });

  test('do not wait for copies', () => {
    // Flows of one packet: whoever waits does so until the time is up.
    const waited = (rule: string) => {
      const driver = new EngineDriver([rule]);
      for (let i = 0; i < 50; i++) driver.send(numbered(i, out, i), out, i);
      driver.drain();
      const originals = driver.released.filter(({ flags }) => (flags & SlotFlag.copy) === 0);
      const late = originals.filter(({ deadlineNs }) => deadlineNs >= REORDER_WAIT_NS);
      return late.map(({ frame }) => numberOf(frame));
    };
    const chosen = waited('udp reorder 50% by 1');
    expect(chosen.length).toBeGreaterThan(10);
    expect(waited('udp reorder 50% by 1 duplicate 100%')).toEqual(chosen);
  });

  test('are overtaken by no more than N, and never wait beyond their time', () => {
    const gaps = fc.array(fc.oneof(fc.nat(3), fc.nat(120)), { minLength: 30, maxLength: 90 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 4 }), (gapsMs, by) => {
        const driver = new EngineDriver([`udp delay 5ms reorder 30% by ${by}`]);
        const cameNs: number[] = [];
        let nowNs = 0;
        for (const gap of gapsMs) {
          nowNs += gap * MS;
          driver.drain(nowNs);
          driver.send(numbered(0, out, cameNs.length), out, nowNs);
          cameNs.push(nowNs);
        }
        driver.drain();
        const order = driver.released.map(({ frame }) => numberOf(frame));
        driver.released.forEach(({ deadlineNs }, at) => {
          const number = order[at];
          const tookNs = deadlineNs - cameNs[number];
          const overtakers = order.slice(0, at).filter((other) => other > number).length;
          // On time; or behind others, who wait for nobody; or after the wait.
          if (tookNs === 5 * MS) expect(overtakers).toBeLessThanOrEqual(by);
          else if (tookNs < 5 * MS + REORDER_WAIT_NS) expect(overtakers).toBeGreaterThanOrEqual(by);
          else expect(tookNs).toBe(5 * MS + REORDER_WAIT_NS);
        });
      }),
      { seed: 1, numRuns: 30 },
    );
  });
});

describe('copies', () => {
  test('behind a full link are dropped and counted, whichever of the two it is', () => {
    const driver = new EngineDriver(['udp duplicate 100% rate 100kbit queue 3p']);
    const left = run(driver, 300, MS);
    const { seen, passed, duplicated, droppedQueue, linkBits } = driver.counts();
    expect([seen, duplicated]).toEqual([300, 300]);
    expect(passed).toBe(left.length);
    expect(passed + droppedQueue).toBe(600);
    expect(linkBits).toBe(passed * 288);
    // The link never idles: 300 ms at 100 kbit/s, and 4 packets left at the end.
    expect(passed).toBe(Math.floor(299 / 2.88) + 1 + 3);
  });

  test('of tc-netem: lost and doubled is one, and each copy is judged anew', () => {
    const COUNT = 20_000;
    const driver = new EngineDriver(['udp compat netem duplicate 30% loss 20% corrupt 40%']);
    const left = run(driver, COUNT, 1000);
    const { duplicated, droppedLoss, passed, corrupted } = driver.counts();
    // Doubled and not lost; lost and not doubled, or a copy that is lost.
    const near = (value: number, share: number) =>
      expect(Math.abs(value / COUNT - share)).toBeLessThan(4.5 * Math.sqrt(0.25 / COUNT));
    near(duplicated, 0.3 * 0.8);
    near(droppedLoss, 0.7 * 0.2 + 0.24 * 0.2);
    near(corrupted, passed * (0.4 / COUNT));
    expect(left.length).toBe(passed);
  });
});

describe('ecn', () => {
  /** Of an ECN-capable transport, or not. */
  const packet = (isEct: boolean) => {
    const frame = ip('192.0.2.1', '198.51.100.2', udp(4000, 53, new Uint8Array(1000)));
    if (isEct) frame[1] |= 2;
    return frame;
  };

  test('marks in place of a loss, and ends the run of losses', () => {
    const driver = new EngineDriver(['udp loss nth 1-6 ecn']);
    const kinds = [false, false, true, false, true, true, true];
    const verdicts = kinds.map((isEct) => driver.send(packet(isEct), out, 0));
    expect(verdicts.map((verdict) => verdict === Verdict.drop)).toEqual(
      kinds.map((isEct, i) => !isEct && i < 6),
    );
    expect(driver.counts()).toMatchObject({ marked: 3, droppedLoss: 3, lossRuns: 2 });
    expect(driver.counts().lossRunSquares).toBe(2 ** 2 + 1);
  });

  test.each([
    'rate 4mbit aqm codel target 1ms interval 5ms',
    'rate 8mbit aqm pie target 1ms update 2ms',
  ])('marks in the link, each packet that leaves with CE: %s', (link) => {
    const driver = new EngineDriver([`udp loss 5% ecn ${link} delay 3ms`]);
    for (let i = 0; i < 2000; i++) {
      driver.drain(i * MS);
      driver.send(packet(true), out, i * MS);
    }
    driver.drain();
    const marked = driver.released.filter(({ frame }) => (frame[1] & 3) === 3).length;
    const counts = driver.counts();
    expect(marked).toBeGreaterThan(30);
    // A packet may be marked by both, or dropped behind its mark.
    expect(counts.marked).toBeGreaterThanOrEqual(marked);
    expect(counts.marked).toBeLessThan(marked * 1.3);
    expect(imbalance(counts)).toBe(0);
  });
});

test('per flow: chains, order and the gap are of the flow, and begin anew with it', () => {
  const RULE = 'udp loss 30% burst 3 delay 5ms jitter 5ms corr 50% reorder 50% gap 3 per flow';
  const one = (flows: number) => {
    const driver = new EngineDriver([RULE]);
    const left = run(driver, 100 * flows, MS / flows, flows);
    return left
      .filter(({ number }) => number % flows === 0)
      .map(({ number, atNs }) => `${number / flows} ${atNs}`);
  };
  expect(one(4)).toEqual(one(1));
});
