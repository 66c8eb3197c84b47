/** How the chains of loss move from packet to packet: lengths of runs, states, correlation, the beginning. */
import { expect, test } from 'vitest';
import { binomialInterval } from '../../../src/netem/interval.js';
import type { FlowMemory } from '../../../src/netem/stages/flow-memory.js';
import { lossStage } from '../../../src/netem/stages/loss.js';
import { GO_ON, Judgement } from '../../../src/netem/stages/stage.js';
import type { Loss } from '../../../src/rules/rule.js';
import { lossesOf, runLengths } from '../../support/loss-runs.js';
import { chainOf } from '../../support/loss-theory.js';
import { lossMoments } from '../../support/markov.js';
import { fakeKit, nextPacket } from '../../support/stage-kit.js';
import { chiSquare, lag1, SIGMAS_999 } from '../../support/statistics.js';

const PACKETS = 500_000;

/** The p-value of lengths against the geometric law in which a run goes on with probability `stay`. */
function geometricP(lengths: readonly number[], stay: number): number {
  const total = lengths.length;
  const observed: number[] = [];
  const expected: number[] = [];
  // Classes of neighbouring lengths in which enough runs are expected; the last one has no end.
  const enough = Math.max(10, total / 50);
  let from = 1;
  for (let to = 2; total * stay ** (to - 1) >= enough; to++) {
    const inside = total * (stay ** (from - 1) - stay ** (to - 1));
    if (inside < enough) continue;
    expected.push(inside);
    observed.push(lengths.filter((length) => length >= from && length < to).length);
    from = to;
  }
  expected.push(total * stay ** (from - 1));
  observed.push(lengths.filter((length) => length >= from).length);
  return chiSquare(observed, expected).pValue;
}

const gemodel: Loss = { kind: 'gemodel', p: 0.02, r: 0.3, lossInBad: 1, lossInGood: 0 };
const state: Loss = { kind: 'state', p13: 0.02, p31: 0.2, p32: 0.15, p23: 0.4, p14: 0 };

test.each<[Loss, number, number | null]>([
  // The loss, and the probabilities that a run of losses and one of passed packets go on.
  [{ kind: 'random', probability: 0.05, runMax: null }, 0.05, 0.95],
  [{ kind: 'random', probability: 0.5, runMax: null }, 0.5, 0.5],
  [{ kind: 'burst', probability: 0.05, meanBurst: 4 }, 0.75, 1 - 0.05 / 4 / 0.95],
  [{ kind: 'burst', probability: 0.005, meanBurst: 10 }, 0.9, 1 - 0.005 / 10 / 0.995],
  [{ kind: 'burst', probability: 0.5, meanBurst: 1.5 }, 1 / 3, 1 / 3],
  [{ kind: 'corr', probability: 0.1, correlation: 0.25 }, 0.1 * 0.75 + 0.25, 1 - 0.1 * 0.75],
  [{ kind: 'corr', probability: 0.5, correlation: 0.9 }, 0.95, 0.95],
  [gemodel, 0.7, 0.98],
  // What is passed in a burst and in a gap are runs of two kinds.
  [state, 0.65, null],
])('runs have geometric lengths: %j', (loss, stayLost, stayPassed) => {
  const losses = lossesOf(loss, PACKETS);
  expect(geometricP(runLengths(losses, 1), stayLost)).toBeGreaterThan(0.001);
  if (stayPassed === null) return;
  expect(geometricP(runLengths(losses, 0), stayPassed)).toBeGreaterThan(0.001);
});

test('bursts of length 1 are never two in a row', () => {
  const losses = lossesOf({ kind: 'burst', probability: 0.2, meanBurst: 1 }, 100_000);
  expect(Math.max(...runLengths(losses, 1))).toBe(1);
});

test('corr has the lag-1 autocorrelation asked for', () => {
  for (const probability of [0.05, 0.5]) {
    for (const correlation of [0.1, 0.25, 0.75]) {
      const { transitions } = chainOf({ kind: 'corr', probability, correlation });
      const measured = lag1(lossesOf({ kind: 'corr', probability, correlation }, PACKETS));
      // It is P(lost | lost before) − P(lost | passed before), of two independent counts.
      const [[, enter], [leave]] = transitions;
      const variance =
        (enter * (1 - enter)) / (PACKETS * (1 - probability)) +
        (leave * (1 - leave)) / (PACKETS * probability);
      expect(Math.abs(measured - correlation) / Math.sqrt(variance)).toBeLessThan(SIGMAS_999);
    }
  }
});

/** The state of the chain that each packet meets, as the models number them, from 0. */
function statesOf(loss: Loss, packets: number, before: boolean): Uint8Array {
  const kit = fakeKit();
  const stage = lossStage(loss, false, kit);
  const memory = kit.memory<FlowMemory>('loss states', () => {
    throw new Error('the stage has no memory of that name');
  });
  const packet = new Judgement();
  return Uint8Array.from({ length: packets }, (_, i) => {
    nextPacket(packet, 0, i + 1);
    const met = memory.states[0];
    stage.apply(packet);
    return before ? met : memory.states[0];
  });
}

test.each<[Loss, boolean]>([
  [gemodel, true],
  [{ kind: 'gemodel', p: 0.1, r: 0.6, lossInBad: 0.5, lossInGood: 0.02 }, true],
  [state, false],
  [{ kind: 'state', p13: 0.1, p31: 0.3, p32: 0.2, p23: 0.5, p14: 0.05 }, false],
])(
  'states are met as often as in equilibrium, and moves made as often as asked: %j',
  (loss, before) => {
    const { transitions } = chainOf(loss);
    const states = statesOf(loss, PACKETS, before);
    for (let one = 0; one < transitions.length; one++) {
      const share = states.filter((met) => met === one).length / PACKETS;
      const only = transitions.map((_, other) => (other === one ? 1 : 0));
      const { mean, variance } = lossMoments({ transitions, loss: only }, PACKETS);
      const sigmas = mean === 0 ? share : (share - mean) / Math.sqrt(variance);
      expect(Math.abs(sigmas)).toBeLessThan(SIGMAS_999);

      const moves = transitions.map(() => 0);
      for (let i = 1; i < states.length; i++) if (states[i - 1] === one) moves[states[i]]++;
      const all = moves.reduce((sum, count) => sum + count, 0);
      const possible = moves.map((_, to) => to).filter((to) => transitions[one][to] > 0);
      const counts = possible.map((to) => moves[to]);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(all);
      if (counts.length < 2 || all === 0) continue;
      const expected = possible.map((to) => all * transitions[one][to]);
      expect(chiSquare(counts, expected).pValue).toBeGreaterThan(0.001);
    }
  },
);

test('gemodel loses with the share of the state that the packet finds, not of the one it moves to', () => {
  const always: Loss = { kind: 'gemodel', p: 1, r: 1, lossInBad: 1, lossInGood: 0 };
  expect([...lossesOf(always, 6)]).toEqual([0, 1, 0, 1, 0, 1]);
  const loss: Loss = { kind: 'gemodel', p: 0.1, r: 0.6, lossInBad: 0.5, lossInGood: 0.02 };
  const states = statesOf(loss, PACKETS, true);
  const losses = lossesOf(loss, PACKETS);
  for (const [one, share] of [0.02, 0.5].entries()) {
    const met = states.filter((state) => state === one).length;
    const lost = losses.filter((event, i) => event === 1 && states[i] === one).length;
    const [lo, hi] = binomialInterval(met, share, 0.999);
    expect(lost).toBeGreaterThanOrEqual(lo);
    expect(lost).toBeLessThanOrEqual(hi);
  }
});

test('the four states lose in states 3 and 4, beginning from state 1', () => {
  const states: Loss = { kind: 'state', p13: 0, p31: 1, p32: 0, p23: 1, p14: 1 };
  expect([...lossesOf(states, 6)]).toEqual([1, 0, 1, 0, 1, 0]);
  const bursts: Loss = { kind: 'state', p13: 1, p31: 0, p32: 1, p23: 1, p14: 0 };
  expect([...lossesOf(bursts, 6)]).toEqual([1, 0, 1, 0, 1, 0]);
  const absorbed: Loss = { kind: 'state', p13: 1, p31: 0, p32: 0, p23: 1, p14: 0 };
  expect([...lossesOf(absorbed, 6)]).toEqual([1, 1, 1, 1, 1, 1]);
});

test('no more losses in a row than the limit, which is reached', () => {
  for (const runMax of [1, 2, 5]) {
    for (const probability of [0.3, 0.9, 1]) {
      const losses = lossesOf({ kind: 'random', probability, runMax }, 200_000);
      expect(Math.max(...runLengths(losses, 1))).toBe(runMax);
    }
  }
  // What the limit does not concern stays as it is.
  const free = lossesOf({ kind: 'random', probability: 0.3, runMax: null }, 10_000);
  const limited = lossesOf({ kind: 'random', probability: 0.3, runMax: 100 }, 10_000);
  expect(limited).toEqual(free);
});

test.each<Loss>([
  { kind: 'burst', probability: 0.05, meanBurst: 10 },
  { kind: 'burst', probability: 0.5, meanBurst: 2 },
  { kind: 'corr', probability: 0.1, correlation: 0.9 },
])('the first packets of flows are lost as often as all others: %j', (loss) => {
  const flows = 100_000;
  const stage = lossStage(loss, false, fakeKit({ perFlow: true }));
  const packet = new Judgement();
  const { mean } = lossMoments(chainOf(loss), 1);
  const [lo, hi] = binomialInterval(flows, mean, 0.999);
  for (let ordinal = 1; ordinal <= 4; ordinal++) {
    let lost = 0;
    for (let flow = 0; flow < flows; flow++) {
      nextPacket(packet, flow, ordinal);
      if (stage.apply(packet) !== GO_ON) lost++;
    }
    expect(lost).toBeGreaterThanOrEqual(lo);
    expect(lost).toBeLessThanOrEqual(hi);
  }
});
