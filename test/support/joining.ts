/**
 * Frames joined as whoever writes them does, and what may be joined at all by a model that tries it
 * out: the frames put together by hand, segmented, and compared with what went in.
 */
import fc from 'fast-check';
import { Joint } from '../../src/packet/joint.js';
import { concat, u16 } from './packet-bytes.js';
import {
  dump,
  Flag,
  FrameMemory,
  headersOf,
  linkTypeOf,
  type OffloadFrame,
  partial,
  segment,
  segmentCount,
  superPacket,
  type TrainShape,
  wirePackets,
} from './trains.js';

/** One frame to be joined: a wire packet or a train. */
export interface Unit extends OffloadFrame {
  readonly linkType: number;
  /** The GSO size of a train; 0 for a wire packet. */
  readonly trainSegmentBytes: number;
  /** What is on the wire. */
  readonly packets: readonly Uint8Array[];
  /** Its checksum is known to be good. */
  readonly isGood: boolean;
}

/** How a frame comes: with its checksum to be completed, found good, or unknown (a train always to be completed). */
export type Arrival = 'partial' | 'valid' | 'unknown';

export function unitOf(shape: TrainShape, arrival: Arrival = 'partial'): Unit {
  const packets = wirePackets(shape);
  const isTrain = packets.length > 1;
  const offload = Uint8Array.from([arrival === 'valid' ? 2 : 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  const whole = arrival === 'partial' || isTrain ? null : { offload, frame: packets[0]! };
  return {
    ...(whole ?? superPacket(shape)),
    linkType: linkTypeOf(shape),
    trainSegmentBytes: isTrain ? shape.segmentBytes : 0,
    packets,
    isGood: whole === null || arrival === 'valid',
  };
}

/** The shape of the segments from `first` on, `count` of them. */
export function partOf(shape: TrainShape, first: number, count: number): TrainShape {
  const { segmentBytes, flags, identification, sequence, payload } = shape;
  const isLast = first + count >= segmentCount(shape);
  return {
    ...shape,
    identification: (identification + first) % 0x1_0000,
    sequence: (sequence + first * segmentBytes) % 2 ** 32,
    flags:
      flags & (first === 0 ? 0xff : 0xff - Flag.cwr) & (isLast ? 0xff : 0xff - Flag.fin - Flag.psh),
    payload: payload.slice(first * segmentBytes, (first + count) * segmentBytes),
  };
}

/** All frames, in order, in as few as `Joint` makes of them. */
export function join(units: readonly Unit[]): OffloadFrame[] {
  const memory = new FrameMemory(units.reduce((sum, { frame }) => sum + frame.length + 11, 50));
  const places = units.map((unit) => memory.put(unit));
  const joint = new Joint();
  const joined: OffloadFrame[] = [];
  let group: number[] = [];
  const write = () => {
    if (group.length === 0) return;
    joint.finish();
    const [first, ...others] = group as [number, ...number[]];
    const { offload, frame } = memory.get(places[first]!, units[first]!.frame.length);
    const payloads = others.map((i) => units[i]!.frame.slice(joint.headerBytes));
    joined.push({ offload, frame: concat(frame, ...payloads) });
    const packets = group.flatMap((i) => units[i]!.packets);
    const { segments, headerBytes, payloadBytes } = joint;
    const expected = [packets.length, headerBytes + payloadBytes];
    if (others.length > 0 && [segments, joined.at(-1)!.frame.length].join() !== expected.join()) {
      throw new Error(`${segments} segments, ${payloadBytes} bytes of payload`);
    }
    group = [];
  };
  units.forEach(({ frame, linkType, trainSegmentBytes }, i) => {
    const isOpen = group.length > 0 && joint.isOpen;
    const at = places[i]!;
    if (group.length > 0 && joint.tryAppend(memory.bytes, at, frame.length, trainSegmentBytes)) {
      if (!isOpen) throw new Error('appended to a closed group');
    } else {
      write();
      joint.begin(memory.bytes, at, frame.length, linkType, trainSegmentBytes);
    }
    group.push(i);
  });
  write();
  return joined;
}

/** What `segment` makes of frames that were joined. */
export function wire(frames: readonly OffloadFrame[], linkType: number): string[] {
  return dump(frames.flatMap((frame) => segment(frame, linkType)));
}

/** The fewest frames that all can leave in: each group as long as it can be, since any part of a group is one. */
export function fewest(units: readonly Unit[]): number {
  let groups = 0;
  let group: Unit[] = [];
  for (const unit of units) {
    if (group.length === 0 || !mayBeOne([...group, unit])) {
      groups++;
      group = [];
    }
    group.push(unit);
  }
  return groups;
}

function mayBeOne(units: readonly Unit[]): boolean {
  const [{ packets, linkType, trainSegmentBytes }] = units as [Unit, ...Unit[]];
  const all = units.flatMap((unit) => unit.packets);
  const first = packets[0]!;
  const { l3, l4, isIpv4, isTcp, headerBytes } = headersOf(first, linkType);
  const flags = all.reduce((sum, packet) => sum | packet[l4 + 13]!, 0);
  if (units.some(({ isGood }) => !isGood) || l4 - l3 !== (isIpv4 ? 20 : 40)) return false;
  if (isTcp ? (flags & (Flag.syn | Flag.rst | Flag.urg)) !== 0 : all.length > 64) return false;
  const frame = concat(first, ...all.slice(1).map((packet) => packet.slice(headerBytes)));
  if (frame.length - l3 > 65_535) return false;
  frame.set(u16(frame.length - l3 - (isIpv4 ? 0 : 40)), l3 + (isIpv4 ? 2 : 4));
  if (isTcp) frame[l4 + 13]! |= all.at(-1)![l4 + 13]! & (Flag.fin | Flag.psh);
  const segmentBytes = trainSegmentBytes || first.length - headerBytes;
  return wire([partial(frame, linkType, segmentBytes)], linkType).join() === dump(all).join();
}

/** Something that makes a frame another flow's, or not the next. */
const change: fc.Arbitrary<(shape: TrainShape) => TrainShape> = fc.constantFrom(
  (shape) => ({ ...shape, trafficClass: shape.trafficClass ^ 1 }),
  (shape) => ({ ...shape, timeToLive: shape.timeToLive ^ 1 || 2 }),
  (shape) => ({ ...shape, flagsFragmentOffset: shape.flagsFragmentOffset ^ 0x4000 }),
  (shape) => ({ ...shape, flowLabel: shape.flowLabel ^ 0x80 }),
  (shape) => ({ ...shape, identification: shape.identification ^ 2 }),
  (shape) => ({ ...shape, sequence: shape.sequence ^ 4 }),
  (shape) => ({ ...shape, acknowledgement: shape.acknowledgement ^ 8 }),
  (shape) => ({ ...shape, window: shape.window ^ 16 }),
  (shape) => ({ ...shape, flags: shape.flags ^ Flag.ece }),
  (shape) => ({ ...shape, flags: shape.flags | Flag.psh }),
  (shape) => ({ ...shape, flags: shape.flags | Flag.cwr }),
  (shape) => ({ ...shape, flags: shape.flags | Flag.rst }),
  (shape) => ({ ...shape, ports: [shape.ports[0], 444] }),
  (shape) => ({ ...shape, destinationMac: '02:00:00:00:00:03' }),
  (shape) => ({ ...shape, isTcp: !shape.isTcp }),
  (shape) => ({ ...shape, segmentBytes: shape.segmentBytes + 1 }),
  (shape) => ({ ...shape, payload: shape.payload.slice(1) }),
);

const arrival: fc.Arbitrary<Arrival> = fc.oneof(
  { weight: 8, arbitrary: fc.constant('partial' as const) },
  { weight: 3, arbitrary: fc.constant('valid' as const) },
  { weight: 1, arbitrary: fc.constant('unknown' as const) },
);

/** A train cut into frames; some of them lost, repeated or changed. */
export function cutTrains(
  segmentsMax: number,
  payloadBytesMax: number,
  shapes: fc.Arbitrary<TrainShape>,
) {
  const step = fc.record({
    count: fc.oneof(
      { weight: 4, arbitrary: fc.constant(1) },
      { weight: 4, arbitrary: fc.integer({ min: 2, max: 6 }) },
      { weight: 1, arbitrary: fc.integer({ min: 7, max: 64 }) },
    ),
    arrival,
    fate: fc.oneof(
      { weight: 12, arbitrary: fc.constant('kept' as const) },
      { weight: 1, arbitrary: fc.constantFrom('lost' as const, 'repeated' as const) },
      { weight: 1, arbitrary: change },
    ),
  });
  const steps = fc.array(step, { minLength: 20, maxLength: 60 });
  return fc.tuple(shapes, steps).map(([shape, all]) => {
    const units: Unit[] = [];
    let first = 0;
    for (const { count, arrival, fate } of all) {
      const room = Math.min(segmentsMax, Math.floor(payloadBytesMax / shape.segmentBytes));
      const part = partOf(shape, first, Math.min(count, room));
      if (part.payload.length === 0) break;
      first += Math.min(count, room);
      const changed = typeof fate === 'function' ? fate(part) : part;
      if (fate === 'lost' || changed.payload.length === 0) continue;
      const unit = unitOf(changed, arrival);
      units.push(unit, ...(fate === 'repeated' ? [unit] : []));
    }
    return { linkType: linkTypeOf(shape), units };
  });
}
