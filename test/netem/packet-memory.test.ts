import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FRAME_BYTES_MAX, HEADROOM_BYTES, MEMORY_BYTES_DEFAULT } from '../../src/netem/limits.js';
import { PacketMemory, SLOT_BYTES } from '../../src/netem/packet-memory.js';

test('packets keep their bytes and cells never overlap, whatever is taken and given back', () => {
  const length = fc.oneof(
    fc.integer({ min: 1, max: 200 }),
    fc.integer({ min: 1, max: 2000 }),
    fc.integer({ min: 1, max: FRAME_BYTES_MAX }),
  );
  const step = fc.oneof(fc.record({ take: length }), fc.record({ give: fc.nat() }));
  fc.assert(
    fc.property(fc.array(step, { minLength: 50, maxLength: 400, size: 'max' }), (steps) => {
      const memory = new PacketMemory(2 ** 20);
      const taken: { slot: number; length: number; stamp: number }[] = [];
      steps.forEach((step, i) => {
        if ('take' in step) {
          const slot = memory.take(step.take);
          if (slot < 0) return;
          const start = memory.frameOffset(slot) - HEADROOM_BYTES;
          expect(start + HEADROOM_BYTES + step.take).toBeLessThanOrEqual(memory.bytes.length);
          memory.bytes.fill(i, start, start + HEADROOM_BYTES + step.take);
          taken.push({ slot, length: step.take, stamp: i & 0xff });
        } else if (taken.length > 0) {
          const [packet] = taken.splice(step.give % taken.length, 1);
          const start = memory.frameOffset(packet.slot) - HEADROOM_BYTES;
          const cell = memory.bytes.subarray(start, start + HEADROOM_BYTES + packet.length);
          expect(cell.every((byte) => byte === packet.stamp)).toBe(true);
          memory.give(packet.slot);
        }
      });
      for (const { slot } of taken) memory.give(slot);
      expect(memory.usedBytes).toBe(0);
    }),
    { seed: 1, numRuns: 30 },
  );
});

test('the default memory holds a million packets of 64 bytes UDP payload, beside staging', () => {
  const memory = new PacketMemory(MEMORY_BYTES_DEFAULT);
  memory.takeStaging(256);
  let count = 0;
  while (memory.take(106) >= 0) count++;
  expect(count).toBeGreaterThan(1_000_000);
  // What the buffer and its 22 bytes of parallel arrays per slot take.
  const slots = memory.length.length;
  expect(slots * (SLOT_BYTES + 22)).toBeLessThanOrEqual(MEMORY_BYTES_DEFAULT);
});

test('a phase of small packets does not starve the large ones after it', () => {
  const memory = new PacketMemory(8 * 2 ** 20);
  const largeFirst = fillAndEmpty(memory, FRAME_BYTES_MAX);
  const small = fillAndEmpty(memory, 64);
  expect(small).toBeGreaterThan(100 * largeFirst);
  expect(fillAndEmpty(memory, FRAME_BYTES_MAX)).toBe(largeFirst);
  expect(fillAndEmpty(memory, 1514)).toBeGreaterThan(0.95 * ((8 * 2 ** 20) / (12 * 190)));
});

test('when no cell of its size is left, a packet takes a larger one', () => {
  const memory = new PacketMemory(400_000); // One slab.
  const large = memory.take(FRAME_BYTES_MAX);
  expect(large).toBeGreaterThanOrEqual(0);
  expect(memory.take(64)).toBeGreaterThanOrEqual(0);
});

test('a cell given back by a full slab is taken again', () => {
  const memory = new PacketMemory(400_000); // One slab.
  const slots: number[] = [];
  for (let slot = memory.take(64); slot >= 0; slot = memory.take(64)) slots.push(slot);
  memory.give(slots[100]);
  memory.give(slots[7]);
  expect([memory.take(64), memory.take(64), memory.take(64)]).toEqual([slots[7], slots[100], -1]);
});

test('memory without room for a single packet takes none', () => {
  expect(new PacketMemory(0).take(64)).toBe(-1);
  expect(() => new PacketMemory(0).takeStaging(1)).toThrow('no room for 1 staging slots');
});

test.each([1, 60, 495, 496, 497, 512, 513, 1514, FRAME_BYTES_MAX])(
  'a copy of %d bytes is the frame with its headroom and nothing else',
  (length) => {
    const memory = new PacketMemory(2 ** 21);
    const from = memory.take(length);
    const to = memory.take(length);
    const after = memory.take(length);
    const offset = memory.frameOffset(from);
    for (let i = -HEADROOM_BYTES; i < length; i++) memory.bytes[offset + i] = i * 31;
    memory.length[from] = length;
    memory.tag[from] = 7;
    memory.linkType[from] = 1;
    memory.copy(from, to);
    const whole = (slot: number) =>
      memory.bytes.slice(
        memory.frameOffset(slot) - HEADROOM_BYTES,
        memory.frameOffset(slot) + length,
      );
    expect(Buffer.compare(whole(to), whole(from))).toBe(0);
    expect([memory.length[to], memory.tag[to], memory.linkType[to]]).toEqual([length, 7, 1]);
    expect(whole(after).every((byte) => byte === 0)).toBe(true);
  },
);

function fillAndEmpty(memory: PacketMemory, length: number): number {
  const slots: number[] = [];
  for (let slot = memory.take(length); slot >= 0; slot = memory.take(length)) slots.push(slot);
  for (const slot of slots) memory.give(slot);
  expect(memory.usedBytes).toBe(0);
  return slots.length;
}
