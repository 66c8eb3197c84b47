/**
 * Frames joined to super-packets: the kernel's segmentation gives back what went in, nothing is left
 * apart that may be one, and nothing is joined that differs in what segments have in common.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Joint } from '../../src/packet/joint.js';
import { PacketView } from '../../src/packet/packet-view.js';
import { Train } from '../../src/packet/train.js';
import { cutTrains, fewest, join, partOf, type Unit, unitOf, wire } from '../support/joining.js';
import { concat } from '../support/packet-bytes.js';
import { fragmentIpv4 } from '../support/packets.js';
import {
  dump,
  Flag,
  FrameMemory,
  frameOf,
  linkTypeOf,
  PLAIN,
  partial,
  payloadOf,
  segmentCount,
  superPacket,
  type TrainShape,
  trains,
  V6,
  wirePackets,
} from '../support/trains.js';

const plainTrains = (segmentsMax: number, payloadBytesMax: number) =>
  trains(segmentsMax, payloadBytesMax).map((shape) => ({
    ...shape,
    ipOptions: new Uint8Array(0),
    extensions: 0,
  }));

const singles = (shape: TrainShape) =>
  Array.from({ length: segmentCount(shape) }, (_, i) => unitOf(partOf(shape, i, 1)));

describe('any frames', () => {
  test('come back by segmentation, and leave in as few as they can', () => {
    const shapes = fc.oneof(
      { weight: 5, arbitrary: plainTrains(150, 200_000) },
      { weight: 1, arbitrary: trains(20) },
    );
    let [frames, groups] = [0, 0];
    const property = fc.property(cutTrains(100, 65_000, shapes), ({ linkType, units }) => {
      const joined = join(units);
      expect(wire(joined, linkType)).toEqual(dump(units.flatMap(({ packets }) => packets)));
      expect(joined.length).toBe(fewest(units));
      frames += units.length;
      groups += joined.length;
    });
    fc.assert(property, { seed: 1, numRuns: 120 });
    expect(groups).toBeLessThan(frames / 2); // So that joining was tried.
    expect(groups).toBeGreaterThan(frames / 10);
  });

  test('that are all of a train become that train, byte by byte', () => {
    const property = fc.property(plainTrains(44, 60_000), (shape) => {
      const [joined, ...more] = join(singles(shape));
      const { offload, frame } = superPacket(shape);
      expect(more).toEqual([]);
      expect(dump([joined!.offload, joined!.frame])).toEqual(dump([offload, frame]));
    });
    fc.assert(property, { seed: 2, numRuns: 150 });
  });
});

describe('the runs of a train', () => {
  /** Those segments that are kept, as runs whose headers lie apart from their payload, joined. */
  function rejoined(shape: TrainShape, kept: readonly boolean[], lengths: readonly number[]) {
    const { offload, frame } = superPacket(shape);
    const memory = new FrameMemory(frame.length + 50);
    const view = new PacketView();
    view.parse(memory.bytes, memory.put({ offload, frame }), frame.length, linkTypeOf(shape));
    const train = new Train();
    expect(train.read(view, shape.segmentBytes)).toBe(true);
    const joint = new Joint();
    const runs: { first: number; count: number; header: Uint8Array }[] = [];
    for (let first = 0; first < train.segments; first++) {
      let count = 0;
      const countMax = lengths[runs.length % lengths.length]!;
      while (count < countMax && first + count < train.segments && kept[first + count]) count++;
      if (count === 0) continue;
      const header = new Uint8Array(10 + train.headerBytes);
      train.writeHeader(header, 10, first, count);
      train.writeOffload(header, 0, first, count);
      runs.push({ first, count, header });
      first += count - 1;
    }
    const frames: { offload: Uint8Array; frame: Uint8Array }[] = [];
    let heads: typeof runs = [];
    const write = () => {
      if (heads.length === 0) return;
      joint.finish();
      const payloads = heads.map(({ first, count }) => {
        const at = train.payloadAt(first);
        return memory.bytes.slice(at, at + train.runPayloadBytes(first, count));
      });
      const { header } = heads[0]!;
      frames.push({ offload: header.slice(0, 10), frame: concat(header.slice(10), ...payloads) });
      heads = [];
    };
    for (const run of runs) {
      const { header, first, count } = run;
      const length = train.headerBytes + train.runPayloadBytes(first, count);
      const size = count === 1 ? 0 : train.segmentBytes;
      if (heads.length === 0 || !joint.tryAppend(header, 10, length, size)) {
        write();
        joint.begin(header, 10, length, linkTypeOf(shape), size);
      }
      heads.push(run);
    }
    write();
    return frames;
  }

  const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

  test('become the train again', () => {
    const property = fc.property(plainTrains(60, 65_000), lengths, (shape, runLengths) => {
      const frames = rejoined(shape, Array(100).fill(true), runLengths);
      expect(wire(frames, linkTypeOf(shape))).toEqual(dump(wirePackets(shape)));
      expect(frames.length).toBe(1);
    });
    fc.assert(property, { seed: 3, numRuns: 100 });
  });

  test('lose only the segments that are left out', () => {
    const kept = fc.array(
      fc.nat(9).map((u) => u > 0),
      { minLength: 60, maxLength: 60 },
    );
    const property = fc.property(plainTrains(60, 65_000), kept, lengths, (shape, keeps, by) => {
      const frames = rejoined(shape, keeps, by);
      const packets = wirePackets(shape).filter((_, i) => keeps[i]);
      expect(wire(frames, linkTypeOf(shape))).toEqual(dump(packets));
      const units = singles(shape).filter((_, i) => keeps[i]);
      expect(frames.length).toBe(fewest(units));
    });
    fc.assert(property, { seed: 4, numRuns: 50 });
  });
});

const TCP4 = {};
const TCP6 = { addresses: V6 };
const UDP4 = { isTcp: false };
const UDP6 = { isTcp: false, addresses: V6 };
const ETHERNET = { tags: [[0x8100, 10]] } as const;

describe('a group', () => {
  const shape = { ...PLAIN, payload: payloadOf(1_000) };
  const train = (first: number, count: number, of: TrainShape = shape) =>
    unitOf(partOf(of, first, count));
  const counts = (units: readonly Unit[], of: TrainShape = shape) =>
    join(units).map((frame) => wire([frame], linkTypeOf(of)).length);

  test('takes packets and trains of one size', () => {
    expect(counts([train(0, 1), train(1, 3), train(4, 2), train(6, 1), train(7, 3)])).toEqual([10]);
  });

  test('takes no train of another size, though its bytes follow', () => {
    const halves = { ...shape, segmentBytes: 50, identification: 1_001, sequence: 1_000_100 };
    const other = unitOf({ ...halves, payload: payloadOf(100) });
    expect(counts([train(0, 1), other])).toEqual([1, 2]);
    expect(counts([train(0, 1), train(1, 1)])).toEqual([2]);
  });

  test('takes no longer packet', () => {
    const longer = { ...partOf(shape, 1, 1), payload: payloadOf(101), segmentBytes: 101 };
    expect(counts([train(0, 1), unitOf(longer)])).toEqual([1, 1]);
    expect(counts([train(0, 1), unitOf({ ...longer, payload: payloadOf(100) })])).toEqual([2]);
  });

  test('ends with a short segment, a single one or a train’s last', () => {
    for (const isTcp of [true, false]) {
      const odd = { ...PLAIN, isTcp, payload: payloadOf(250) };
      const next = { ...odd, identification: 1_003, sequence: 1_000_250, payload: payloadOf(50) };
      expect(counts([...singles(odd), unitOf(next)])).toEqual([3, 1]);
      expect(counts([unitOf(odd), unitOf(next)])).toEqual([3, 1]);
      const short = { ...odd, segmentBytes: 300 };
      expect(counts([unitOf(short), unitOf({ ...next, identification: 1_001 })])).toEqual([2]);
    }
  });

  test('ends with FIN or PSH', () => {
    for (const flag of [Flag.fin, Flag.psh]) {
      const flags = Flag.ack + flag;
      const first = { ...PLAIN, flags, payload: payloadOf(300) };
      const second = { ...first, identification: 1_003, sequence: 1_000_300 };
      expect(counts([...singles(first), ...singles(second)])).toEqual([3, 3]);
      expect(counts([unitOf(first), unitOf(second)])).toEqual([3, 3]);
    }
  });

  test('takes no segment without payload', () => {
    for (const isTcp of [true, false]) {
      const stream = { ...shape, isTcp };
      const empty = (i: number): Unit => {
        const frame = frameOf({ ...partOf(stream, i, 1), payload: payloadOf(0) });
        return { ...train(i, 1, stream), ...partial(frame, linkTypeOf(stream)) };
      };
      expect(join([train(0, 1, stream), empty(1)]).length).toBe(2);
      expect(join([empty(0), train(1, 1, stream)]).length).toBe(2);
      const joint = new Joint();
      const { offload, frame, linkType } = empty(0);
      joint.begin(concat(offload, frame), 10, frame.length, linkType, 0);
      expect([joint.segments, joint.payloadBytes, joint.isOpen]).toEqual([1, 0, false]);
    }
  });

  test('of UDP has at most 64 segments', () => {
    const datagrams = { ...PLAIN, isTcp: false, segmentBytes: 10, payload: payloadOf(2_000) };
    const of = (first: number, count: number) => train(first, count, datagrams);
    expect(counts(singles(datagrams), datagrams)).toEqual([64, 64, 64, 8]);
    expect(counts([of(0, 63), of(63, 2)], datagrams)).toEqual([63, 2]);
    expect(counts([of(0, 62), of(62, 2), of(64, 1)], datagrams)).toEqual([64, 1]);
    // Newer kernels make longer ones, which pass as they are.
    expect(counts([of(0, 100), of(100, 1)], datagrams)).toEqual([100, 1]);
    const isOpen = (count: number) => {
      const { frame, linkType, offload } = of(0, count);
      const joint = new Joint();
      joint.begin(concat(offload, frame), 10, frame.length, linkType, 10);
      return joint.isOpen;
    };
    expect([62, 63, 64, 65].map(isOpen)).toEqual([true, true, false, false]);
    const stream = { ...datagrams, isTcp: true };
    expect(counts(singles(stream), stream)).toEqual([200]);
  });

  test('of UDP is one packet where the kernel takes no more', () => {
    for (const isTcp of [true, false]) {
      const { frame, linkType, offload } = train(0, 1, { ...shape, isTcp });
      const joint = new Joint();
      joint.joinsUdp = false;
      joint.begin(concat(offload, frame), 10, frame.length, linkType, 0);
      expect(joint.isOpen).toBe(isTcp);
    }
  });

  test.each([
    ['TCP over IPv4', TCP4, 52],
    ['TCP over IPv6', TCP6, 72],
    ['UDP over IPv4', UDP4, 28],
    ['UDP over IPv6', UDP6, 48],
    ['TCP over Ethernet', ETHERNET, 52],
  ])('of %s is an IP packet of at most 65,535 bytes', (_, both, headerBytes) => {
    const room = 65_535 - headerBytes;
    const segmentBytes = Math.ceil(room / 2);
    for (const [bytes, expected] of [
      [room, [2]],
      [room + 1, [1, 1]],
    ] as const) {
      const large = { ...PLAIN, ...both, segmentBytes, payload: payloadOf(bytes) };
      expect(counts(singles(large), large)).toEqual(expected);
    }
  });

  test('wraps ids and sequence numbers', () => {
    const wrapping = { ...shape, identification: 65_533, sequence: 2 ** 32 - 250 };
    expect(counts(singles(wrapping))).toEqual([10]);
    const signed = { ...shape, sequence: 2 ** 31 - 250 };
    expect(counts(singles(signed))).toEqual([10]);
  });

  test('of one frame leaves it as it is', () => {
    for (const unit of [
      train(0, 1),
      train(0, 5),
      { ...train(0, 1), offload: new Uint8Array(10) },
    ]) {
      const [only] = join([unit]);
      expect(dump([only!.offload, only!.frame])).toEqual(dump([unit.offload, unit.frame]));
    }
  });

  test('knows what it holds', () => {
    const memory = new FrameMemory(2_000);
    const joint = new Joint();
    expect(joint.segments).toBe(0);
    const [first, second] = [train(0, 3), train(3, 1)];
    const [at, next] = [memory.put(first), memory.put(second)];
    joint.begin(memory.bytes, at, first.frame.length, first.linkType, 100);
    const state = () => {
      const { segments, segmentBytes, headerBytes, payloadBytes, isOpen } = joint;
      return { segments, segmentBytes, headerBytes, payloadBytes, isOpen };
    };
    const rest = { segmentBytes: 100, headerBytes: 52, isOpen: true };
    expect(state()).toEqual({ ...rest, segments: 3, payloadBytes: 300 });
    expect(joint.tryAppend(memory.bytes, next, second.frame.length, 0)).toBe(true);
    expect(state()).toEqual({ ...rest, segments: 4, payloadBytes: 400 });
    expect(joint.tryAppend(memory.bytes, next, second.frame.length, 0)).toBe(false);
    expect(state()).toEqual({ ...rest, segments: 4, payloadBytes: 400 });
    // A frame that nothing can be joined to, with nothing left of the group before it.
    joint.begin(memory.bytes, at + 1, first.frame.length, first.linkType, 0);
    const alone = {
      segments: 1,
      segmentBytes: 0,
      headerBytes: 352,
      payloadBytes: 0,
      isOpen: false,
    };
    expect(state()).toEqual(alone);
    const before = memory.bytes.slice();
    joint.finish();
    expect(memory.bytes).toEqual(before);
  });

  test('counts the segments of a train that nothing can be joined to', () => {
    const count = ({ frame, linkType, trainSegmentBytes }: Unit) => {
      const joint = new Joint();
      joint.begin(frame, 0, frame.length, linkType, trainSegmentBytes);
      return { segments: joint.segments, isOpen: joint.isOpen };
    };
    const optional = { ...shape, ipOptions: Uint8Array.of(1, 1, 1, 1) };
    const extended = { ...shape, addresses: V6, tags: [], extensions: 1 };
    expect(count(train(0, 7, optional))).toEqual({ segments: 7, isOpen: false });
    expect(count(train(0, 4, extended))).toEqual({ segments: 4, isOpen: false });
    expect(count(train(0, 1, optional))).toEqual({ segments: 1, isOpen: false });
    const [fragment] = fragmentIpv4(frameOf(shape), 504);
    const unit = { ...train(0, 1), frame: fragment!, trainSegmentBytes: 100 };
    expect(count(unit)).toEqual({ segments: 1, isOpen: false });
  });

  test('may begin with a train of one segment', () => {
    const one = { ...train(0, 1), trainSegmentBytes: 100 };
    expect(counts([one, train(1, 1)])).toEqual([2]);
    expect(counts([{ ...one, trainSegmentBytes: 5_000 }, train(1, 1)])).toEqual([2]);
    expect(counts([train(0, 1), { ...train(1, 1), trainSegmentBytes: 5_000 }])).toEqual([2]);
  });
});
