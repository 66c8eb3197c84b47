/**
 * However the kernel bundles wire packets, they meet the same verdicts at the same times, and what leaves
 * is, cut up again, the same bytes in the same order.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Engine } from '../../src/netem/engine.js';
import { Histogram } from '../../src/netem/histogram.js';
import { PacketMemory } from '../../src/netem/packet-memory.js';
import { parseRule } from '../../src/rules/parse.js';
import { Direction, type Rule } from '../../src/rules/rule.js';
import { Forwarder } from '../../src/tun/forwarder.js';
import { MemoryPort } from '../../src/tun/memory-port.js';
import { anyRule } from '../support/rule-arbitraries.js';
import {
  dump,
  Flag,
  linkTypeOf,
  type OffloadFrame,
  offloadBytes,
  PLAIN,
  partial,
  payloadOf,
  segment,
  segmentCount,
  superPacket,
  type TrainShape,
  trains,
  wirePackets,
} from '../support/trains.js';

/** What comes at one moment by one lane: no more than one turn reads. */
interface Moment {
  readonly gapNs: number;
  readonly direction: Direction;
  readonly trains: readonly TrainShape[];
}

/** How the trains of a moment are handed over. */
type Bundling = (train: TrainShape) => OffloadFrame[];

const TRAINS_PER_MOMENT = 3;
const SEGMENTS_MAX = 10;

/** A few flows that the rules tell apart. */
const PORTS = [53, 443, 5_201];

function momentOf(tags: TrainShape['tags']): fc.Arbitrary<Moment> {
  const train = fc.tuple(trains(SEGMENTS_MAX), fc.constantFrom(...PORTS), fc.boolean()).map(
    ([shape, port, isUpward]): TrainShape => ({
      ...shape,
      tags,
      ports: isUpward ? [40_000, port] : [port, 40_000],
    }),
  );
  return fc.record({
    gapNs: fc.oneof(fc.constant(0), fc.nat(1e6), fc.nat(1e8)),
    direction: fc.constantFrom(Direction.out, Direction.in),
    trains: fc.array(train, { minLength: 1, maxLength: TRAINS_PER_MOMENT }),
  });
}

const moments = fc
  .constantFrom(null, [], [[0x8100, 10]] as const)
  .chain((tags) => fc.array(momentOf(tags), { minLength: 6, maxLength: 12, size: 'max' }));

const NO_OFFLOAD = offloadBytes(0, 0, 0, 0, 0, 0);

const asWirePackets: Bundling = (train) =>
  wirePackets(train).map((frame) => ({ offload: NO_OFFLOAD, frame }));

const withPartialChecksums: Bundling = (train) =>
  wirePackets(train).map((frame) => partial(frame, linkTypeOf(train)));

const asOne: Bundling = (train) => [superPacket(train)];

/** In trains of so many segments, in turn. */
function inPiecesOf(counts: readonly number[]): Bundling {
  return (train) => {
    const pieces: OffloadFrame[] = [];
    const { segmentBytes, payload } = train;
    const last = segmentCount(train);
    for (let first = 0, i = 0; first < last; i++) {
      const end = Math.min(first + counts[i % counts.length], last);
      const isFirst = first === 0 ? 0xff : 0xff - Flag.cwr;
      const isLast = end === last ? 0xff : 0xff - Flag.fin - Flag.psh;
      pieces.push(
        superPacket({
          ...train,
          identification: (train.identification + first) & 0xffff,
          sequence: (train.sequence + first * segmentBytes) >>> 0,
          flags: train.flags & isFirst & isLast,
          payload: payload.slice(first * segmentBytes, end * segmentBytes),
        }),
      );
      first = end;
    }
    return pieces;
  };
}

interface Outcome {
  /** `time lane bytes` of each wire packet, in the order in which they left. */
  readonly left: string[];
  readonly counts: object[];
  /** Of the packet memory, when all is over. */
  readonly usedBytes: number;
}

function forward(rules: readonly Rule[], moments: readonly Moment[], bundle: Bundling): Outcome {
  const memory = new PacketMemory(2 ** 24);
  const engine = new Engine({ memory, rules, seed: 'trains' });
  const linkType = linkTypeOf(moments[0].trains[0]);
  const left: string[] = [];
  const clock = { now: 0, nowNs: () => clock.now };
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
  const forwarder = new Forwarder(engine, memory, lanes, clock, new Histogram());
  const releaseUntil = (endNs: number) => {
    for (;;) {
      const deadlineNs = Math.ceil(engine.nextDeadline());
      if (deadlineNs > endNs) break;
      clock.now = Math.max(clock.now, deadlineNs);
      forwarder.releaseDue();
    }
    clock.now = endNs;
  };
  for (const { gapNs, direction, trains } of moments) {
    releaseUntil(clock.now + gapNs);
    const lane = lanes[direction];
    for (const { frame, offload } of trains.flatMap(bundle)) lane.source.push(frame, offload);
    forwarder.turn(direction);
  }
  // Longer than any delay of the language's examples; a trace that was played once holds for ever.
  releaseUntil(clock.now + 1e13);
  forwarder.flush();
  const counts = rules.flatMap((_, rule) =>
    [Direction.out, Direction.in].map((direction) =>
      engine.counters.row(engine.rowOf(rule, direction)),
    ),
  );
  return { left, counts, usedBytes: memory.usedBytes };
}

function expectOneOutcome(rules: readonly Rule[], moments: readonly Moment[], counts: number[]) {
  const expected = forward(rules, moments, asWirePackets);
  for (const bundle of [withPartialChecksums, asOne, inPiecesOf(counts)]) {
    expect(forward(rules, moments, bundle)).toEqual(expected);
  }
  return expected;
}

const pieces = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });

test('any rules: the same verdicts and the same bytes, however packets are bundled', () => {
  fc.assert(
    fc.property(
      fc.array(anyRule, { minLength: 1, maxLength: 2 }),
      moments,
      pieces,
      (rules, m, p) => {
        fc.pre(new Set(rules.map(({ name }) => name)).size === rules.length);
        expectOneOutcome(rules, m, p);
      },
    ),
    { seed: 1, numRuns: 12 },
  );
});

/** What is judged without taking trains apart, and what is next to it. */
const RULES = [
  'any',
  'any loss 30%',
  'any loss 30% burst 3 per flow',
  'any loss nth 2,5-7',
  'any loss every 3',
  'any loss 10% delay 3ms',
  'any loss 20% delay 3ms per flow',
  'tcp:443 loss 20%',
  'udp loss 50% delay out:1ms',
  'any outage on 20ms off 20ms delay 5ms',
  'any partition in:drop',
  'any partition reject',
  'any loss 20% ecn',
  'any len=60-200 loss 50%',
  'any flags=psh loss 100%',
  'any delay 2ms jitter 2ms',
  'any rate 10mbit delay 1ms',
  'any duplicate 30% loss 10%',
  'any corrupt 30% delay 1ms',
  'any corrupt 50% checksum-ok',
  'any reorder 30% by 2',
  'udp rebind 10ms',
];

test.each(RULES)('%s: the same however packets are bundled', (text) => {
  let packets = 0;
  fc.assert(
    fc.property(moments, pieces, (m, p) => {
      packets += expectOneOutcome([parseRule(text)], m, p).left.length;
    }),
    { seed: 2, numRuns: 2 },
  );
  expect(packets).toBeGreaterThan(text.includes('partition') ? 0 : 20);
});

test('trains count as many packets as they are where overtaking is counted', () => {
  const moments = [1, 10, 2, 1].map((segments) => ({
    gapNs: 1e6,
    direction: Direction.out,
    trains: [{ ...PLAIN, segmentBytes: 100, payload: payloadOf(100 * segments) }],
  }));
  const { counts } = expectOneOutcome([parseRule('any delay 3ms per flow')], moments, [3]);
  expect(counts[Direction.out]).toMatchObject({ seen: 14, reordered: 0 });
});
