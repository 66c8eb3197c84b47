import { expect, test } from 'vitest';
import { ChanceProcess } from '../../../src/netem/stages/chance.js';
import { duplicateStage } from '../../../src/netem/stages/duplicate.js';
import { Effect, GO_ON, Judgement, RELEASE_NS } from '../../../src/netem/stages/stage.js';
import { fakeKit, nextPacket } from '../../support/stage-kit.js';

test('asks for a copy where the chance says so, and changes nothing else', () => {
  for (const correlation of [0, 0.5]) {
    const duplicate = { probability: 0.2, correlation };
    const stage = duplicateStage(duplicate, fakeKit());
    const chance = new ChanceProcess(duplicate, fakeKit(), 'duplicate');
    const packet = new Judgement();
    let copies = 0;
    for (let ordinal = 1; ordinal <= 1000; ordinal++) {
      nextPacket(packet, 0, ordinal, 70);
      packet.effects = Effect.corrupted;
      const wanted = chance.happens(packet);
      expect(stage.apply(packet)).toBe(GO_ON);
      expect(packet.effects).toBe(Effect.corrupted | (wanted ? Effect.duplicated : 0));
      expect(packet.values[RELEASE_NS]).toBe(70);
      if (wanted) copies++;
    }
    expect(copies).toBeGreaterThan(100);
    expect(copies).toBeLessThan(300);
  }
});
