/**
 * Loss that comes in runs, because a chain of states moves with each packet. `burst` and `corr` have
 * two states, nothing lost in one and everything in the other, and begin in equilibrium: their rate is exact.
 * `gemodel` and `state` are tc-netem's, which begin in the state without loss.
 */
import type { Loss } from '../../rules/rule.js';
import type { Stream } from '../random.js';
import { correlatedShares, DRAWS, type PacketEvent, RunProcess, type RunShares } from './chance.js';
import { type FlowMemory, flowMemory } from './flow-memory.js';
import type { StageKit } from './kit.js';
import type { Judgement } from './stage.js';

type LossOf<K extends Loss['kind']> = Extract<Loss, { kind: K }>;
export type ChainLoss = LossOf<'burst' | 'corr' | 'gemodel' | 'state'>;

export function chainLoss(loss: ChainLoss, kit: StageKit): PacketEvent {
  switch (loss.kind) {
    case 'burst':
      return new RunProcess(burstShares(loss), kit, 'loss', loss.kind);
    case 'corr':
      return new RunProcess(correlatedShares(loss), kit, 'loss', loss.kind);
    case 'gemodel':
      return new GilbertElliott(loss, kit);
    case 'state':
      return new FourStates(loss, kit);
  }
}

/**
 * Marginal rate L and mean burst B: a run goes on with probability 1 − 1/B, and begins with L/B/(1−L).
 * The latter is a probability where L ≤ B/(B+1): so many losses have no room in shorter runs.
 */
function burstShares({ probability, meanBurst }: LossOf<'burst'>): RunShares {
  if (probability <= 0 || probability >= 1) {
    return { first: probability, enter: probability, stay: probability };
  }
  const end = 1 / meanBurst;
  return { first: probability, enter: (probability * end) / (1 - probability), stay: 1 - end };
}

const GOOD = 0;
const BAD = 1;

/**
 * As `loss_gilb_ell` in the kernel's sch_netem.c: the state moves first, but the packet meets the loss of the
 * state it found.
 */
class GilbertElliott implements PacketEvent {
  readonly #moves: Stream;
  readonly #losses: Stream;
  readonly #memory: FlowMemory;
  /** By state: draws below leave it, and draws below are lost in it. */
  readonly #leave: Float64Array;
  readonly #lose: Float64Array;

  constructor({ p, r, lossInGood, lossInBad }: LossOf<'gemodel'>, kit: StageKit) {
    this.#moves = kit.stream('loss state');
    this.#losses = kit.stream('loss');
    this.#memory = flowMemory(kit, 'loss', 'gemodel');
    this.#leave = Float64Array.of(p * DRAWS, r * DRAWS);
    this.#lose = Float64Array.of(lossInGood * DRAWS, lossInBad * DRAWS);
  }

  happens(packet: Judgement): boolean {
    const { flow, ordinalLow, ordinalHigh } = packet;
    const at = this.#memory.at(packet);
    const { states } = this.#memory;
    const state = states[at];
    const move = this.#moves.int32(flow, ordinalLow, ordinalHigh) >>> 0;
    if (move < this.#leave[state]) states[at] = state === GOOD ? BAD : GOOD;
    const lose = this.#lose[state];
    // The usual shares need no draw.
    if (lose === 0) return false;
    if (lose === DRAWS) return true;
    return this.#losses.int32(flow, ordinalLow, ordinalHigh) >>> 0 < lose;
  }
}

/** States of `FourStates`, in the order of their numbers in tc-netem(8). */
const GOOD_IN_GAP = 0;
const GOOD_IN_BURST = 1;
const LOST_IN_BURST = 2;
const LOST_ALONE = 3;

/**
 * As `loss_4state` in the kernel's sch_netem.c: the packet meets the state that the chain moves to. Two
 * moves out of one state share a draw: below the first share one, below the sum of both the other. (There a
 * draw that equals a bound is in no share, so the state stays and the packet passes; here bounds belong to
 * the share above, so that probabilities are exact.)
 */
class FourStates implements PacketEvent {
  readonly #stream: Stream;
  readonly #memory: FlowMemory;
  readonly #to4: number;
  readonly #to4or3: number;
  readonly #from2to3: number;
  readonly #from3to2: number;
  readonly #from3to2or1: number;

  constructor({ p13, p31, p32, p23, p14 }: LossOf<'state'>, kit: StageKit) {
    this.#stream = kit.stream('loss');
    this.#memory = flowMemory(kit, 'loss', 'state');
    this.#to4 = p14 * DRAWS;
    this.#to4or3 = (p14 + p13) * DRAWS;
    this.#from2to3 = p23 * DRAWS;
    this.#from3to2 = p32 * DRAWS;
    this.#from3to2or1 = (p32 + p31) * DRAWS;
  }

  happens(packet: Judgement): boolean {
    const draw = this.#stream.int32(packet.flow, packet.ordinalLow, packet.ordinalHigh) >>> 0;
    const at = this.#memory.at(packet);
    const { states } = this.#memory;
    const state = this.#after(states[at], draw);
    states[at] = state;
    return state >= LOST_IN_BURST;
  }

  #after(state: number, draw: number): number {
    switch (state) {
      case GOOD_IN_GAP:
        if (draw < this.#to4) return LOST_ALONE;
        return draw < this.#to4or3 ? LOST_IN_BURST : GOOD_IN_GAP;
      case GOOD_IN_BURST:
        return draw < this.#from2to3 ? LOST_IN_BURST : GOOD_IN_BURST;
      case LOST_IN_BURST:
        if (draw < this.#from3to2) return GOOD_IN_BURST;
        return draw < this.#from3to2or1 ? GOOD_IN_GAP : LOST_IN_BURST;
      default:
        return GOOD_IN_GAP;
    }
  }
}
