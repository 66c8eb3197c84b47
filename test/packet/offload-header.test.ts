/** The offload header byte by byte, and checksums that it asks for, completed. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  clearOffloadHeader,
  GsoType,
  OFFLOAD_HEADER_BYTES,
  OffloadFlag,
  readChecksumOffset,
  readChecksumStart,
  readGsoSize,
  readGsoType,
  readOffloadFlags,
  settleChecksum,
  writeOffloadHeader,
} from '../../src/packet/offload-header.js';
import { LinkType } from '../../src/packet/packet-view.js';
import { hex } from '../support/packet-bytes.js';
import {
  FrameMemory,
  frameOf,
  linkTypeOf,
  offloadBytes,
  PLAIN,
  partial,
  payloadOf,
  trains,
  V6,
} from '../support/trains.js';

const CLEAR = new Uint8Array(OFFLOAD_HEADER_BYTES);

describe('the header', () => {
  const { needsChecksum } = OffloadFlag;
  // As Linux writes it for 5 × 1,448 bytes of TCP over IPv4 in a TUN, CWR in the first.
  const linux = hex('01 81 3400 a805 1400 1000');

  test('is written as Linux does', () => {
    const bytes = new Uint8Array(14).fill(0xee);
    writeOffloadHeader(bytes, 2, needsChecksum, GsoType.tcp4 | GsoType.ecn, 52, 1_448, 20, 16);
    expect(bytes).toEqual(Uint8Array.of(0xee, 0xee, ...linux, 0xee, 0xee));
    clearOffloadHeader(bytes, 2);
    expect(bytes).toEqual(Uint8Array.of(0xee, 0xee, ...CLEAR, 0xee, 0xee));
  });

  test('is read', () => {
    const bytes = Uint8Array.of(0xee, ...linux);
    expect(readOffloadFlags(bytes, 1)).toBe(needsChecksum);
    expect(readGsoType(bytes, 1)).toBe(GsoType.tcp4 + GsoType.ecn);
    expect(readGsoSize(bytes, 1)).toBe(1_448);
    expect(readChecksumStart(bytes, 1)).toBe(20);
    expect(readChecksumOffset(bytes, 1)).toBe(16);
  });

  test('has words of 16 bits', () => {
    const bytes = new Uint8Array(10);
    writeOffloadHeader(bytes, 0, 2, 5, 0x0102, 0xfffe, 0x8001, 0x7fff);
    expect(bytes).toEqual(hex('02 05 0201 feff 0180 ff7f'));
    expect([
      readGsoSize(bytes, 0),
      readChecksumStart(bytes, 0),
      readChecksumOffset(bytes, 0),
    ]).toEqual([0xfffe, 0x8001, 0x7fff]);
  });
});

/** The frame after `settleChecksum`; all around it stays as it was. */
function settled(offload: Uint8Array, frame: Uint8Array): Uint8Array {
  const memory = new FrameMemory(frame.length + 50);
  const at = memory.put({ offload, frame });
  const before = memory.bytes.slice();
  settleChecksum(memory.bytes, at, frame.length);
  const after = memory.get(at, frame.length);
  expect(after.offload).toEqual(CLEAR);
  before.set(CLEAR, at - OFFLOAD_HEADER_BYTES);
  before.set(after.frame, at);
  expect(memory.bytes.every((byte, i) => byte === before[i])).toBe(true);
  return after.frame;
}

describe('settling', () => {
  test('gives the checksum of the whole', () => {
    const property = fc.property(trains(3), (shape) => {
      const whole = frameOf(shape);
      const { offload, frame } = partial(whole, linkTypeOf(shape));
      expect(frame).not.toEqual(whole);
      expect(settled(offload, frame)).toEqual(whole);
    });
    fc.assert(property, { seed: 1, numRuns: 500 });
  });

  test('of UDP never gives 0; of TCP it may', () => {
    for (const isTcp of [false, true]) {
      // The last two bytes run through all values: one of them makes the sum come to 0.
      const shape = { ...PLAIN, isTcp, addresses: V6, payload: payloadOf(2), segmentBytes: 2 };
      const { offload, frame } = partial(frameOf(shape), LinkType.rawIp);
      const at = isTcp ? 56 : 46;
      const found = { 0: 0, 65535: 0 };
      const memory = new FrameMemory(frame.length + 50);
      const frameAt = memory.put({ offload, frame });
      for (let word = 0; word < 65_536; word++) {
        memory.bytes.set(offload, frameAt - offload.length);
        memory.bytes.set(frame.subarray(at, at + 2), frameAt + at);
        memory.bytes[frameAt + frame.length - 2] = word >> 8;
        memory.bytes[frameAt + frame.length - 1] = word;
        settleChecksum(memory.bytes, frameAt, frame.length);
        const sum = memory.bytes[frameAt + at]! * 256 + memory.bytes[frameAt + at + 1]!;
        if (sum === 0 || sum === 0xffff) found[sum]++;
      }
      expect(found).toEqual(isTcp ? { 0: 1, 65535: 0 } : { 0: 0, 65535: 1 });
    }
  });

  test('changes no frame that does not ask for it', () => {
    const frame = frameOf(PLAIN);
    expect(settled(CLEAR, frame)).toEqual(frame);
    expect(settled(offloadBytes(OffloadFlag.dataValid, 0, 0, 0, 20, 16), frame)).toEqual(frame);
  });

  test('changes no frame whose offsets are wrong', () => {
    const frame = frameOf(PLAIN);
    for (const [start, offset] of [
      [frame.length, 0],
      [frame.length - 1, 0],
      [20, frame.length - 21],
      [0xffff, 0xffff],
    ] as const) {
      expect(settled(offloadBytes(1, 0, 0, 0, start, offset), frame)).toEqual(frame);
    }
    // The last two bytes are inside.
    const changed = settled(offloadBytes(1, 0, 0, 0, 20, frame.length - 22), frame);
    expect(changed.subarray(0, -2)).toEqual(frame.subarray(0, -2));
    expect(changed).not.toEqual(frame);
  });

  test('writes to the checksum only, whatever the header', () => {
    let written = 0;
    const property = fc.property(
      fc.nat(3),
      fc.nat(90),
      fc.nat(90),
      fc.uint8Array({ maxLength: 80, size: 'max' }),
      (flags, start, offset, frame) => {
        const after = settled(offloadBytes(flags, 0, 0, 0, start, offset), frame);
        const at = start + offset;
        if ((flags & 1) === 1 && at + 2 <= frame.length) {
          written++;
          after.set(frame.subarray(at, at + 2), at);
        }
        expect(after).toEqual(frame);
      },
    );
    fc.assert(property, { seed: 2, numRuns: 2_000 });
    expect(written).toBeGreaterThan(100);
  });
});
