/**
 * Whatever the rule, what becomes of packets is a matter of their times: not of when `expire` is called,
 * and not of what other rules and flows do.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Verdict } from '../../src/netem/engine.js';
import { SlotFlag } from '../../src/netem/packet-memory.js';
import { makeRule, parseRule } from '../../src/rules/parse.js';
import { Direction, type Rule } from '../../src/rules/rule.js';
import { ip, tcp, udp } from '../support/packets.js';
import { ruleText } from '../support/rule-arbitraries.js';
import { RULE_FILES } from '../support/rule-files.js';
import { EngineDriver, imbalance, scenario } from './engine-driver.js';

interface Packet {
  readonly flow: number;
  readonly direction: Direction;
  readonly gapNs: number;
  readonly bytes: number;
}

/** Times that are busy for `scaleNs` and its neighbours. */
function packetsAt(scaleNs: number, maxLength: number): fc.Arbitrary<Packet[]> {
  const gapNs = fc.oneof(
    fc.constant(0),
    fc.nat(scaleNs),
    fc.nat(scaleNs * 30).map((ns) => ns - (ns % scaleNs)),
  );
  const packet = fc.record({
    flow: fc.nat(3),
    direction: fc.constantFrom(Direction.out, Direction.out, Direction.in),
    gapNs,
    bytes: fc.constantFrom(8, 8, 100, 1400),
  });
  return fc.array(packet, { minLength: maxLength / 2, maxLength, size: 'max' });
}

const frames = new Map<string, Uint8Array>();

/** TCP and UDP, of an ECN-capable transport; the number is in the last four bytes. */
function frameOf({ flow, direction, bytes }: Packet, number: number): Uint8Array {
  const key = `${flow} ${direction} ${bytes}`;
  let frame = frames.get(key);
  if (frame === undefined) {
    const [from, to] = direction === Direction.out ? [10_000 + flow, 53] : [53, 10_000 + flow];
    const payload = new Uint8Array(bytes);
    const transport = flow === 1 ? tcp(from, to, { payload }) : udp(from, to, payload);
    const [here, there] = ['192.0.2.1', '198.51.100.2'];
    frame = direction === Direction.out ? ip(here, there, transport) : ip(there, here, transport);
    frame[1] |= 2;
    frames.set(key, frame);
  }
  const numbered = frame.slice();
  new DataView(numbered.buffer).setUint32(numbered.length - 4, number);
  return numbered;
}

/** Called before the packet of time `nowNs`. */
type Pace = (driver: EngineDriver, nowNs: number, index: number) => void;

const PACES: Record<string, Pace> = {
  'at each deadline': (driver, nowNs) => driver.drain(nowNs),
  'before each packet': (driver, nowNs) => driver.expire(nowNs),
  'now and then': (driver, nowNs, index) => {
    if (index % 17 === 3) driver.expire(nowNs);
  },
};

/** Spurious calls between the packets. */
function frantic(moments: readonly number[]): Pace {
  let lastNs = 0;
  return (driver, nowNs, index) => {
    const share = moments[index % moments.length];
    driver.expire(Math.floor(lastNs + (nowNs - lastNs) * share));
    driver.expire(Math.floor(lastNs + (nowNs - lastNs) * share));
    driver.expire(nowNs);
    lastNs = nowNs;
  };
}

function expectBalance(driver: EngineDriver): void {
  let held = 0;
  driver.engine.rules.forEach((_, rule) => {
    for (const direction of [Direction.out, Direction.in]) {
      const counts = driver.counts(rule, direction);
      if (imbalance(counts) !== 0) expect(counts).toBe('balanced');
      held += counts.held;
    }
  });
  expect(driver.engine.heldCount).toBeGreaterThanOrEqual(held);
}

interface Outcomes {
  readonly left: string[];
  readonly dropped: boolean[];
  readonly counts: object[];
  readonly held: number;
}

/** The counts that do not tell of the driver's punctuality. */
function countsOf(driver: EngineDriver): object[] {
  return [Direction.out, Direction.in].map((direction) => {
    const counts = driver.counts(0, direction);
    const {
      delaySumNs: _sum,
      delaySquaresNs: _squares,
      timed: _timed,
      reordered: _order,
      ...rest
    } = counts;
    return rest;
  });
}

/** What left by which rule and direction, and when: `time row bytes`, sorted; and who was dropped at once. */
function outcomes(
  rules: readonly Rule[],
  packets: readonly Packet[],
  pace: Pace,
  seed = '1',
): Outcomes {
  const driver = new EngineDriver(rules, { seed, memoryBytes: 2 ** 23 });
  const left: string[] = [];
  const dropped: boolean[] = [];
  let nowNs = 0;
  packets.forEach((packet, index) => {
    nowNs += packet.gapNs;
    pace(driver, nowNs, index);
    const verdict = driver.send(frameOf(packet, index), packet.direction, nowNs);
    expectBalance(driver);
    dropped.push(verdict === Verdict.drop);
    if (verdict === Verdict.pass) left.push(line(nowNs, packet.direction, driver.staged));
  });
  driver.expire(Number.MAX_SAFE_INTEGER);
  expectBalance(driver);
  for (const { frame, deadlineNs, row, flags } of driver.released) {
    const isReply = (flags & SlotFlag.reply) !== 0;
    left.push(line(deadlineNs, isReply ? 2 : row % 2, frame));
  }
  const counts = countsOf(driver);
  const held = driver.engine.heldCount;
  expect(driver.flush()).toBe(held);
  expectBalance(driver);
  expect(driver.engine.heldCount).toBe(0);
  expect(driver.engine.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  return { left: left.sort(), dropped, counts, held };
}

function line(ns: number, way: number, frame: Uint8Array): string {
  return `${String(ns).padStart(16, '0')} ${way} ${Buffer.from(frame).toString('base64')}`;
}

function expectInvariant(rules: readonly Rule[], packets: readonly Packet[], paces: Pace[]) {
  const expected = outcomes(rules, packets, PACES['at each deadline']);
  for (const pace of paces) expect(outcomes(rules, packets, pace)).toEqual(expected);
  return expected;
}

const ANY = parseRule('any').match;

/** Any values that the language has, for packets that all match. */
const anyRule = ruleText.map(ruleOfAny).filter((rule) => rule !== null);

/** Null: the text contradicts itself. */
function ruleOfAny(text: string): Rule | null {
  try {
    return makeRule(ANY, parseRule(text, RULE_FILES).impairments);
  } catch {
    return null;
  }
}

const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 9 });

test('any rule: the calls of expire change nothing, and nothing gets lost', () => {
  fc.assert(
    fc.property(
      anyRule,
      fc.constantFrom(1e3, 1e6, 1e9, 1e12).chain((scaleNs) => packetsAt(scaleNs, 40)),
      shares,
      (rule, packets, moments) => {
        const { held } = expectInvariant([rule], packets, [
          PACES['now and then'],
          frantic(moments),
        ]);
        if (!rule.impairments.some(({ trace }) => trace?.once)) expect(held).toBe(0);
      },
    ),
    { seed: 1, numRuns: 40 },
  );
});

/** Where a few milliseconds matter. */
const BUSY = [
  'any loss 20% corr 50% duplicate 30% corrupt 20% rate 1mbit queue 5p delay 5ms reorder 30% by 2',
  'any duplicate 50% reorder 40% by 3',
  'any delay 3ms jitter 3ms unordered reorder 40% by 2 duplicate 30% per flow',
  'any delay 60ms jitter 60ms reorder 50% by 1',
  'any loss 5% burst 3 ecn rate 2mbit queue 20ms aqm codel target 1ms interval 5ms delay 2ms',
  'any loss 10% ecn rate 1mbit burst 3kb aqm pie target 1ms update 2ms jitter 1ms',
  'any rate 3mbit overhead 14 cell 48 5 queue 4kb aqm drophead delay 1ms reorder 30% gap 2',
  'any trace lte.trace queue 3p jitter 2ms duplicate 20%',
  'any trace lte.trace queue 6ms delay 1ms slot 2ms 5ms packets 2',
  'any jitter 4ms corr 60% per flow slot 1ms bytes 1500 duplicate 20%',
  'any outage on 5ms off 3ms exponential partition in:reject rebind 4ms first 2ms',
  'any rebind 6ms first 1ms address 198.51.100.128/26 loss 30% max 1 duplicate 20% rate 5mbit',
  'any compat netem loss 10% corr 30% duplicate 30% corrupt 30% delay 4ms jitter 3ms reorder 20%',
  'any compat netem rate 1mbit delay 2ms jitter 1ms normal slot 1ms 2ms packets 3 duplicate 20%',
  'any delay out:2ms in:6ms jitter out:2ms in:2ms rate out:1mbit loss state 10% 30% 40% 5% 1%',
];

test.each(BUSY)('the calls of expire change nothing: %s', (text) => {
  const rules = [parseRule(text, RULE_FILES)];
  fc.assert(
    fc.property(packetsAt(1e6, 60), shares, (packets, moments) => {
      const { held } = expectInvariant(rules, packets, [...Object.values(PACES), frantic(moments)]);
      expect(held).toBe(0);
    }),
    { seed: 1, numRuns: 3 },
  );
});

const SCHEDULES = [
  `rules: ['any rate 1mbit delay 1ms']
schedule:
  - {at: 20ms, rules: [{match: any, rate: 100kbit burst 2kb, loss: 20% corr 50%}]}
  - {every: 70ms, for: 30ms, rules: [{match: any, rate: none, loss: 10%, jitter: 3ms}]}
  - {at: 300ms, rules: [{match: any, rate: 100kbit -> 10mbit over 200ms}]}
loop: 900ms`,
  `rules: ['any loss 10% burst 2 delay 5ms']
schedule:
  - {every: 100ms, for: 40ms, rules: [{match: any, trace: lte.trace, queue: 4p, reorder: 30% by 2}]}
  - {at: 150ms, rules: [{match: any, delay: 0ms -> 40ms over 300ms, aqm: none, loss: 0% -> 30% over 100ms}]}
loop: 700ms`,
];

test.each(SCHEDULES)('the calls of expire change nothing about schedules: %s', (text) => {
  const rules = scenario(text);
  fc.assert(
    fc.property(packetsAt(7e6, 60), shares, (packets, moments) => {
      expectInvariant(rules, packets, [...Object.values(PACES), frantic(moments)]);
    }),
    { seed: 1, numRuns: 6 },
  );
});

test('packets of another rule, and rules added before and after, change nothing', () => {
  const texts = [...BUSY, ...SCHEDULES.map((text) => text.replaceAll('any', 'udp:53'))];
  fc.assert(
    fc.property(fc.constantFrom(...texts), packetsAt(3e6, 60), (text, packets) => {
      const udpOnly = text.replace('any', 'udp:53');
      const mine = text.startsWith('any') ? [parseRule(udpOnly, RULE_FILES)] : scenario(text);
      const other = parseRule('tcp rate 100kbit duplicate 50% delay 10ms', RULE_FILES);
      const third = scenario(SCHEDULES[0].replaceAll('any', 'udp:99'))[0];
      const isMine = ({ flow }: Packet) => flow !== 1;
      const run = (rules: readonly Rule[], all: readonly Packet[]) =>
        outcomesOfUdp(rules, all, PACES['before each packet']);
      // The others' packets are left out, but time passes as with them.
      let skippedNs = 0;
      const alone = packets.flatMap((packet) => {
        skippedNs += packet.gapNs;
        if (!isMine(packet)) return [];
        const moved = { ...packet, gapNs: skippedNs };
        skippedNs = 0;
        return [moved];
      });
      const expected = run(mine, alone);
      expect(run([third, other, ...mine], packets)).toEqual(expected);
      expect(run([...mine, third, other], alone)).toEqual(expected);
    }),
    { seed: 2, numRuns: 15 },
  );
});

/** When what left of the UDP flows, without the numbers that `outcomes` writes into packets. */
function outcomesOfUdp(rules: readonly Rule[], packets: readonly Packet[], pace: Pace): string[] {
  const driver = new EngineDriver(rules, { memoryBytes: 2 ** 23 });
  const left: string[] = [];
  const counts = new Map<number, number>();
  let nowNs = 0;
  packets.forEach((packet, index) => {
    nowNs += packet.gapNs;
    pace(driver, nowNs, index);
    const number = counts.get(packet.flow) ?? 0;
    counts.set(packet.flow, number + 1);
    const frame = frameOf(packet, number * 4 + packet.flow);
    const verdict = driver.send(frame, packet.direction, nowNs);
    if (verdict === Verdict.pass && packet.flow !== 1) left.push(line(nowNs, 0, driver.staged));
  });
  driver.expire(Number.MAX_SAFE_INTEGER);
  for (const { frame, deadlineNs } of driver.released) {
    if (frame[9] !== 6) left.push(line(deadlineNs, 0, frame));
  }
  return left.sort();
}
