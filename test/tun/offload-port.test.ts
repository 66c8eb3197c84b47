/**
 * A port with offload over a pair of sockets that stands for a TUN: what is read of super-packets, and how
 * they leave.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PacketMemory } from '../../src/netem/packet-memory.js';
import { LinkType, PacketView } from '../../src/packet/packet-view.js';
import { Train } from '../../src/packet/train.js';
import { ReentryPort } from '../../src/tun/reentry-port.js';
import { addressOf, close, packetSocketPair, read, write } from '../../src/tun/sys.js';
import { PortOffload } from '../../src/tun/tun-device.js';
import { TunPort } from '../../src/tun/tun-port.js';
import { concat } from '../support/packet-bytes.js';
import {
  dump,
  type OffloadFrame,
  PLAIN,
  partial,
  payloadOf,
  segment,
  segmentCount,
  superPacket,
  type TrainShape,
  V6,
  wirePackets,
} from '../support/trains.js';

const OFFLOAD_BYTES = 10;
const TRAIN: TrainShape = { ...PLAIN, segmentBytes: 1_000, payload: payloadOf(12_345) };
const DATAGRAMS: TrainShape = { ...TRAIN, isTcp: false, addresses: V6 };

let near: number;
let far: number;
let port: TunPort;
let memory: PacketMemory;
let slots: Int32Array;
const buffer = new Uint8Array(2 ** 17);

beforeEach(() => {
  [near, far] = packetSocketPair();
  memory = new PacketMemory(2 ** 24);
  slots = memory.takeStaging(32);
  port = new TunPort(memory, near, LinkType.rawIp, PortOffload.all);
});

afterEach(() => {
  port.close();
  close(near);
  close(far);
});

/** The device hands the frames over; they are in the first slots then. */
function comes(...frames: readonly OffloadFrame[]): void {
  for (const { offload, frame } of frames) {
    const bytes = concat(offload, frame);
    expect(write(far, addressOf(bytes), bytes.length)).toBe(bytes.length);
    const count = port.readBatch(slots.subarray(0, 1));
    expect(count).toBe(1);
    slots = Int32Array.from([...slots.subarray(1), slots[0]]);
  }
  slots = Int32Array.from([
    ...slots.subarray(-frames.length),
    ...slots.subarray(0, -frames.length),
  ]);
}

/** What the device was given. */
function given(): OffloadFrame[] {
  const frames: OffloadFrame[] = [];
  for (;;) {
    const length = read(far, addressOf(buffer), buffer.length);
    if (length < 0) return frames;
    const bytes = buffer.slice(0, length);
    frames.push({
      offload: bytes.subarray(0, OFFLOAD_BYTES),
      frame: bytes.subarray(OFFLOAD_BYTES),
    });
  }
}

const onTheWire = (frames: readonly OffloadFrame[]) =>
  dump(frames.flatMap((frame) => segment(frame, LinkType.rawIp)));

test.each([
  ['TCP over IPv4', TRAIN],
  ['UDP over IPv6', DATAGRAMS],
])('a train is read and written as it is: %s', (_, train) => {
  const whole = superPacket(train);
  comes(whole);
  expect(memory.segmentBytes[slots[0]]).toBe(1_000);
  expect(memory.length[slots[0]]).toBe(whole.frame.length);
  port.write(slots[0]);
  port.flush();
  const [left, ...more] = given();
  expect(more).toEqual([]);
  expect(Buffer.from(left.frame).equals(whole.frame)).toBe(true);
  expect(left.offload).toEqual(whole.offload);
});

test.each([
  ['TCP over IPv4', TRAIN],
  ['UDP over IPv6', DATAGRAMS],
])('its segments, one by one, leave as one train: %s', (_, train) => {
  comes(...wirePackets(train).map((bytes) => partial(bytes, LinkType.rawIp)));
  expect(memory.segmentBytes[slots[0]]).toBe(0);
  for (let i = 0; i < segmentCount(train); i++) port.write(slots[i]);
  port.flush();
  const frames = given();
  expect(frames).toHaveLength(1);
  expect(onTheWire(frames)).toEqual(dump(wirePackets(train)));
});

test('flows that take turns, and what was written before, stay apart', () => {
  const other = { ...TRAIN, ports: [1, 2] as const };
  const [a, b] = [TRAIN, other].map((train) =>
    wirePackets(train).map((bytes) => partial(bytes, LinkType.rawIp)),
  );
  comes(a[0], b[0], a[1], a[2]);
  port.write(slots[0]);
  port.write(slots[1]);
  port.write(slots[2]);
  port.flush();
  port.write(slots[3]);
  port.flush();
  const frames = given();
  expect(frames).toHaveLength(4);
  expect(onTheWire(frames)).toEqual(onTheWire([a[0], b[0], a[1], a[2]]));
});

test('runs of a train leave with headers of their own', () => {
  comes(superPacket(TRAIN));
  const view = new PacketView();
  const at = memory.frameOffset(slots[0]);
  expect(view.parse(memory.bytes, at, memory.length[slots[0]], LinkType.rawIp)).toBe(true);
  const train = new Train();
  expect(train.read(view, 1_000)).toBe(true);
  port.writeRun(slots[0], train, 0, 1);
  port.writeRun(slots[0], train, 2, 5);
  port.writeRun(slots[0], train, 12, 1);
  port.flush();
  const wire = wirePackets(TRAIN);
  const frames = given();
  expect(frames).toHaveLength(3);
  expect(onTheWire(frames)).toEqual(dump([wire[0], ...wire.slice(2, 7), wire[12]]));
});

/** The device's own address may look like a group's tag. */
test.each([
  ['0e:01:22:33:44:55', '026e65000001'],
  ['06:65:01:33:44:55', '026e65000001'],
  ['01:00:5e:33:44:55', '066501334455'],
  ['33:33:00:33:44:55', '0e0100334455'],
  ['ff:ff:ff:ff:ff:ff', '026e65010001'],
])('each run that goes in again has the tag: for %s', (destinationMac, tag) => {
  const reentry = new ReentryPort(memory, near, LinkType.ethernet, 1, PortOffload.all);
  comes(superPacket({ ...TRAIN, tags: [], destinationMac }));
  const view = new PacketView();
  const at = memory.frameOffset(slots[0]);
  const train = new Train();
  expect(view.parse(memory.bytes, at, memory.length[slots[0]], LinkType.ethernet)).toBe(true);
  expect(train.read(view, 1_000)).toBe(true);
  reentry.writeRun(slots[0], train, 0, 2);
  reentry.writeRun(slots[0], train, 3, 1);
  reentry.flush();
  const left = given().map(({ frame }) => Buffer.from(frame.subarray(0, 6)).toString('hex'));
  expect(left).toEqual([tag, tag]);
  reentry.close();
});

test('more than one batch of frames, and of pieces, is written without being asked', () => {
  const wire = wirePackets({ ...TRAIN, segmentBytes: 10, payload: payloadOf(10 * 600) });
  let count = 0;
  const frames: OffloadFrame[] = [];
  for (const bytes of wire) {
    comes(partial(bytes, LinkType.rawIp));
    port.write(slots[0]);
    slots = Int32Array.from([...slots.subarray(1), slots[0]]);
    if (++count % 30 === 0) {
      port.flush();
      frames.push(...given());
    }
  }
  port.flush();
  frames.push(...given());
  expect(frames.length).toBeLessThan(wire.length / 20);
  expect(onTheWire(frames)).toEqual(dump(wire));
});

test('what the kernel refuses is counted in wire packets', () => {
  comes(superPacket(TRAIN));
  close(far);
  port.write(slots[0]);
  port.flush();
  expect(port.refused).toBe(segmentCount(TRAIN));
  [, far] = packetSocketPair();
});
