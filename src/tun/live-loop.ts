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

/** While there is no wait, counters go out once in so many turns. */
const BUSY_TURNS_PER_PUBLISH = 256;

export interface LiveLoopParts {
  readonly engine: Engine;
  readonly forwarder: Forwarder;
  readonly counters: Counters;
  readonly lanes: readonly Lane[];
  readonly clock: Clock;
  readonly control: Int32Array;
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
  const { engine, forwarder, counters, lanes, clock, control, wakeFd, watched } = parts;
  const waiter = new Waiter([
    ...lanes.map((l) => l.source.fd),
    ...watched.map((w) => w.fd),
    wakeFd,
  ]);
  const wakeIndex = lanes.length + watched.length;
  let turns = 0;

  while (Atomics.load(control, ControlWord.stop) === 0) {
    const nowNs = clock.nowNs();
    if (Atomics.exchange(control, ControlWord.message, 0) === 1) parts.onMessage(nowNs);

    const deadlineNs = engine.nextDeadline();
    const waitNs = Math.min(deadlineNs - nowNs, LOOP_WAIT_MAX_NS);
    if (waitNs > 0 || ++turns % BUSY_TURNS_PER_PUBLISH === 0) {
      publish(counters, lanes, control);
    }
    waiter.wait(Math.max(waitNs, 0));
    Atomics.add(control, ControlWord.turns, 1);

    forwarder.releaseDue();
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
    for (let i = 0; i < FINAL_BATCHES_MAX && forwarder.turn(lane) > 0; i++);
  }
  forwarder.flush();
  publish(counters, lanes, control);
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

function publish(counters: Counters, lanes: readonly Lane[], control: Int32Array): void {
  counters.publish();
  let refused = 0;
  for (let i = 0; i < lanes.length; i++) refused += lanes[i]!.target.refused;
  Atomics.store(control, ControlWord.refused, refused);
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

  /** Until a fd is ready or `waitNs`, below 2 s, have passed. */
  wait(waitNs: number): void {
    // The low words of tv_sec and tv_nsec; the high ones stay zero.
    const seconds = waitNs >= 1e9 ? 1 : 0;
    this.#timeoutWords[0] = seconds;
    this.#timeoutWords[2] = waitNs - seconds * 1e9;
    ppoll(this.#fdsAddress, this.#count, this.#timeoutAddress);
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
