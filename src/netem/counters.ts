/**
 * What happened to the packets, by row: a row is one rule in one direction. The engine counts in
 * memory of its own; `publish` copies the rows that changed into shared memory, each under a
 * sequence lock, so that a reader in another thread always sees a row as it was at some moment:
 * seen = passed + dropped + overflow + held. (One lock for all rows would starve a reader: copying
 * 1,024 rows takes longer than a busy loop's turn.)
 */
import assert from 'node:assert';
import { COUNTER_ROWS_MAX } from './limits.js';

/**
 * The columns of a row. The ones that a stage names as a cause of a drop begin with `dropped`.
 * Always: seen + duplicated = passed + every dropped + overflow + held.
 */
export const Counter = {
  seen: 0,
  /** IP bytes (header and payload, without the link layer) of the packets seen. */
  bytes: 1,
  passed: 2,
  /** By `partition` or an outage. */
  droppedPartition: 3,
  droppedLoss: 4,
  /** Dropped because the packet memory was full. */
  overflow: 5,
  /** Packets whose release time was later than their arrival. */
  delayed: 6,
  /** Packets that wait for their release now. */
  held: 7,
  /** By the link's queue: its limit, or its AQM. */
  droppedQueue: 8,
  /** Copies made. */
  duplicated: 9,
  corrupted: 10,
  /** CE-marked instead of dropped. */
  marked: 11,
  /** Answers to rejected packets (RST, ICMP). */
  replies: 12,
  /** Packets that left after a later one of their flow (RFC 4737, section 4.1). */
  reordered: 13,
  /** Runs of packets lost in a row, and the sum of their squared lengths. */
  lossRuns: 14,
  lossRunSquares: 15,
  /** Time from arrival to release of the packets that passed: sum, and sum of squares; of `timed` packets. */
  delaySumNs: 16,
  delaySquaresNs: 17,
  /** Packets that wait in the link now. */
  queued: 18,
  /** Of the link: bits sent, nanoseconds in which it had something to send. */
  linkBits: 19,
  linkBusyNs: 20,
  /** Packets with another source (or, back, destination) than they came with. */
  rebound: 21,
  timed: 22,
} as const;
export type CounterName = keyof typeof Counter;
export const COUNTER_NAMES = Object.keys(Counter) as CounterName[];
export type CounterValues = Readonly<Record<CounterName, number>>;

const FIELDS = COUNTER_NAMES.length;
const WORDS_PER_ROW = FIELDS * 2;

/** Shared memory in 32-bit words: the epoch, then for each row its lock and its values. */
const EPOCH = 0;
const HEADER_WORDS = 1;
const SHARED_WORDS_PER_ROW = 1 + WORDS_PER_ROW;

/** In place of the epoch while rows are changing hands. */
const EPOCH_CHANGING = -1;

export const COUNTERS_BYTES = (HEADER_WORDS + COUNTER_ROWS_MAX * SHARED_WORDS_PER_ROW) * 4;

const RowState = { free: 0, used: 1, retired: 2 } as const;

/** The writer's side; one per engine. */
export class Counters {
  readonly buffer: SharedArrayBuffer;
  /** Counts the configurations: a reader's table of rows is valid for snapshots of one epoch. */
  epoch = 0;

  readonly #values = new Float64Array(COUNTER_ROWS_MAX * FIELDS);
  /** The same memory, as the words that `publish` copies. */
  readonly #valueWords = new Int32Array(this.#values.buffer);
  readonly #shared: Int32Array;
  readonly #state = new Uint8Array(COUNTER_ROWS_MAX);
  readonly #changed = new Uint8Array(COUNTER_ROWS_MAX);
  readonly #changedRows = new Int32Array(COUNTER_ROWS_MAX);
  #changedCount = 0;
  #publishedEpoch = 0;

  /** `buffer` has COUNTERS_BYTES bytes, all zero. */
  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(COUNTERS_BYTES)) {
    this.buffer = buffer;
    this.#shared = new Int32Array(buffer, 0, COUNTERS_BYTES / 4);
  }

  /** Rows that `allocate` can still give. */
  get freeRows(): number {
    let free = 0;
    for (const state of this.#state) if (state === RowState.free) free++;
    return free;
  }

  /** A row of zeros. */
  allocate(): number {
    const row = this.#state.indexOf(RowState.free);
    assert(row >= 0, 'no counter row is free');
    this.#state[row] = RowState.used;
    this.#values.fill(0, row * FIELDS, (row + 1) * FIELDS);
    this.#touch(row);
    return row;
  }

  /** The row is free again as soon as none of its packets is held. */
  retire(row: number): void {
    const held = this.#values[row * FIELDS + Counter.held] > 0;
    this.#state[row] = held ? RowState.retired : RowState.free;
  }

  /** Packets came, of `bytes` IP bytes together; `outcome` says whether they left or were dropped. */
  countOutcome(row: number, packets: number, bytes: number, outcome: number): void {
    const at = row * FIELDS;
    this.#values[at + Counter.seen] += packets;
    this.#values[at + Counter.bytes] += bytes;
    this.#values[at + outcome] += packets;
    this.#touch(row);
  }

  /** So many more in a column. */
  count(row: number, counter: number, packets = 1): void {
    this.#values[row * FIELDS + counter] += packets;
    this.#touch(row);
  }

  /** A copy was made of a packet that came; `outcome` says what became of the copy at once. */
  countCopy(row: number, outcome: number): void {
    const at = row * FIELDS;
    this.#values[at + Counter.duplicated]++;
    this.#values[at + outcome]++;
    this.#touch(row);
  }

  /** A packet was lost as the `run`-th in a row. */
  countLossRun(row: number, run: number): void {
    const at = row * FIELDS;
    if (run === 1) this.#values[at + Counter.lossRuns]++;
    // n² is the sum of the first n odd numbers.
    this.#values[at + Counter.lossRunSquares] += 2 * run - 1;
  }

  /** Packets that were held left: `outcome` says how. */
  countRelease(row: number, outcome: number, packets: number): void {
    const at = row * FIELDS;
    this.#values[at + outcome] += packets;
    this.#values[at + Counter.held] -= packets;
    if (this.#values[at + Counter.held] === 0 && this.#state[row] === RowState.retired) {
      this.#state[row] = RowState.free;
    }
    this.#touch(row);
  }

  /** The time, `delayNs[0]`, that packets which passed took, each of them. */
  countDelay(row: number, delayNs: Float64Array, packets: number): void {
    const at = row * FIELDS;
    const ns = delayNs[0];
    this.#values[at + Counter.timed] += packets;
    this.#values[at + Counter.delaySumNs] += packets * ns;
    this.#values[at + Counter.delaySquaresNs] += packets * ns * ns;
  }

  /** What a link says of itself. */
  setLink(row: number, depth: number, bits: number, busyNs: number): void {
    const at = row * FIELDS;
    this.#values[at + Counter.queued] = depth;
    this.#values[at + Counter.linkBits] = bits;
    this.#values[at + Counter.linkBusyNs] = busyNs;
    this.#touch(row);
  }

  /** The writer's own view, without a lock. */
  row(row: number): CounterValues {
    return rowValues(this.#values, row);
  }

  /** Lets readers see the present state; costs nothing where nothing changed. */
  publish(): void {
    const newEpoch = this.epoch !== this.#publishedEpoch;
    if (newEpoch) Atomics.store(this.#shared, EPOCH, EPOCH_CHANGING);
    for (let i = 0; i < this.#changedCount; i++) this.#publishRow(this.#changedRows[i]);
    this.#changedCount = 0;
    if (newEpoch) Atomics.store(this.#shared, EPOCH, this.epoch);
    this.#publishedEpoch = this.epoch;
  }

  #publishRow(row: number): void {
    // Every access is atomic: plain stores may overtake the lock's on weakly ordered machines.
    const shared = this.#shared;
    const lock = HEADER_WORDS + row * SHARED_WORDS_PER_ROW;
    const from = row * WORDS_PER_ROW;
    Atomics.add(shared, lock, 1);
    for (let word = 0; word < WORDS_PER_ROW; word++) {
      Atomics.store(shared, lock + 1 + word, this.#valueWords[from + word]);
    }
    Atomics.add(shared, lock, 1);
    this.#changed[row] = 0;
  }

  #touch(row: number): void {
    if (this.#changed[row] === 0) {
      this.#changed[row] = 1;
      this.#changedRows[this.#changedCount++] = row;
    }
  }
}

/** What a reader got: each row as it was at some moment of the epoch. */
export interface CounterSnapshot {
  /** The writer's `Counters.epoch`. */
  readonly epoch: number;
  row(row: number): CounterValues;
}

/** A copy of what was last published; waits out a `publish` that is under way. */
export function snapshotCounters(buffer: SharedArrayBuffer): CounterSnapshot {
  const shared = new Int32Array(buffer, 0, COUNTERS_BYTES / 4);
  const values = new Float64Array(COUNTER_ROWS_MAX * FIELDS);
  const words = new Int32Array(values.buffer);
  for (;;) {
    const epoch = Atomics.load(shared, EPOCH);
    for (let row = 0; row < COUNTER_ROWS_MAX; row++) readRow(shared, row, words);
    if (epoch !== EPOCH_CHANGING && Atomics.load(shared, EPOCH) === epoch) {
      return { epoch, row: (row) => rowValues(values, row) };
    }
  }
}

function readRow(shared: Int32Array, row: number, words: Int32Array): void {
  const lock = HEADER_WORDS + row * SHARED_WORDS_PER_ROW;
  const to = row * WORDS_PER_ROW;
  for (;;) {
    const before = Atomics.load(shared, lock);
    for (let word = 0; word < WORDS_PER_ROW; word++) {
      words[to + word] = Atomics.load(shared, lock + 1 + word);
    }
    if ((before & 1) === 0 && Atomics.load(shared, lock) === before) return;
  }
}

function rowValues(values: Float64Array, row: number): CounterValues {
  const entries = COUNTER_NAMES.map((name, field) => [name, values[row * FIELDS + field]]);
  return Object.fromEntries(entries) as CounterValues;
}
