/**
 * What happens to packets in one direction, rule, stage, flow or under one seed says nothing of what
 * happens in another; and what a flow meets depends on other flows only where they share a process.
 */
import { expect, test } from 'vitest';
import { ChanceProcess } from '../../../src/netem/stages/chance.js';
import { lossStage } from '../../../src/netem/stages/loss.js';
import { Judgement } from '../../../src/netem/stages/stage.js';
import type { Loss } from '../../../src/rules/rule.js';
import { lossesOf } from '../../support/loss-runs.js';
import { eventsOf, type FakeKitOptions, fakeKit, nextPacket } from '../../support/stage-kit.js';
import { chiSquare2x2 } from '../../support/statistics.js';

const PACKETS = 200_000;

/** The p-value of two series of events being independent; only each `step`th packet is looked at. */
function independenceP(a: Uint8Array, b: Uint8Array, step = 1): number {
  const counts: [number, number, number, number] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; i += step) counts[a[i] + 2 * b[i]]++;
  return chiSquare2x2(counts).pValue;
}

const others: [string, FakeKitOptions][] = [
  ['direction', { direction: 'in' }],
  ['rule', { rule: 'udp:53' }],
  ['rule of the same match', { rule: 'any#2' }],
  ['seed', { seed: '2' }],
];

const independent: Loss = { kind: 'random', probability: 0.3, runMax: null };

test.each(others)('independent losses say nothing of those of another %s', (_, options) => {
  const losses = lossesOf(independent, PACKETS);
  expect(independenceP(losses, lossesOf(independent, PACKETS, options))).toBeGreaterThan(0.001);
  expect(independenceP(losses, lossesOf(independent, PACKETS))).toBe(0);
});

// The correlation of neighbours 100 packets apart is below 1e-5: as good as independent trials.
const chains: Loss[] = [
  { kind: 'burst', probability: 0.3, meanBurst: 5 },
  { kind: 'corr', probability: 0.3, correlation: 0.8 },
  { kind: 'gemodel', p: 0.1, r: 0.2, lossInBad: 0.8, lossInGood: 0.05 },
  { kind: 'state', p13: 0.1, p31: 0.2, p32: 0.2, p23: 0.4, p14: 0.05 },
];

test.each(chains)('nor do those of chains: $kind', (loss) => {
  const packets = 1_000_000;
  const losses = lossesOf(loss, packets);
  expect(independenceP(losses, losses, 100)).toBe(0);
  for (const options of [{ direction: 'in' }, { rule: 'udp:53' }] as const) {
    expect(independenceP(losses, lossesOf(loss, packets, options), 100)).toBeGreaterThan(0.001);
  }
});

test('stages of one rule, and flows of one stage, are independent', () => {
  const kit = fakeKit();
  const loss = lossStage(independent, false, kit);
  const duplicate = new ChanceProcess({ probability: 0.3, correlation: 0 }, kit, 'duplicate');
  const losses = eventsOf((packet) => loss.apply(packet), PACKETS);
  const duplicates = eventsOf((packet) => duplicate.happens(packet), PACKETS);
  const otherFlow = eventsOf((packet) => loss.apply(packet), PACKETS, 1);
  expect(independenceP(losses, duplicates)).toBeGreaterThan(0.001);
  expect(independenceP(losses, otherFlow)).toBeGreaterThan(0.001);
  expect(independenceP(losses.subarray(1), losses)).toBeGreaterThan(0.001);
});

/** The losses of three flows of `count` packets each, whose packets come in some order. */
function lossesInterleaved(
  loss: Loss,
  perFlow: boolean,
  count: number,
  blockLength: number,
): string[] {
  const stage = lossStage(loss, false, fakeKit({ perFlow }));
  const packet = new Judgement();
  const losses = ['', '', ''];
  for (let block = 0; block < count; block += blockLength) {
    for (const flow of [0, 1, 2]) {
      for (let ordinal = block + 1; ordinal <= block + blockLength; ordinal++) {
        nextPacket(packet, flow, ordinal);
        losses[flow] += stage.apply(packet) === 0 ? '.' : 'x';
      }
    }
  }
  return losses;
}

const limited: Loss = { kind: 'random', probability: 0.7, runMax: 2 };

test.each([...chains, limited])(
  'per flow, the order of flows makes no difference: $kind',
  (loss) => {
    const oneByOne = lossesInterleaved(loss, true, 1000, 1000);
    expect(oneByOne[0]).not.toBe(oneByOne[1]);
    expect(lossesInterleaved(loss, true, 1000, 1)).toEqual(oneByOne);
    expect(lossesInterleaved(loss, true, 1000, 50)).toEqual(oneByOne);
  },
);

test.each([...chains, limited])('shared, it does: $kind', (loss) => {
  const oneByOne = lossesInterleaved(loss, false, 1000, 1000);
  expect(lossesInterleaved(loss, false, 1000, 1)).not.toEqual(oneByOne);
});

test('what has no memory is the same, shared or not', () => {
  const loss: Loss = { kind: 'random', probability: 0.2, runMax: null };
  expect(lossesInterleaved(loss, true, 1000, 1)).toEqual(
    lossesInterleaved(loss, false, 1000, 1000),
  );
});
