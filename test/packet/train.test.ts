/** Trains taken apart, against a segmenter that is slow and obvious (test/support/trains.ts). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GsoType, settleChecksum } from '../../src/packet/offload-header.js';
import { LinkType, PacketView } from '../../src/packet/packet-view.js';
import { Train } from '../../src/packet/train.js';
import { concat, fragmentIpv4, fragmentIpv6, ipv4, raw, sctp } from '../support/packets.js';
import {
  dump,
  Flag,
  FrameMemory,
  frameOf,
  linkTypeOf,
  type OffloadFrame,
  PLAIN,
  payloadOf,
  segment,
  segmentCount,
  superPacket,
  type TrainShape,
  trains,
  V4,
  V6,
  wirePackets,
} from '../support/trains.js';

/** A train in memory, read. */
function readTrain(shape: TrainShape) {
  const { offload, frame } = superPacket(shape);
  const memory = new FrameMemory(frame.length + 50);
  const at = memory.put({ offload, frame });
  const view = new PacketView();
  expect(view.parse(memory.bytes, at, frame.length, linkTypeOf(shape))).toBe(true);
  const train = new Train();
  expect(train.read(view, shape.segmentBytes)).toBe(true);
  return { memory, at, train };
}

/** The run as a frame of its own, put together as whoever writes it does. */
function runOf({ memory, train }: ReturnType<typeof readTrain>, first: number, count: number) {
  const to = new Uint8Array(10 + train.headerBytes + 5).fill(0xee);
  train.writeHeader(to, 10, first, count);
  train.writeOffload(to, 0, first, count);
  expect(dump([to.slice(-5)])).toEqual(['eeeeeeeeee']);
  const from = train.payloadAt(first);
  const payload = memory.bytes.slice(from, from + train.runPayloadBytes(first, count));
  return { offload: to.slice(0, 10), frame: concat(to.slice(10, -5), payload) };
}

function settled({ offload, frame }: OffloadFrame): Uint8Array {
  const bytes = concat(offload, frame);
  settleChecksum(bytes, 10, frame.length);
  return bytes.slice(10);
}

test('the model: a super-packet segmented is what was built packet by packet', () => {
  const property = fc.property(trains(), (shape) => {
    expect(dump(segment(superPacket(shape), linkTypeOf(shape)))).toEqual(dump(wirePackets(shape)));
  });
  fc.assert(property, { seed: 1, numRuns: 100 });
});

describe('a train', () => {
  test('gives every segment, checksums settled', () => {
    const property = fc.property(trains(), (shape) => {
      const read = readTrain(shape);
      const packets = wirePackets(shape);
      expect(read.train.segments).toBe(packets.length);
      packets.forEach((packet, i) => {
        const run = runOf(read, i, 1);
        expect(run.offload[1]).toBe(GsoType.none);
        expect(dump([settled(run)])).toEqual(dump([packet]));
      });
    });
    fc.assert(property, { seed: 2, numRuns: 150 });
  });

  test('gives runs that hold its segments, however it is divided', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 60, maxLength: 60 });
    const property = fc.property(trains(), cuts, (shape, lengths) => {
      const read = readTrain(shape);
      const packets: Uint8Array[] = [];
      while (packets.length < read.train.segments) {
        const count = Math.min(lengths.shift() ?? 1, read.train.segments - packets.length);
        const run = runOf(read, packets.length, count);
        expect(run.offload[1] === GsoType.none).toBe(count === 1);
        packets.push(...segment(run, linkTypeOf(shape)));
      }
      expect(dump(packets)).toEqual(dump(wirePackets(shape)));
    });
    fc.assert(property, { seed: 3, numRuns: 300 });
  });

  test('tells what its segments are', () => {
    const property = fc.property(trains(), (shape) => {
      const { train } = readTrain(shape);
      const view = new PacketView();
      expect(train.isTcp).toBe(shape.isTcp);
      expect(train.segmentBytes).toBe(shape.segmentBytes);
      expect(train.payloadBytes).toBe(shape.payload.length);
      expect(train.runPayloadBytes(0, train.segments)).toBe(shape.payload.length);
      wirePackets(shape).forEach((packet, i) => {
        view.parse(packet, 0, packet.length, linkTypeOf(shape));
        expect(train.segmentL3Bytes(i)).toBe(view.l3Length);
        expect(train.tcpFlagsOf(i)).toBe(view.tcpFlags);
        expect(train.headerBytes + train.runPayloadBytes(i, 1)).toBe(packet.length);
      });
    });
    fc.assert(property, { seed: 4, numRuns: 150 });
  });

  test('may have its header written over, again and again', () => {
    const property = fc.property(trains(12), (shape) => {
      const { memory, at, train } = readTrain(shape);
      const packets = wirePackets(shape);
      for (const i of [...packets.keys(), ...[...packets.keys()].reverse()]) {
        train.writeHeader(memory.bytes, at, i, 1);
        train.writeOffload(memory.bytes, at - 10, i, 1);
        const { offload, frame } = memory.get(at, train.headerBytes);
        const from = train.payloadAt(i);
        const payload = memory.bytes.slice(from, from + train.runPayloadBytes(i, 1));
        const after = settled({ offload, frame: concat(frame, payload) });
        expect(dump([after])).toEqual(dump([packets[i]!]));
      }
    });
    fc.assert(property, { seed: 5, numRuns: 100 });
  });

  test('keeps a checksum over another address than the header has', () => {
    // Linux completes the sum with the final destination, which a routing header keeps for itself.
    const shape = {
      ...PLAIN,
      addresses: V6,
      extensions: 2,
      segmentBytes: 30,
      payload: payloadOf(100),
    };
    const reroute = (frame: Uint8Array) => {
      frame[6] = 43;
      frame.set([...frame.subarray(24, 40)].reverse(), 24);
      return frame;
    };
    const read = readTrain(shape);
    reroute(read.memory.bytes.subarray(read.at));
    const view = new PacketView();
    view.parse(read.memory.bytes, read.at, frameOf(shape).length, LinkType.rawIp);
    expect(read.train.read(view, shape.segmentBytes)).toBe(true);
    wirePackets(shape).forEach((packet, i) => {
      expect(settled(runOf(read, i, 1))).toEqual(reroute(packet));
    });
  });

  test('of URG, SYN and RST has them on each segment, as Linux leaves them', () => {
    const flags = Flag.ack | Flag.urg | Flag.syn | Flag.rst | Flag.psh;
    const { train } = readTrain({ ...PLAIN, flags, payload: payloadOf(300) });
    expect([0, 1, 2].map((i) => train.tcpFlagsOf(i))).toEqual([0x36, 0x36, 0x3e]);
  });

  test('of one segment is one packet', () => {
    const { train } = readTrain({ ...PLAIN, segmentBytes: 200, flags: 0x99 });
    expect(train.segments).toBe(1);
    expect(train.runPayloadBytes(0, 1)).toBe(100);
    expect(train.tcpFlagsOf(0)).toBe(0x99);
  });

  test('of the longest IP packet, byte by byte', () => {
    const shape = { ...PLAIN, isTcp: false, segmentBytes: 1, payload: payloadOf(65_507) };
    const read = readTrain(shape);
    expect(read.train.segments).toBe(65_507);
    expect(segmentCount(shape)).toBe(65_507);
    const { frame } = runOf(read, 65_506, 1);
    expect(frame.slice(4, 6)).toEqual(Uint8Array.of(0x03, 0xca)); // 1,000 + 65,506 - 65,536
    expect(frame[28]).toBe(shape.payload[65_506]);
  });
});

describe('nothing is read from', () => {
  const whole = frameOf({ ...PLAIN, payload: payloadOf(300) });
  const datagram = frameOf({ ...PLAIN, isTcp: false, payload: payloadOf(300) });
  const changed = (frame: Uint8Array, at: number, ...bytes: number[]) => {
    const copy = frame.slice();
    copy.set(bytes, at);
    return copy;
  };
  const tcp6 = frameOf({ ...PLAIN, addresses: V6, payload: payloadOf(300) });

  test.each([
    ['a first fragment', fragmentIpv4(whole, 160)[0]!],
    ['a later fragment', fragmentIpv4(whole, 160)[1]!],
    ['an IPv6 fragment', fragmentIpv6(tcp6, 160, 7)[0]!],
    ['TCP cut short', whole.slice(0, -1)],
    ['UDP cut short', datagram.slice(0, -1)],
    ['TCP without payload', frameOf({ ...PLAIN, payload: payloadOf(0) })],
    ['UDP without payload', frameOf({ ...PLAIN, isTcp: false, payload: payloadOf(0) })],
    ['TCP without a whole header', ipv4(...V4, raw(6, payloadOf(19)))],
    ['UDP without a whole header', ipv4(...V4, raw(17, payloadOf(7)))],
    ['a TCP header that is too short', changed(whole, 32, 0x40)],
    ['a TCP header that is too long', changed(ipv4(...V4, raw(6, payloadOf(59))), 32, 0xf0)],
    ['an UDP length that is too small', changed(datagram, 24, 0x01, 0x33)],
    ['an UDP length that is too large', changed(datagram, 24, 0x01, 0x35)],
    ['SCTP', ipv4(...V4, sctp(1, 2, payloadOf(300)))],
    ['UDP-Lite, whose coverage is all of it', changed(datagram, 9, 136)],
    ['another protocol', ipv4(...V4, raw(47, payloadOf(300)))],
  ])('%s', (_, frame) => {
    const view = new PacketView();
    expect(view.parse(frame, 0, frame.length, LinkType.rawIp)).toBe(true);
    const train = readTrain({ ...PLAIN, payload: payloadOf(250) }).train;
    expect(train.read(view, 100)).toBe(false);
    expect([train.segments, train.payloadBytes, train.headerBytes]).toEqual([3, 250, 52]);
  });

  test('a segment size of 0', () => {
    const view = new PacketView();
    view.parse(whole, 0, whole.length, LinkType.rawIp);
    expect(new Train().read(view, 0)).toBe(false);
    expect(new Train().read(view, 1)).toBe(true);
  });
});
