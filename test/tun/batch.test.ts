import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PacketMemory } from '../../src/netem/packet-memory.js';
import { LinkType } from '../../src/packet/packet-view.js';
import { BATCH_CALLS, type Batch, CallBatch } from '../../src/tun/batch.js';
import { openBatch } from '../../src/tun/ring.js';
import { addressOf, close, Errno, packetSocketPair, read, write } from '../../src/tun/sys.js';
import { PortOffload } from '../../src/tun/tun-device.js';
import { TunPort } from '../../src/tun/tun-port.js';

let near: number;
let far: number;
const bytes = new Uint8Array(64);

beforeEach(() => {
  [near, far] = packetSocketPair();
});

afterEach(() => {
  close(near);
  close(far);
});

/** Sends a frame of this length whose first byte is its number. */
function send(number: number, length: number): void {
  bytes[0] = number;
  expect(write(far, addressOf(bytes), length)).toBe(length);
}

describe.each([
  ['the best there is', (fd: number): Batch => openBatch(fd)],
  ['one call each', (): Batch => new CallBatch()],
])('a batch by %s', (_, open) => {
  test('reads in order, each its own packet, and finds nothing after the last', () => {
    const batch = open(near);
    const buffer = new Uint8Array(5 * 64);
    for (const length of [10, 20, 30]) send(length, length);
    for (let i = 0; i < 5; i++) batch.read(near, addressOf(buffer) + i * 64, 64);
    expect(batch.count).toBe(5);
    expect(batch.run()).toBe(5);
    expect(batch.count).toBe(0);
    expect([...batch.results.subarray(0, 5)]).toEqual([10, 20, 30, -Errno.EAGAIN, -Errno.EAGAIN]);
    expect([0, 1, 2].map((i) => buffer[i * 64])).toEqual([10, 20, 30]);
    batch.close();
  });

  test('writes in order and says of each what became of it', () => {
    const batch = open(near);
    const buffer = Uint8Array.from([1, 2, 3]);
    batch.write(near, addressOf(buffer), 1);
    batch.write(-1, addressOf(buffer), 1);
    batch.write(near, addressOf(buffer) + 1, 2);
    expect(batch.run()).toBe(3);
    const EBADF = 9;
    expect([...batch.results.subarray(0, 3)]).toEqual([1, -EBADF, 2]);
    expect([read(far, addressOf(bytes), 64), bytes[0]]).toEqual([1, 1]);
    expect([read(far, addressOf(bytes), 64), bytes[0]]).toEqual([2, 2]);
    batch.close();
  });

  test('writes one frame from several pieces', () => {
    const batch = open(near);
    const buffer = Uint8Array.from([1, 2, 3, 4]);
    const iovecs = new BigUint64Array(4);
    iovecs.set([BigInt(addressOf(buffer)) + 2n, 2n, BigInt(addressOf(buffer)), 1n]);
    const alone = [1, 2];
    for (const count of alone) {
      for (let i = 0; i < count; i++) batch.writeVector(near, addressOf(iovecs), 2);
      expect(batch.run()).toBe(count);
      for (let i = 0; i < count; i++) {
        expect(batch.results[i]).toBe(3);
        expect(read(far, addressOf(bytes), 64)).toBe(3);
        expect([...bytes.subarray(0, 3)]).toEqual([3, 4, 1]);
      }
    }
    batch.close();
  });

  test('of every size works again and again, also empty', () => {
    const batch = open(near);
    const buffer = new Uint8Array(BATCH_CALLS);
    for (let round = 0; round < 3 * BATCH_CALLS; round++) {
      const count = round % (BATCH_CALLS + 1);
      const sent = Math.min(count, 5);
      for (let i = 0; i < sent; i++) send(round + i, 1);
      for (let i = 0; i < count; i++) batch.read(near, addressOf(buffer) + i, 1);
      expect(batch.run()).toBe(count);
      const wanted = Array.from({ length: count }, (_, i) => (i < sent ? 1 : -Errno.EAGAIN));
      expect([...batch.results.subarray(0, count)]).toEqual(wanted);
      expect([...buffer.subarray(0, sent)]).toEqual(
        Array.from(wanted.slice(0, sent), (_, i) => round + i),
      );
    }
    batch.close();
  });
});

describe('the port of a device', () => {
  const memory = new PacketMemory(2 ** 23);
  const slots = memory.takeStaging(8);

  function frames(count: number): number[] {
    return [...slots.subarray(0, count)].map((slot) => memory.bytes[memory.frameOffset(slot)]!);
  }

  test('reads what is there, in order, up to the slots it is given', () => {
    const port = new TunPort(memory, near, LinkType.rawIp, PortOffload.none);
    expect(port.readBatch(slots)).toBe(0);
    for (let number = 1; number <= 10; number++) send(number, 20 + number);
    expect(port.readBatch(slots)).toBe(8);
    expect(frames(8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect([...slots].map((slot) => memory.length[slot])).toEqual([21, 22, 23, 24, 25, 26, 27, 28]);
    expect([...slots].map((slot) => memory.linkType[slot])).toEqual(Array(8).fill(LinkType.rawIp));
    expect(port.readBatch(slots)).toBe(2);
    expect(frames(2)).toEqual([9, 10]);
    expect(port.readBatch(slots)).toBe(0);
    port.close();
  });

  test('writes with the flush, and counts what is refused', () => {
    const port = new TunPort(memory, near, LinkType.rawIp, PortOffload.none);
    for (const number of [1, 2]) send(number, 20);
    port.readBatch(slots);
    port.write(slots[1]!);
    port.write(slots[0]!);
    expect(read(far, addressOf(bytes), 64)).toBe(-Errno.EAGAIN);
    port.flush();
    expect([read(far, addressOf(bytes), 64), bytes[0]]).toEqual([20, 2]);
    expect([read(far, addressOf(bytes), 64), bytes[0]]).toEqual([20, 1]);
    expect(port.refused).toBe(0);
    const [unread, full] = packetSocketPair();
    const stuffed = new TunPort(memory, full, LinkType.rawIp, PortOffload.none);
    for (let i = 0; i < 5_000; i++) stuffed.write(slots[0]!);
    stuffed.flush();
    expect(stuffed.refused).toBeGreaterThan(0);
    expect(stuffed.refused).toBeLessThan(5_000);
    stuffed.close();
    close(unread);
    close(full);
    port.close();
  });
});
