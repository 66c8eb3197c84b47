/**
 * The drop probability of PIE (RFC 8033, appendix A, calculate_drop_prob). Nothing happens between the
 * events of the queue, so the periodic updates are made up for at the next one.
 */

/** Seconds to probability, by the distance from the target and by the growth of the wait. */
const ALPHA = 0.125;
const BETA = 1.25;

/** MAX_BURST: after idleness nothing is dropped for so long. */
const BURST_NS = 150e6;

/** Below a probability, a change of it is divided: it shall not be large against what it changes. */
const SCALES = [
  [0.000001, 2048],
  [0.00001, 512],
  [0.0001, 128],
  [0.001, 32],
  [0.01, 8],
  [0.1, 2],
] as const;

/** Section 5.5: from a probability of 10 % on it grows by 2 % at most. */
const CAPPED_FROM = 0.1;
const CAP = 0.02;

const DECAY = 0.98;

/** Without congestion, a probability so low drops nothing. */
const IDLE_BELOW = 0.2;

/**
 * Updates made up for at one event: 25 minutes at the default period. An idle queue comes to rest in
 * 1,200; only where packets wait, and none leaves for longer (traces with gaps), are updates missed.
 */
const UPDATES_MAX = 2_000;

/** Registers of `#state`. */
const PROBABILITY = 0;
const WAIT_NS = 1;
const WAIT_BEFORE_NS = 2;
const BURST_LEFT_NS = 3;
const TARGET_NS = 4;
const UPDATE_NS = 5;
const NEXT_UPDATE_NS = 6;
const REGISTERS = 7;

export class PieProbability {
  readonly #state = new Float64Array(REGISTERS);
  readonly #clock: Float64Array;
  readonly #now: number;

  /** The time is `clock[now]`. */
  constructor(clock: Float64Array, now: number) {
    this.#clock = clock;
    this.#now = now;
    this.#state[BURST_LEFT_NS] = BURST_NS;
  }

  /** With another period, the next update comes one from now. */
  tune(targetNs: number, updateNs: number): void {
    const state = this.#state;
    if (state[UPDATE_NS] > 0) this.update();
    state[TARGET_NS] = targetNs;
    if (state[UPDATE_NS] === updateNs) return;
    state[UPDATE_NS] = updateNs;
    state[NEXT_UPDATE_NS] = this.#clock[this.#now] + updateNs;
  }

  /** A packet that came at `arrivalNs[index]` goes into service, and others wait. */
  noteWait(arrivalNs: Float64Array, index: number): void {
    this.#state[WAIT_NS] = this.#clock[this.#now] - arrivalNs[index];
  }

  /** Nothing waits any more. */
  noteEmpty(): void {
    this.#state[WAIT_NS] = 0;
  }

  /** Without congestion, bursts are allowed again. */
  allowBurst(): void {
    const state = this.#state;
    const halfNs = state[TARGET_NS] / 2;
    if (state[PROBABILITY] === 0 && state[WAIT_NS] < halfNs && state[WAIT_BEFORE_NS] < halfNs) {
      state[BURST_LEFT_NS] = BURST_NS;
    }
  }

  /** Nothing is to be dropped, whatever the draw. */
  isIdle(): boolean {
    const state = this.#state;
    if (state[BURST_LEFT_NS] > 0) return true;
    return state[WAIT_BEFORE_NS] < state[TARGET_NS] / 2 && state[PROBABILITY] < IDLE_BELOW;
  }

  /** Whether the draw hits: of 32 bits, signed, as larger numbers would be boxed. */
  isAbove(draw: number): boolean {
    return draw >>> 0 < this.#state[PROBABILITY] * 2 ** 32;
  }

  isBelow(probability: number): boolean {
    return this.#state[PROBABILITY] < probability;
  }

  /** Makes the updates that were due up to and including now. */
  update(): void {
    const state = this.#state;
    const nowNs = this.#clock[this.#now];
    for (let updates = 0; state[NEXT_UPDATE_NS] <= nowNs; updates++) {
      const isAtRest = !this.#updateOnce();
      state[NEXT_UPDATE_NS] += state[UPDATE_NS];
      if (isAtRest || updates === UPDATES_MAX) this.#skipUpdates();
    }
  }

  /** False when it changed nothing, so that further ones would not either. */
  #updateOnce(): boolean {
    const state = this.#state;
    const before = state[PROBABILITY];
    const waitNs = state[WAIT_NS];
    const waitBeforeNs = state[WAIT_BEFORE_NS];
    const burstNs = state[BURST_LEFT_NS];
    let step = (ALPHA * (waitNs - state[TARGET_NS]) + BETA * (waitNs - waitBeforeNs)) / 1e9;
    for (let i = 0; i < SCALES.length; i++) {
      if (before < SCALES[i][0]) {
        step /= SCALES[i][1];
        break;
      }
    }
    if (before >= CAPPED_FROM && step > CAP) step = CAP;
    let probability = before + step;
    const halfNs = state[TARGET_NS] / 2;
    if (waitNs < halfNs && waitBeforeNs < halfNs) probability *= DECAY;
    state[PROBABILITY] = Math.min(1, Math.max(0, probability));
    state[WAIT_BEFORE_NS] = waitNs;
    state[BURST_LEFT_NS] = Math.max(0, burstNs - state[UPDATE_NS]);
    return state[PROBABILITY] !== before || waitNs !== waitBeforeNs || burstNs > 0;
  }

  /** The next update is the first after now. */
  #skipUpdates(): void {
    const state = this.#state;
    const lateNs = this.#clock[this.#now] - state[NEXT_UPDATE_NS];
    if (lateNs < 0) return;
    state[NEXT_UPDATE_NS] += (Math.floor(lateNs / state[UPDATE_NS]) + 1) * state[UPDATE_NS];
  }
}
