/**
 * The live loop as the main thread sees it: starts its thread, swaps rules, reads counters, ends
 * it. Nothing here waits for the loop but by promises.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { fromPlainError, runtimeError } from '../errors.js';
import { COUNTERS_BYTES, type CounterSnapshot, snapshotCounters } from '../netem/counters.js';
import { DELAY_TABLE_BYTES, DelayTable } from '../netem/delay-table.js';
import { HISTOGRAM_BYTES, Histogram } from '../netem/histogram.js';
import type { Rule } from '../rules/rule.js';
import { CONTROL_WORDS, ControlWord } from './control-words.js';
import type { LinkChange } from './link-monitor.js';
import type { LiveConfig, LoopMessage, RuleRows } from './live-config.js';
import { addressOf, check, close, eventFd, write } from './sys.js';

export type LivePathOptions = Omit<
  LiveConfig,
  'control' | 'counters' | 'lateness' | 'delays' | 'wakeFd'
>;

export interface LivePathEvents {
  onLinkChange(change: LinkChange): void;
  /** A TAP of this device was taken away by somebody else. */
  onDevicePathGone(device: string): void;
  /** The thread ended by itself. */
  onFailure(error: Error): void;
}

export interface Snapshot {
  readonly rules: readonly Rule[];
  /** Of each rule, [out, in]. */
  readonly rows: RuleRows['rows'];
  readonly counters: CounterSnapshot;
}

interface Unconfirmed {
  readonly rules: readonly Rule[];
  resolve(): void;
  reject(error: Error): void;
}

/** A loop that has not turned for so long hangs. */
const HANG_MS = 2_000;

function hasEnded(): Error {
  return runtimeError('E_ENDED', 'the instance has ended');
}

export class LivePath {
  readonly lateness: Histogram;
  /** How long packets took, by counter row. */
  readonly delays: DelayTable;
  readonly #worker: Worker;
  readonly #control: Int32Array;
  readonly #counters = new SharedArrayBuffer(COUNTERS_BYTES);
  readonly #wakeFd: number;
  readonly #events: LivePathEvents;
  readonly #one = new BigUint64Array([1n]);
  readonly #exited: Promise<unknown>;
  #rules: readonly Rule[];
  #ruleRows: RuleRows = { epoch: -1, rows: [] };
  /** Rules that the loop was told and has not confirmed yet, oldest first. */
  readonly #unconfirmed: Unconfirmed[] = [];
  #snapshot: Snapshot;
  #stopping = false;

  private constructor(options: LivePathOptions, events: LivePathEvents) {
    const control = new SharedArrayBuffer(CONTROL_WORDS * Int32Array.BYTES_PER_ELEMENT);
    const lateness = new SharedArrayBuffer(HISTOGRAM_BYTES);
    this.#control = new Int32Array(control);
    this.lateness = new Histogram(lateness);
    const delays = new SharedArrayBuffer(DELAY_TABLE_BYTES);
    this.delays = new DelayTable(delays);
    this.#wakeFd = check(eventFd(), 'make an eventfd');
    this.#events = events;
    this.#rules = options.rules;
    this.#snapshot = { rules: [], rows: [], counters: snapshotCounters(this.#counters) };
    const workerData: LiveConfig = {
      ...options,
      control,
      counters: this.#counters,
      lateness,
      delays,
      wakeFd: this.#wakeFd,
    };
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), { workerData });
    this.#exited = once(this.#worker, 'exit').catch(() => {});
    this.#worker.on('message', (message: LoopMessage) => this.#onMessage(message));
    this.#worker.on('error', (error) => events.onFailure(error as Error));
  }

  /** Resolves when the loop is about to read its first frame. */
  static async start(options: LivePathOptions, events: LivePathEvents): Promise<LivePath> {
    const path = new LivePath(options, events);
    const ready = path.#confirmation(options.rules);
    const failed = once(path.#worker, 'exit').then(() => {
      throw runtimeError('E_LIVE_LOOP', 'the live loop ended before it began');
    });
    await Promise.race([ready, failed]);
    return path;
  }

  get rules(): readonly Rule[] {
    return this.#rules;
  }

  /** Grows while the loop lives. */
  get turns(): number {
    return Atomics.load(this.#control, ControlWord.turns);
  }

  /** Frames that the kernel did not take back. */
  get refused(): number {
    return Atomics.load(this.#control, ControlWord.refused);
  }

  /** IP packets that contradict themselves; they passed. */
  get malformed(): number {
    return Atomics.load(this.#control, ControlWord.malformed);
  }

  /** The longest time for which the loop stood still; 0 below 100 ms. */
  get stallNs(): number {
    return Atomics.load(this.#control, ControlWord.stallMs) * 1e6;
  }

  /** What the loop records at the same moment may be lost. */
  forgetLateness(): void {
    this.lateness.clear();
  }

  /** Of the packet memory; what frames are read into is a part of it. */
  get memoryUsedBytes(): number {
    return Atomics.load(this.#control, ControlWord.memoryUsedKib) * 1_024;
  }

  /**
   * The rules in force and their counters. While rules change hands it is the last one before: rows
   * mean something only in the epoch in which they were given out.
   */
  snapshot(): Snapshot {
    const counters = snapshotCounters(this.#counters);
    const { epoch, rows } = this.#ruleRows;
    if (counters.epoch === epoch) this.#snapshot = { rules: this.#rules, rows, counters };
    return this.#snapshot;
  }

  /**
   * Swaps the rules between two packets; throws, and changes nothing, when the engine refuses. `number`: as
   * the recording knows them, which calls those of the beginning 0.
   */
  async configure(rules: readonly Rule[], number: number): Promise<void> {
    if (this.#stopping) throw hasEnded();
    const configured = this.#confirmation(rules);
    this.#worker.postMessage({ kind: 'configure', rules, number });
    Atomics.store(this.#control, ControlWord.message, 1);
    this.#wake();
    const exited = this.#exited.then(() => {
      throw hasEnded();
    });
    await Promise.race([configured, exited]);
  }

  /** Releases what is held and ends the thread; resolves when both are done. */
  async stop(): Promise<void> {
    if (this.#stopping) return void (await this.#exited);
    this.#stopping = true;
    Atomics.store(this.#control, ControlWord.stop, 1);
    this.#wake();
    await this.#exitOrHang();
    close(this.#wakeFd);
  }

  /** A loop that does not get on is ended by force; what it holds is lost. */
  async #exitOrHang(): Promise<void> {
    for (let turns = -1; turns !== this.turns; ) {
      turns = this.turns;
      const hasExited = await Promise.race([
        this.#exited.then(() => true),
        sleep(HANG_MS, false, { ref: false }),
      ]);
      if (hasExited) return;
    }
    void this.#worker.terminate();
  }

  #wake(): void {
    write(this.#wakeFd, addressOf(this.#one), this.#one.byteLength);
  }

  #confirmation(rules: readonly Rule[]): Promise<void> {
    return new Promise((resolve, reject) => this.#unconfirmed.push({ rules, resolve, reject }));
  }

  /** Rules and rows change together: a snapshot never pairs the one's rules with the other's rows. */
  #onConfirmed(rows: RuleRows): void {
    const confirmed = this.#unconfirmed.shift()!;
    this.#rules = confirmed.rules;
    this.#ruleRows = rows;
    confirmed.resolve();
  }

  #onMessage(message: LoopMessage): void {
    switch (message.kind) {
      case 'ready':
      case 'configured':
        this.#onConfirmed(message);
        break;
      case 'refused':
        this.#unconfirmed.shift()!.reject(fromPlainError(message.error));
        break;
      case 'link':
        this.#events.onLinkChange(message.change);
        break;
      case 'laneGone':
        this.#events.onDevicePathGone(message.device);
        break;
      case 'ended':
        // The thread's port would keep it alive.
        void this.#worker.terminate();
        break;
    }
  }
}
