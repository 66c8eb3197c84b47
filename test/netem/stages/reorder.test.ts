import { expect, test } from 'vitest';
import { binomialInterval } from '../../../src/netem/interval.js';
import { ChanceProcess } from '../../../src/netem/stages/chance.js';
import { reorderStage } from '../../../src/netem/stages/reorder.js';
import { Effect, GO_ON, Judgement } from '../../../src/netem/stages/stage.js';
import type { Reorder } from '../../../src/rules/rule.js';
import { fakeKit, nextPacket } from '../../support/stage-kit.js';

type Skip = Reorder & { kind: 'skip' };

/** 1 for each packet that gets the effect; no packet gets another. */
function chosen(reorder: Reorder, packets: number, effect: number, flow = 0): number[] {
  const stage = reorderStage(reorder, fakeKit());
  return chosenBy(stage, packets, effect, flow);
}

function chosenBy(
  stage: ReturnType<typeof reorderStage>,
  packets: number,
  effect: number,
  flow = 0,
  first = 1,
): number[] {
  const packet = new Judgement();
  return Array.from({ length: packets }, (_, i) => {
    nextPacket(packet, flow, first + i);
    packet.effects = Effect.marked;
    if (stage.apply(packet) !== GO_ON) throw new Error('dropped');
    const other = packet.effects & ~effect;
    if (other !== Effect.marked) throw new Error(`effects ${other}`);
    return packet.effects === other ? 0 : 1;
  });
}

/**
 * The condition in `netem_enqueue` (sch_netem.c), with a chance in place of its random number:
 *
 *     if (q->gap == 0 || q->counter < q->gap - 1 || q->reorder < get_crandom(...)) { delay; ++q->counter; }
 *     else { send now; q->counter = 0; }
 */
function netemSkips({ gap, ...chance }: Skip, packets: number): number[] {
  const process = new ChanceProcess(chance, fakeKit(), 'reorder');
  const packet = new Judgement();
  let counter = 0;
  return Array.from({ length: packets }, (_, i) => {
    nextPacket(packet, 0, i + 1);
    if (gap === 0 || counter < gap - 1 || !process.happens(packet)) {
      counter++;
      return 0;
    }
    counter = 0;
    return 1;
  });
}

test('skips as netem does, for every gap', () => {
  for (const gap of [0, 1, 2, 5, 17]) {
    for (const probability of [0.05, 0.5, 1]) {
      for (const correlation of [0, 0.5]) {
        const reorder: Skip = { kind: 'skip', probability, correlation, gap };
        expect(chosen(reorder, 1000, Effect.skips)).toEqual(netemSkips(reorder, 1000));
      }
    }
  }
});

test('with certainty, each packet skips that comes after gap − 1 others', () => {
  const skip = (gap: number): Reorder => ({ kind: 'skip', probability: 1, correlation: 0, gap });
  expect(chosen(skip(1), 4, Effect.skips)).toEqual([1, 1, 1, 1]);
  expect(chosen(skip(5), 11, Effect.skips)).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]);
  expect(chosen(skip(0), 4, Effect.skips)).toEqual([0, 0, 0, 0]);
});

test.each([0.001, 0.005, 0.05, 0.5])('%d of the packets are chosen', (probability) => {
  const packets = 100_000;
  const [lo, hi] = binomialInterval(packets, probability, 0.999);
  const choices: [Reorder, number][] = [
    [{ kind: 'skip', probability, correlation: 0, gap: 1 }, Effect.skips],
    [{ kind: 'by', probability, correlation: 0, count: 3 }, Effect.waits],
  ];
  for (const [reorder, effect] of choices) {
    const stage = reorderStage(reorder, fakeKit());
    const packet = new Judgement();
    let count = 0;
    for (let ordinal = 1; ordinal <= packets; ordinal++) {
      nextPacket(packet, 0, ordinal);
      stage.apply(packet);
      if (packet.effects === effect) count++;
    }
    expect(count).toBeGreaterThanOrEqual(lo);
    expect(count).toBeLessThanOrEqual(hi);
  }
});

test('the count of the gap goes on in a stage made anew, and is one of each flow if asked', () => {
  const reorder: Reorder = { kind: 'skip', probability: 1, correlation: 0, gap: 4 };
  const shared = fakeKit();
  expect(chosenBy(reorderStage(reorder, shared), 3, Effect.skips)).toEqual([0, 0, 0]);
  expect(chosenBy(reorderStage(reorder, shared.successor()), 1, Effect.skips, 1)).toEqual([1]);

  const perFlow = fakeKit({ perFlow: true });
  expect(chosenBy(reorderStage(reorder, perFlow), 3, Effect.skips)).toEqual([0, 0, 0]);
  expect(chosenBy(reorderStage(reorder, perFlow.successor()), 1, Effect.skips, 1)).toEqual([0]);
  expect(chosenBy(reorderStage(reorder, perFlow.successor()), 1, Effect.skips, 0, 4)).toEqual([1]);
});
