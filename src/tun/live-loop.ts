/**
 * The live loop: a plain function over ports that blocks in the kernel and nowhere else.
 *
 *     wait (fds, next deadline) → for each ready lane: release what is due, read, judge, write
 *
 * It runs in a worker thread of its own (worker.ts). The main thread does everything that may
 * allocate or block; it reaches the loop by a flag in shared memory and an eventfd that ends the
 * wait.
 */
import type { Counters } from '../netem/counters.js';
import type { Engine } from '../netem/engine.js';
import { ControlWord, LOOP_WAIT_MAX_NS } from './control-words.js';
import { BATCH_FRAMES, type Clock, type Forwarder } from './forwarder.js';
import type { Lane } from './lane.js';
import { addressOf, POLLFD_BYTES, POLLIN, ppoll, read } from './sys.js';
import type { Urgency } from './urgency.js';

/** While there is no wait, counters go out once in so many turns. */
const BUSY_TURNS_PER_PUBLISH = 256;

export interface LiveLoopParts {
  readonly engine: Engine;
  readonly forwarder: Forwarder;
  readonly counters: Counters;
  readonly lanes: readonly Lane[];
  readonly clock: Clock;
  readonly control: Int32Array;
  readonly urgency: Urgency;
  /** The eventfd that ends a wait. */
  readonly wakeFd: number;
  /** Further fds to watch, for example a netlink socket, and what to do when one is ready. */
  readonly watched: readonly { readonly fd: number; onReadable(): void }[];
  /** Called between two turns when the main thread has left a message. */
  onMessage(nowNs: number): void;
  /** Called once when a lane's source is gone for good. */
  onLaneGone(lane: number): void;
}

/** Runs until the stop word is set; then releases everything that is held and returns. */
export function runLiveLoop(parts: LiveLoopParts): void {
  const { engine, forwarder, lanes, clock, control, urgency, wakeFd, watched } = parts;
  const waiter = new Waiter([
    ...lanes.map((l) => l.source.fd),
    ...watched.map((w) => w.fd),
    wakeFd,
  ]);
  const wakeIndex = lanes.length + watched.length;
  const margin = new WakeMargin();
  const stalls = new StallWatch();
  let turns = 0;

  while (Atomics.load(control, ControlWord.stop) === 0) {
    const nowNs = clock.nowNs();
    margin.learn(nowNs);
    if (stalls.sees(nowNs)) Atomics.store(control, ControlWord.stallMs, stalls.longestMs);
    if (nowNs >= urgency.reviewNs[0]!) urgency.review(nowNs, forwarder.trains);
    if (Atomics.exchange(control, ControlWord.message, 0) === 1) parts.onMessage(nowNs);

    const deadlineNs = engine.nextDeadline();
    const sleepNs = Math.min(deadlineNs - nowNs - margin.ns, LOOP_WAIT_MAX_NS);
    if (sleepNs > 0 || ++turns % BUSY_TURNS_PER_PUBLISH === 0) {
      publish(parts);
    }
    stalls.expectBefore(nowNs + Math.max(sleepNs, 0));
    const ready = waiter.wait(Math.max(sleepNs, 0));
    Atomics.add(control, ControlWord.turns, 1);

    if (ready <= 0) {
      if (sleepNs > 0 && sleepNs < LOOP_WAIT_MAX_NS) margin.sleptUntil(nowNs + sleepNs);
      forwarder.releaseDue();
      continue;
    }
    for (let lane = 0; lane < lanes.length; lane++) {
      if (!waiter.isReady(lane)) continue;
      if (drain(forwarder, lane)) continue;
      waiter.forget(lane);
      parts.onLaneGone(lane);
    }
    for (let i = 0; i < watched.length; i++) {
      if (waiter.isReady(lanes.length + i)) watched[i]!.onReadable();
    }
    if (waiter.isReady(wakeIndex)) waiter.clear(wakeFd);
  }

  // What waits in the devices has been taken from the network and must go back to it.
  for (let lane = 0; lane < lanes.length; lane++) {
    for (let i = 0; i < FINAL_BATCHES_MAX && forwarder.turn(lane) > 0; i++) {
      Atomics.add(control, ControlWord.turns, 1);
    }
  }
  forwarder.flush();
  publish(parts);
}

/** More than a full TAP queue (host/taps.ts), so that a sender that does not stop cannot hold us. */
const FINAL_BATCHES_MAX = 1_024;

/** Batches of one lane before the others get their turn. */
const DRAIN_BATCHES = 4;

/** Returns false when the lane's source is gone. */
function drain(forwarder: Forwarder, lane: number): boolean {
  for (let i = 0; i < DRAIN_BATCHES; i++) {
    const count = forwarder.turn(lane);
    if (count < BATCH_FRAMES) return count >= 0;
  }
  return true;
}

function publish({ counters, lanes, control, engine }: LiveLoopParts): void {
  counters.publish();
  let refused = 0;
  for (let i = 0; i < lanes.length; i++) refused += lanes[i]!.target.refused;
  Atomics.store(control, ControlWord.refused, refused);
  Atomics.store(control, ControlWord.malformed, engine.malformed);
  Atomics.store(control, ControlWord.memoryUsedKib, engine.memory.usedBytes / 1_024);
}

/** Twice what the longest turn takes, and what a busy machine takes away in one piece now and then. */
const STALL_NS = 100e6;

/**
 * Notices that the loop stood still, stopped (Ctrl-Z) or without a processor: what came meanwhile waited, and
 * nothing else tells, since packets count as come when they are read.
 */
class StallWatch {
  longestMs = 0;
  /** When the loop should have turned again; a double in a field would be boxed. */
  readonly #expectedNs = new Float64Array([Number.POSITIVE_INFINITY]);

  expectBefore(ns: number): void {
    this.#expectedNs[0] = ns;
  }

  /** Whether it stood still for longer than ever before. */
  sees(nowNs: number): boolean {
    const stalledNs = nowNs - this.#expectedNs[0]!;
    if (stalledNs < STALL_NS) return false;
    const stalledMs = Math.round(stalledNs / 1e6);
    if (stalledMs <= this.longestMs) return false;
    this.longestMs = stalledMs;
    return true;
  }
}

/** The margin is at most this long, and so the loop stays awake no longer than this for one deadline. */
const MARGIN_MAX_NS = 100e3;
const MARGIN_STEP_NS = 200;
/** Steps up for one late wake-up; a step down for each that came in time. So one in ten is late. */
const MARGIN_STEPS_UP = 9;

/**
 * How long before a deadline the loop stops to sleep. The kernel wakes a sleeper late, by some 5 µs on
 * bare metal and by 15 to 70 µs on a virtual machine; for that long the loop turns without
 * sleeping instead. The margin follows the wake-ups that were seen, to their 90th percentile.
 */
class WakeMargin {
  /** The margin, and the end of the last sleep until it is judged; doubles in fields would be boxed. */
  readonly #values = new Float64Array([MARGIN_MAX_NS / 2, 0]);

  get ns(): number {
    return this.#values[0]!;
  }

  /** The loop slept, and was to be woken at `wakeNs`. */
  sleptUntil(wakeNs: number): void {
    this.#values[1] = wakeNs;
  }

  /** The first reading of the clock after the sleep. */
  learn(nowNs: number): void {
    const values = this.#values;
    if (values[1] === 0) return;
    const lateNs = nowNs - values[1]!;
    values[1] = 0;
    if (lateNs > values[0]!) {
      values[0] = Math.min(values[0]! + MARGIN_STEPS_UP * MARGIN_STEP_NS, MARGIN_MAX_NS);
    } else {
      values[0] = values[0]! - MARGIN_STEP_NS;
    }
  }
}

/** One `struct pollfd` array and one `struct timespec`, reused for every wait. */
class Waiter {
  readonly #fds: Int16Array;
  readonly #fdWords: Int32Array;
  readonly #fdsAddress: number;
  readonly #timeout = new BigInt64Array(2);
  readonly #timeoutWords = new Int32Array(this.#timeout.buffer);
  readonly #timeoutAddress = addressOf(this.#timeout);
  readonly #counter = new BigInt64Array(1);
  readonly #counterAddress = addressOf(this.#counter);
  readonly #count: number;

  constructor(fds: readonly number[]) {
    const bytes = new ArrayBuffer(fds.length * POLLFD_BYTES);
    this.#fds = new Int16Array(bytes);
    this.#fdsAddress = addressOf(this.#fds);
    this.#count = fds.length;
    this.#fdWords = new Int32Array(bytes);
    fds.forEach((fd, i) => {
      this.#fdWords[2 * i] = fd;
      this.#fds[4 * i + 2] = POLLIN;
    });
  }

  /** Until a fd is ready or `waitNs`, below 2 s, have passed. Returns how many are ready. */
  wait(waitNs: number): number {
    // The low words of tv_sec and tv_nsec; the high ones stay zero.
    const seconds = waitNs >= 1e9 ? 1 : 0;
    this.#timeoutWords[0] = seconds;
    this.#timeoutWords[2] = waitNs - seconds * 1e9;
    return ppoll(this.#fdsAddress, this.#count, this.#timeoutAddress);
  }

  /** A negative fd is skipped by the kernel. */
  forget(index: number): void {
    this.#fdWords[2 * index] = -1;
  }

  /** POLLERR and POLLHUP count as ready: the read that follows tells what happened. */
  isReady(index: number): boolean {
    return this.#fds[4 * index + 3] !== 0;
  }

  /** Empties an eventfd. */
  clear(fd: number): void {
    read(fd, this.#counterAddress, 8);
  }
}
