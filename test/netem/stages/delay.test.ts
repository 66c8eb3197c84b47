import { expect, test } from 'vitest';
import { delayStage } from '../../../src/netem/stages/delay.js';
import { ARRIVAL_NS, GO_ON, Judgement, RELEASE_NS } from '../../../src/netem/stages/stage.js';
import { nextPacket } from '../../support/stage-kit.js';

test('each packet leaves so much later, in whole nanoseconds', () => {
  const packet = new Judgement();
  for (const [delayNs, heldNs] of [
    [50e6, 50e6],
    [0.4, 0],
    [1.5, 2],
  ]) {
    const stage = delayStage(delayNs);
    for (let ordinal = 1; ordinal <= 3; ordinal++) {
      nextPacket(packet, 0, ordinal, 12_345 * ordinal);
      expect(stage.apply(packet)).toBe(GO_ON);
      expect(packet.values[RELEASE_NS]).toBe(12_345 * ordinal + heldNs);
      expect(packet.values[ARRIVAL_NS]).toBe(12_345 * ordinal);
    }
  }
});

test('delays add up', () => {
  const packet = new Judgement();
  nextPacket(packet, 0, 1, 7);
  for (const delayNs of [10, 20]) delayStage(delayNs).apply(packet);
  expect(packet.values[RELEASE_NS]).toBe(37);
});
