/**
 * What the stage for `corrupt` does to one packet, draw after draw. By plain assertions: `expect` is slow in
 * loops that run thousands of times.
 */
import assert from 'node:assert';
import { corruptStage } from '../../src/netem/stages/corrupt.js';
import { Effect, GO_ON, Judgement } from '../../src/netem/stages/stage.js';
import { LinkType } from '../../src/packet/packet-view.js';
import type { Corrupt } from '../../src/rules/rule.js';
import { concat } from './packets.js';
import { fakeKit, nextPacket } from './stage-kit.js';

export const ALWAYS: Corrupt = {
  probability: 1,
  correlation: 0,
  checksumOk: false,
  anywhere: false,
  firstBytes: null,
  runMax: null,
};

/** `from`, …, `to` − 1. */
export const span = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => from + i);

/** The packet after the stage, for each of so many draws. */
export function corrupted(
  packet: Uint8Array,
  changes: Partial<Corrupt>,
  draws: number,
): Uint8Array[] {
  const stage = corruptStage({ ...ALWAYS, ...changes }, fakeKit());
  const judgement = new Judgement();
  return span(1, draws + 1).map((ordinal) => {
    // The frame lies somewhere in a larger buffer.
    const buffer = concat(Uint8Array.of(1, 2, 3), packet, Uint8Array.of(4, 5));
    nextPacket(judgement, 0, ordinal);
    assert(judgement.view.parse(buffer, 3, packet.length, LinkType.rawIp), 'is understood');
    assert(stage.apply(judgement) === GO_ON, 'goes on');
    const after = buffer.slice(3, -2);
    const effects = equal(after, packet) ? 0 : Effect.corrupted;
    assert(judgement.effects === effects, 'says what it did');
    const around = Uint8Array.of(...buffer.subarray(0, 3), ...buffer.subarray(-2));
    assert(equal(around, Uint8Array.of(1, 2, 3, 4, 5)), 'stays within the packet');
    return after;
  });
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i]);
}

/** The bits that differ, as 8 × offset + bit. */
export function flippedBits(before: Uint8Array, after: Uint8Array): number[] {
  const bits = [];
  for (let i = 0; i < before.length; i++) {
    for (let bit = 0; before[i] !== after[i] && bit < 8; bit++) {
      if ((((before[i] ^ after[i]) >> (7 - bit)) & 1) === 1) bits.push(8 * i + bit);
    }
  }
  return bits;
}

/** The offsets that `draws` draws hit; each draw flips exactly one bit. */
export function offsetsHit(packet: Uint8Array, changes: Partial<Corrupt>, draws = 2_000): number[] {
  const hit = new Set<number>();
  for (const after of corrupted(packet, changes, draws)) {
    const bits = flippedBits(packet, after);
    assert(bits.length === 1, 'flips one bit');
    hit.add(bits[0] >> 3);
  }
  return [...hit].sort((a, b) => a - b);
}
