/** Each model of loss with memory as the chain that its definition describes. */
import type { Loss } from '../../src/rules/rule.js';
import { advance, type Chain } from './markov.js';

/** The chain's state is the one that a packet meets. */
export function chainOf(loss: Loss): Chain {
  switch (loss.kind) {
    case 'random':
      return loss.runMax === null
        ? twoStates(loss.probability, loss.probability)
        : runs(loss.probability, loss.runMax);
    case 'burst': {
      const r = 1 / loss.meanBurst;
      return twoStates((loss.probability * r) / (1 - loss.probability), 1 - r);
    }
    case 'corr': {
      const { probability: rate, correlation } = loss;
      return twoStates(rate * (1 - correlation), 1 - (1 - rate) * (1 - correlation));
    }
    case 'gemodel': {
      const { p, r, lossInGood, lossInBad } = loss;
      return {
        transitions: [
          [1 - p, p],
          [r, 1 - r],
        ],
        start: [1, 0],
        loss: [lossInGood, lossInBad],
      };
    }
    case 'state': {
      const { p13, p31, p32, p23, p14 } = loss;
      const transitions = [
        [1 - p13 - p14, 0, p13, p14],
        [0, 1 - p23, p23, 0],
        [p31, p32, 1 - p31 - p32, 0],
        [1, 0, 0, 0],
      ];
      // The first packet meets the state after state 1.
      return { transitions, start: advance([1, 0, 0, 0], transitions), loss: [0, 0, 1, 1] };
    }
    default:
      throw new Error(`${loss.kind} is no chain`);
  }
}

/** Good and lost; begins in equilibrium. */
function twoStates(enter: number, stay: number): Chain {
  return {
    transitions: [
      [1 - enter, enter],
      [1 - stay, stay],
    ],
    loss: [0, 1],
  };
}

/** State k: the k-th loss in a row. */
function runs(probability: number, runMax: number): Chain {
  const states = Array.from({ length: runMax + 1 }, (_, state) => state);
  const transitions = states.map((from) =>
    states.map((to) => {
      if (from === runMax) return to === 0 ? 1 : 0;
      if (to === 0) return 1 - probability;
      return to === from + 1 ? probability : 0;
    }),
  );
  const good = states.map((state) => (state === 0 ? 1 : 0));
  return {
    transitions,
    start: advance(good, transitions),
    loss: states.map((state) => (state === 0 ? 0 : 1)),
  };
}
