/**
 * Packets through the forwarder with a recorder and without: the same verdicts, the same bytes. And what was
 * recorded, met anew by an engine that knows nothing but the file: the same verdicts again.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Engine } from '../../../src/netem/engine.js';
import { Histogram } from '../../../src/netem/histogram.js';
import { PacketMemory } from '../../../src/netem/packet-memory.js';
import { LinkType } from '../../../src/packet/packet-view.js';
import { parseRule, parseRules } from '../../../src/rules/parse.js';
import { Direction, type Rule } from '../../../src/rules/rule.js';
import { Forwarder } from '../../../src/tun/forwarder.js';
import { MemoryPort } from '../../../src/tun/memory-port.js';
import type { Reading } from '../../support/capture-reading.js';
import { anyRule } from '../../support/rule-arbitraries.js';
import { commentOf, judgeAgain, TestRecording } from '../../support/test-recording.js';
import {
  dump,
  linkTypeOf,
  type OffloadFrame,
  PLAIN,
  partial,
  payloadOf,
  segment,
  superPacket,
  type TrainShape,
  trains,
  wirePackets,
} from '../../support/trains.js';

const SEED = 'recorded';
const START_NS = 8e9;
/** What is still on its way then is recorded as held. */
const LEFT_OPEN_NS = 3e6;

interface Moment {
  readonly gapNs: number;
  readonly direction: Direction;
  readonly trains: readonly TrainShape[];
}

type Bundling = (train: TrainShape) => OffloadFrame[];

const asOne: Bundling = (train) => [superPacket(train)];
const asWirePackets: Bundling = (train) =>
  wirePackets(train).map((frame) => partial(frame, linkTypeOf(train)));

const PORTS = [53, 443];

function momentOf(tags: TrainShape['tags']): fc.Arbitrary<Moment> {
  const train = fc.tuple(trains(8), fc.constantFrom(...PORTS), fc.boolean()).map(
    ([shape, port, isUpward]): TrainShape => ({
      ...shape,
      tags,
      ports: isUpward ? [40_000, port] : [port, 40_000],
    }),
  );
  return fc.record({
    gapNs: fc.oneof(fc.constant(0), fc.nat(1e6), fc.nat(1e8)),
    direction: fc.constantFrom(Direction.out, Direction.in),
    trains: fc.array(train, { minLength: 1, maxLength: 3 }),
  });
}

const moments = fc
  .constantFrom(null, [], [[0x8100, 10]] as const)
  .chain((tags) => fc.array(momentOf(tags), { minLength: 6, maxLength: 12, size: 'max' }));

interface Outcome {
  /** `time lane bytes` of each wire packet that left, in order. */
  readonly left: readonly string[];
  readonly counts: readonly { readonly seen: number }[];
  /** Null without a recorder. */
  readonly reading: Reading | null;
  readonly lost: number;
  readonly endNs: number;
}

interface Setting {
  readonly bundle: Bundling;
  readonly isRecorded: boolean;
  readonly ringBytes?: number;
  readonly waitingBytes?: number;
  /** The thread gets to work only after so many moments. */
  readonly drainPeriod?: number;
}

/** With more than one set of rules, each but the first comes into force after so many moments. */
const MOMENTS_PER_SET = 3;

function forward(
  sets: readonly (readonly Rule[])[],
  moments: readonly Moment[],
  { bundle, isRecorded, drainPeriod = 1, ...sizes }: Setting,
): Outcome {
  const memory = new PacketMemory(2 ** 24);
  const engine = new Engine({ memory, rules: [], seed: SEED, witnessed: isRecorded });
  const linkType = linkTypeOf(moments[0].trains[0]);
  const link = linkType === LinkType.ethernet ? 1 : 101;
  const interfaces = ['out', 'in'].map((direction) => ({ name: `v0 ${direction}`, link }));
  const recording = isRecorded
    ? new TestRecording(engine, { interfaces, rules: sets, ...sizes })
    : null;
  const left: string[] = [];
  const clock = { now: START_NS, nowNs: () => clock.now };
  const port = (name: string) =>
    new MemoryPort(memory, linkType, (frame, offload) => {
      for (const bytes of dump(segment({ offload, frame }, linkType))) {
        left.push(`${clock.now} ${name} ${bytes}`);
      }
    });
  const [near, far] = [port('near'), port('far')];
  const lanes = [
    { direction: Direction.out, source: near, target: far, replies: near },
    { direction: Direction.in, source: far, target: near, replies: far },
  ];
  const lateness = new Histogram();
  const recorder = recording?.recorder ?? null;
  const forwarder = new Forwarder(engine, memory, lanes, clock, lateness, undefined, recorder);
  forwarder.configure(sets[0], START_NS, 0);
  let set = 0;
  const releaseUntil = (endNs: number) => {
    for (;;) {
      const deadlineNs = Math.ceil(engine.nextDeadline());
      if (deadlineNs > endNs) break;
      clock.now = Math.max(clock.now, deadlineNs);
      forwarder.releaseDue();
    }
    clock.now = endNs;
  };
  let moment = 0;
  for (const { gapNs, direction, trains } of moments) {
    releaseUntil(clock.now + gapNs);
    for (const { frame, offload } of trains.flatMap(bundle)) {
      lanes[direction].source.push(frame, offload);
    }
    forwarder.turn(direction);
    if (++moment % drainPeriod === 0) recording?.drain();
    if (moment % MOMENTS_PER_SET === 0 && set + 1 < sets.length) {
      // Late, as live: what became due meanwhile leaves first, by its time.
      clock.now += 5e6;
      forwarder.configure(sets[++set], clock.now, set);
    }
  }
  releaseUntil(clock.now + LEFT_OPEN_NS);
  forwarder.flush();
  const counts = sets
    .at(-1)!
    .flatMap((_, rule) =>
      [Direction.out, Direction.in].map((direction) =>
        engine.counters.row(engine.rowOf(rule, direction)),
      ),
    );
  const reading = recording?.finish() ?? null;
  const lost = recording?.view.lost ?? 0;
  return { left, counts, reading, lost, endNs: clock.now };
}

/** Returns how many packets were recorded. */
function expectTrueRecording(
  sets: readonly (readonly Rule[])[],
  moments: readonly Moment[],
): number {
  for (const bundle of [asOne, asWirePackets]) {
    const expected = forward(sets, moments, { bundle, isRecorded: false });
    const { left, counts, reading, lost, endNs } = forward(sets, moments, {
      bundle,
      isRecorded: true,
    });
    expect({ left, counts, lost }).toEqual({
      left: expected.left,
      counts: expected.counts,
      lost: 0,
    });
    const comments = reading!.packets.map(commentOf);
    expect(reading!.fault).toBeNull();
    expect(comments).toEqual(judgeAgain(reading!, sets, SEED, endNs));
    const seen = counts.reduce((sum, row) => sum + row.seen, 0);
    const matched = comments.filter((comment) => !comment.endsWith('no rule'));
    if (sets.length === 1) expect(matched).toHaveLength(seen);
    if (bundle === asWirePackets) return comments.length;
  }
  return 0;
}

test('any rules', () => {
  fc.assert(
    fc.property(fc.array(anyRule, { minLength: 1, maxLength: 2 }), moments, (rules, m) => {
      fc.pre(new Set(rules.map(({ name }) => name)).size === rules.length);
      expectTrueRecording([rules], m);
    }),
    { seed: 1, numRuns: 5, endOnFailure: true },
  );
});

test.each([
  'any',
  'any loss 30%',
  'any loss 30% burst 3 per flow',
  'any loss 10% delay 3ms',
  'any loss 20% delay out:2ms in:5ms per flow',
  'tcp:443 loss 20%',
  'any outage on 20ms off 20ms delay 5ms',
  'any partition reject',
  'any loss 20% ecn',
  'any len=60-200 loss 50%',
  'any sni=example.com loss 50%',
  'any delay 2ms jitter 2ms',
  'any delay 2ms jitter 2ms unordered',
  'any rate 10mbit delay 1ms',
  'any rate 1mbit queue 3p',
  'any rate 1mbit aqm codel ecn',
  'any rate 1mbit queue 5p aqm drophead',
  'any duplicate 30% loss 10%',
  'any duplicate 50% delay 1ms jitter 1ms',
  'any corrupt 30% delay 1ms',
  'any corrupt 50% checksum-ok',
  'any reorder 30% by 2',
  'udp rebind 10ms',
])('%s', (text) => {
  let packets = 0;
  fc.assert(
    fc.property(moments, (m) => {
      packets += expectTrueRecording([[parseRule(text)]], m);
    }),
    { seed: 2, numRuns: 1, endOnFailure: true },
  );
  expect(packets).toBeGreaterThan(5);
});

test('any rules, and others after them', () => {
  fc.assert(
    fc.property(fc.array(anyRule, { minLength: 2, maxLength: 3 }), moments, (rules, m) => {
      expectTrueRecording(
        rules.map((rule) => [rule]),
        m,
      );
    }),
    { seed: 3, numRuns: 4, endOnFailure: true },
  );
});

test.each([
  [['any delay 2ms'], ['any loss 30%']],
  [['any rate 1mbit queue 20p'], ['any rate 1mbit queue 3p'], []],
  [['any delay 2ms jitter 2ms'], ['any delay 1ms jitter 1ms', 'tcp']],
  [['any duplicate 30% delay 9ms'], ['tcp'], ['any duplicate 30% delay 9ms']],
])('%s, then %s', (...texts) => {
  const sets = texts.map((lines) => parseRules(lines));
  fc.assert(
    fc.property(moments, (m) => {
      expectTrueRecording(sets, m);
    }),
    { seed: 4, numRuns: 1, endOnFailure: true },
  );
});

test.each(['any loss 30% delay 1ms', 'any corrupt 100% duplicate 50% delay 1ms'])(
  '%s: bytes are those that came, with whole checksums, whatever became of them',
  (text) => {
    const shape = { ...PLAIN, segmentBytes: 100, payload: payloadOf(950) };
    // A flow is looked up packet by packet in its first super-packet only.
    const moment = { gapNs: 1e6, direction: Direction.out, trains: [shape] };
    const setting = { bundle: asOne, isRecorded: true };
    const { reading } = forward([parseRules([text])], [moment, moment], setting);
    const expected = [...wirePackets(shape), ...wirePackets(shape)];
    expect(dump(reading!.packets.map(({ data }) => data))).toEqual(dump(expected));
  },
);

/** As many packets as there are, each in a moment of its own. */
function manyMoments(count: number): Moment[] {
  const trains = [{ ...PLAIN, segmentBytes: 1_000, payload: payloadOf(2_500) }];
  return Array.from({ length: count }, (_, i) => ({
    gapNs: 1e5,
    direction: i % 3 === 0 ? Direction.in : Direction.out,
    trains,
  }));
}

/** More than the reserve that is kept for what is not packets. */
const SMALL_RING_BYTES = 2 ** 21;

test('a ring that is full costs packets, which are counted, and nothing else', () => {
  const rules = parseRules(['any loss 10% delay 2ms']);
  const all = manyMoments(600);
  const expected = forward([rules], all, { bundle: asOne, isRecorded: false });
  const setting = { isRecorded: true, drainPeriod: 450, ringBytes: SMALL_RING_BYTES };
  for (const bundle of [asOne, asWirePackets]) {
    const { left, counts, reading, lost, endNs } = forward([rules], all, { bundle, ...setting });
    expect({ left, counts }).toEqual({ left: expected.left, counts: expected.counts });
    expect(lost).toBeGreaterThan(100);
    expect(reading!.packets.length + lost).toBe(1_800);
    // Up to the first one that is missing, all is as it was; and those behind it have their own ends.
    const comments = reading!.packets.map(commentOf);
    const again = judgeAgain(reading!, [rules], SEED, endNs);
    expect(comments.slice(0, 300)).toEqual(again.slice(0, 300));
    const whole = /^netemu (?:left after 2 ms \(delay\)|dropped by loss); /;
    expect(comments.filter((comment) => !whole.test(comment))).toEqual([]);
    const ordinals = comments.map((comment) => Number(/packet (\d+)$/.exec(comment)![1]));
    expect(Math.max(...ordinals)).toBeGreaterThan(expected.counts[Direction.out].seen - 10);
  }
});

test('packets that wait for too much go as held, and all others keep their ends', () => {
  const rules = parseRules(['any delay 20ms']);
  const outcomes = [2 ** 24, 2 ** 18].map((waitingBytes) => {
    const setting = { bundle: asOne, isRecorded: true, waitingBytes };
    const { reading, lost } = forward([rules], manyMoments(500), setting);
    return { lost, comments: reading!.packets.map(commentOf) };
  });
  const [whole, cut] = outcomes;
  expect([whole.lost, cut.lost]).toEqual([0, 0]);
  const isHeld = (comment: string) => comment.startsWith('netemu held by delay at the end');
  const heldAtEnd = whole.comments.filter(isHeld).length;
  expect(heldAtEnd).toBeLessThan(600);
  expect(cut.comments.filter(isHeld).length).toBeGreaterThan(heldAtEnd + 300);
  expect(cut.comments.map((comment) => comment.split('; ')[1])).toEqual(
    whole.comments.map((comment) => comment.split('; ')[1]),
  );
});
