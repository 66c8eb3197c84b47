/**
 * What drivers are told of each packet, at once and later, adds up to what the counters say, whatever the
 * rule: nothing that happens to a packet goes untold, and nothing is told twice.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Counter, type CounterValues } from '../../src/netem/counters.js';
import { Verdict } from '../../src/netem/engine.js';
import { Fate, Fates, LEFT_NS, TIME_NS } from '../../src/netem/fates.js';
import { Decider } from '../../src/netem/ruling.js';
import { Effect } from '../../src/netem/stages/stage.js';
import { parseRule } from '../../src/rules/parse.js';
import { Direction, type Rule } from '../../src/rules/rule.js';
import { ip, tcp, udp } from '../support/packets.js';
import { anyRule } from '../support/rule-arbitraries.js';
import { EngineDriver } from './engine-driver.js';

interface Step {
  readonly flow: number;
  readonly direction: Direction;
  readonly gapNs: number;
}

const steps = fc.array(
  fc.record({
    flow: fc.nat(3),
    direction: fc.constantFrom(Direction.out, Direction.in),
    gapNs: fc.oneof(fc.constant(0), fc.nat(1_000_000), fc.nat(100_000_000)),
  }),
  { minLength: 60, maxLength: 150, size: 'max' },
);

/** An engine, and the fates that its driver is told. */
class Witness {
  readonly driver: EngineDriver;
  readonly told: Fate[] = [];
  readonly #fates = new Fates();
  readonly #timeNs = new Float64Array(1);

  constructor(rules: readonly string[] | readonly Rule[], memoryBytes = 2 ** 22) {
    this.driver = new EngineDriver(rules, { witnessed: true, memoryBytes });
  }

  send(frame: Uint8Array, direction: Direction, nowNs: number): number {
    this.expire(nowNs);
    const { driver } = this;
    const verdict = this.#send(frame, direction, nowNs);
    const fate = new Fate();
    this.#timeNs[0] = nowNs;
    fate.take(driver.engine.ruling, this.#timeNs);
    this.#fates.push(fate);
    this.#hear();
    return verdict;
  }

  expire(nowNs: number): void {
    this.driver.engine.expire(nowNs, this);
    this.#hear();
  }

  release(slot: number): void {
    this.#hear();
    const { serial, flags, deadlineNs } = this.driver.memory;
    this.#fates.released(serial[slot], flags[slot], deadlineNs, slot);
  }

  end(): Fate[] {
    while (this.#fates.shiftOpen()) this.told.push(structuredClone(this.#fates.current));
    return this.told;
  }

  /** The driver's staging slot is given its number before the engine copies it. */
  #send(frame: Uint8Array, direction: Direction, nowNs: number): number {
    this.driver.memory.serial[this.driver.staging] = this.#fates.nextSerial;
    return this.driver.send(frame, direction, nowNs);
  }

  #hear(): void {
    const late = this.driver.engine.late!;
    for (let i = 0; i < late.count; i++) {
      this.#fates.late(late.serial[i], late.flags[i], late.what[i]);
    }
    late.clear();
  }
}

function frameOf({ flow, direction }: Step): Uint8Array {
  const [from, to] = direction === Direction.out ? [10_000 + flow, 53] : [53, 10_000 + flow];
  const payload = new Uint8Array(200);
  const transport = flow === 1 ? tcp(from, to, { payload }) : udp(from, to, payload);
  const [here, there] = ['192.0.2.1', '198.51.100.2'];
  const frame =
    direction === Direction.out ? ip(here, there, transport) : ip(there, here, transport);
  frame[1] |= 2; // ECN-capable.
  return frame;
}

function run(rules: readonly Rule[], packets: readonly Step[], memoryBytes?: number): Witness {
  const witness = new Witness(rules, memoryBytes);
  let nowNs = 0;
  for (const step of packets) {
    nowNs += step.gapNs;
    witness.send(frameOf(step), step.direction, nowNs);
  }
  witness.expire(Number.MAX_SAFE_INTEGER);
  return witness;
}

/** What the fates of one direction under the rule add up to, in the counters' words. */
function tally(fates: readonly Fate[], direction: Direction): Partial<CounterValues> {
  const mine = fates.filter((fate) => fate.rule === 0 && fate.direction === direction);
  const count = (has: (fate: Fate) => boolean) => mine.filter(has).length;
  const both = (outcome: number) =>
    count((fate) => fate.outcome === outcome) + count((fate) => fate.copy === outcome);
  const affected = (effect: number) => count(({ effects }) => (effects & effect) !== 0);
  return {
    seen: mine.length,
    passed: both(Counter.passed),
    held: both(Counter.held),
    droppedLoss: both(Counter.droppedLoss),
    droppedPartition: both(Counter.droppedPartition),
    droppedQueue: both(Counter.droppedQueue),
    overflow: both(Counter.overflow),
    duplicated: count(({ copy }) => copy !== 0),
    replies: count(({ answered }) => answered === 1),
    rebound: affected(Effect.rebound),
  };
}

function expectTally(witness: Witness): void {
  const fates = witness.end();
  for (const direction of [Direction.out, Direction.in]) {
    const told = tally(fates, direction);
    expect(witness.driver.counts(0, direction)).toMatchObject(told);
  }
  for (const { outcome, decider, values } of fates) {
    // Whoever keeps a packet back has a name, and nothing leaves before it came.
    if (outcome !== Counter.passed) expect(decider).not.toBe(Decider.none);
    expect(values[LEFT_NS]).toBeGreaterThanOrEqual(values[TIME_NS]);
  }
}

test('any rule: the fates add up to the counters', () => {
  const property = fc.property(anyRule, steps, (rule, packets) => {
    fc.pre(rule.impairments.every(({ rebind }) => rebind === null));
    expectTally(run([rule], packets));
  });
  fc.assert(property, { seed: 7, numRuns: 120 });
});

test.each([
  'any rate 1mbit queue 5p',
  'any rate 1mbit queue 5p aqm drophead',
  'any rate 200kbit queue 1mb aqm codel ecn',
  'any rate 200kbit queue 1mb aqm pie duplicate 30%',
  'any partition reject',
  'any delay 1s jitter 900ms unordered duplicate 50% loss 20% corrupt 10%',
  'any reorder 30% by 2',
])('%s: the same under pressure', (text) => {
  const packets = Array.from({ length: 400 }, (_, i) => ({
    flow: i % 3,
    direction: Direction.out,
    gapNs: (i % 7) * 300_000,
  }));
  expectTally(run([parseRule(text)], packets));
  expectTally(run([parseRule(text)], packets, 430_000)); // One slab: packets overflow.
});

test('a packet that no rule matches passes untold but for that, and a malformed one has no direction', () => {
  const witness = new Witness(['udp:53 loss 100%']);
  witness.send(ip('192.0.2.1', '198.51.100.2', udp(1, 2, new Uint8Array(1))), Direction.in, 0);
  witness.send(Uint8Array.of(0x45, 0), Direction.in, 0);
  const fates = witness.end();
  const expected = { rule: -1, outcome: Counter.passed, decider: Decider.none };
  expect(fates).toMatchObject([
    { ...expected, direction: Direction.in },
    { ...expected, direction: -1 },
  ]);
});

test('who decided has a name', () => {
  const deciders = (rule: string) => {
    const witness = new Witness([rule]);
    for (let i = 0; i < 3; i++) {
      const step = { flow: 0, direction: Direction.out, gapNs: 0 };
      witness.send(frameOf(step), step.direction, i * 1_000);
    }
    witness.expire(Number.MAX_SAFE_INTEGER);
    return witness.end().map(({ decider }) => decider);
  };
  expect(deciders('any loss nth 2')).toEqual([Decider.none, Decider.loss, Decider.none]);
  expect(deciders('any partition')).toEqual(Array(3).fill(Decider.partition));
  expect(deciders('any outage on 1us off 1s')[1]).toBe(Decider.outage);
  expect(deciders('any delay 5ms')).toEqual(Array(3).fill(Decider.delay));
  expect(deciders('any delay 5ms jitter 1ms')).toEqual(Array(3).fill(Decider.jitter));
  expect(deciders('any rate 1mbit queue 1p')).toEqual([Decider.rate, Decider.rate, Decider.queue]);
  expect(deciders('any slot 5ms')[0]).toBe(Decider.slot);
});

test('it matters what meets no rule, but belongs to a flow of which other packets do', () => {
  const witness = new Witness(['udp:53 dir=out loss 50%']);
  const { ruling } = witness.driver.engine;
  const send = (direction: Direction) =>
    witness.send(frameOf({ flow: 0, direction, gapNs: 0 }), direction, 0);
  send(Direction.in);
  expect(ruling).toMatchObject({ rule: -1, matters: false });
  send(Direction.out);
  expect(ruling).toMatchObject({ rule: 0, matters: false });
  send(Direction.in);
  expect(ruling).toMatchObject({ rule: -1, matters: true });
});

test('it matters what meets no rule yet, but was looked at for a name', () => {
  const witness = new Witness(['tls sni=example.com loss 100%']);
  const send = (port: number) =>
    witness.send(ip('192.0.2.1', '198.51.100.2', tcp(1, port, {})), Direction.out, 0);
  expect(send(443)).toBe(Verdict.pass);
  expect(witness.driver.engine.ruling).toMatchObject({ rule: -1, matters: true });
});
