/**
 * tc-netem's losses (loss_event, loss_gilb_ell and loss_4state in net/sched/sch_netem.c), each with the
 * comparisons of Linux 6.1: what differs from the default mode is the correlation, and single draws of
 * 2^32. One chain for the rule and direction, as netem has one for its device.
 */
import assert from 'node:assert';
import type { Loss } from '../../rules/rule.js';
import type { Stream } from '../random.js';
import type { PacketEvent } from '../stages/chance.js';
import type { StageKit } from '../stages/kit.js';
import type { Judgement } from '../stages/stage.js';
import { NetemChance, u32OfShare } from './crandom.js';

/** The parser refuses what netem has not (rules/netem-vocabulary.ts). */
export function netemLoss(loss: Loss, kit: StageKit): PacketEvent {
  switch (loss.kind) {
    case 'random':
      return new NetemChance({ ...loss, correlation: 0 }, kit, 'loss');
    case 'corr':
      return new NetemChance(loss, kit, 'loss');
    case 'gemodel':
      return new GilbertElliott(loss, kit);
    case 'state':
      return new FourStates(loss, kit);
    default:
      assert.fail(`netem has no loss ${loss.kind}`);
  }
}

const GOOD = 1;
const BAD = 2;

type Gemodel = Omit<Extract<Loss, { kind: 'gemodel' }>, 'kind'>;

class GilbertElliott implements PacketEvent {
  readonly #moves: Stream;
  readonly #losses: Stream;
  readonly #p: number;
  readonly #r: number;
  /** netem's h, the share that passes in the bad state. */
  readonly #h: number;
  readonly #lossInGood: number;
  readonly #state: Uint8Array;

  constructor({ p, r, lossInBad, lossInGood }: Gemodel, kit: StageKit) {
    this.#moves = kit.stream('loss state');
    this.#losses = kit.stream('loss');
    this.#p = u32OfShare(p);
    this.#r = u32OfShare(r);
    this.#h = u32OfShare(1) - u32OfShare(lossInBad);
    this.#lossInGood = u32OfShare(lossInGood);
    this.#state = kit.memory('netem gemodel', () => Uint8Array.of(GOOD));
  }

  /** The state moves first, but the one before it decides. */
  happens({ flow, ordinalLow, ordinalHigh }: Judgement): boolean {
    const move = this.#moves.int32(flow, ordinalLow, ordinalHigh) >>> 0;
    const draw = this.#losses.int32(flow, ordinalLow, ordinalHigh) >>> 0;
    if (this.#state[0] === GOOD) {
      if (move < this.#p) this.#state[0] = BAD;
      return draw < this.#lossInGood;
    }
    if (move < this.#r) this.#state[0] = GOOD;
    return draw > this.#h;
  }
}

const SENT_IN_GAP = 1;
const SENT_IN_BURST = 2;
const LOST_IN_GAP = 3;
const LOST_IN_BURST = 4;

class FourStates implements PacketEvent {
  readonly #stream: Stream;
  readonly #p14: number;
  /** p13 + p14 and p31 + p32, each as a sum of 32 bits, which is 0 again beyond 100 %. */
  readonly #p13or14: number;
  readonly #p32: number;
  readonly #p31or32: number;
  readonly #p23: number;
  readonly #state: Uint8Array;

  constructor(loss: Extract<Loss, { kind: 'state' }>, kit: StageKit) {
    this.#stream = kit.stream('loss');
    this.#p14 = u32OfShare(loss.p14);
    this.#p13or14 = (u32OfShare(loss.p13) + this.#p14) >>> 0;
    this.#p32 = u32OfShare(loss.p32);
    this.#p31or32 = (u32OfShare(loss.p31) + this.#p32) >>> 0;
    this.#p23 = u32OfShare(loss.p23);
    this.#state = kit.memory('netem state', () => Uint8Array.of(SENT_IN_GAP));
  }

  happens(packet: Judgement): boolean {
    const draw = this.#stream.int32(packet.flow, packet.ordinalLow, packet.ordinalHigh) >>> 0;
    const state = this.#state;
    switch (state[0]) {
      case SENT_IN_GAP:
        if (draw < this.#p14) state[0] = LOST_IN_GAP;
        // A draw that equals a limit is on neither side of it: the state stays, the packet passes.
        else if (draw > this.#p14 && draw < this.#p13or14) state[0] = LOST_IN_BURST;
        return state[0] !== SENT_IN_GAP;
      case SENT_IN_BURST:
        if (draw < this.#p23) state[0] = LOST_IN_BURST;
        return state[0] === LOST_IN_BURST;
      case LOST_IN_BURST:
        if (draw < this.#p32) state[0] = SENT_IN_BURST;
        else if (draw > this.#p32 && draw < this.#p31or32) state[0] = SENT_IN_GAP;
        else return draw > this.#p31or32;
        return false;
      default:
        state[0] = SENT_IN_GAP;
        return false;
    }
  }
}
