/**
 * A capture through the engine, in virtual time: the same packets meet the same verdicts as they would
 * live, on every machine, however fast it goes and however the file comes.
 *
 *     source ─▶ reader ─▶ slot ─▶ engine ─▶ exit
 *                       now = the packet's time   held ─▶ at its own time ─▶ exit
 *
 * What leaves is in the order of its times, and whether anybody waits in between makes no difference. To
 * that end the engine is woken between two packets at each of its deadlines, one by one, where several
 * links work side by side (or somebody waits for it to be time): else what leaves two of them at one time
 * would leave in the order of the rules. Where there is one link or none, once for all gives the same order
 * and is faster (60 ns a packet).
 */
import { Counters } from '../netem/counters.js';
import { DelayTable } from '../netem/delay-table.js';
import { Engine } from '../netem/engine.js';
import { PacketMemory } from '../netem/packet-memory.js';
import type { Fault } from '../pcap/capture-items.js';
import { CaptureReader, Item, READ_WINDOW_BYTES } from '../pcap/capture-reader.js';
import type { Exit } from './exit.js';
import { fill } from './fill.js';
import { Passage } from './passage.js';
import type { ReplayOptions, ReplayResult } from './replay-types.js';
import { ARRIVAL_NS_MAX, type RuleChange } from './timeline.js';

/**
 * Registers of times: the engine's, of the capture's first packet; up to when it may run; and when
 * something is next.
 */
const ZERO_NS = 0;
const UNTIL_NS = 1;
const NEXT_NS = 2;

/**
 * So many deadlines at which nothing leaves are the end: packets may wait for ever (a trace that is over,
 * under a schedule that goes on).
 */
const IDLE_STEPS_MAX = 200_000;

export class Replay {
  readonly counters = new Counters();
  readonly delays = new DelayTable();
  readonly engine: Engine;
  readonly passage: Passage;
  readonly #options: ReplayOptions;
  readonly #reader: CaptureReader;
  readonly #exit: Exit;
  /** ZERO_NS, UNTIL_NS and NEXT_NS; doubles in fields would be boxed. */
  readonly #times = new Float64Array(3);
  /**
   * The next packet comes later than the last: of one time, all come before anything leaves, as in a live
   * batch.
   */
  #timePasses = true;
  /** The engine is woken at each of its deadlines. */
  #isStepwise = true;
  /** Format and first section are known; so is the time of the first packet. */
  #hasBegun = false;
  #hasBase = false;
  #isBaseKnown = false;
  #sourceFault: Fault | null = null;

  /** Errors: those of the exit's maker. */
  constructor(options: ReplayOptions) {
    const { seed, exit, directions, observers } = options;
    this.#options = options;
    const memory = new PacketMemory(options.memoryBytes, READ_WINDOW_BYTES + exit.edgeBytes);
    const { counters, delays } = this;
    const engineOptions = { memory, rules: [], seed, counters, delays };
    this.engine = new Engine({ ...engineOptions, witnessed: true, virtual: true });
    this.#reader = new CaptureReader(memory.bytes, memory.edgeAt, READ_WINDOW_BYTES);
    this.#exit = exit.open(memory, memory.edgeAt + READ_WINDOW_BYTES);
    this.passage = new Passage({
      reader: this.#reader,
      memory,
      engine: this.engine,
      exit: this.#exit,
      directions,
      observers,
    });
  }

  /** Once. Errors: those of source and exit, and of rules in a recording. A fault in the file is no error. */
  async run(): Promise<ReplayResult> {
    const { timeline, rules } = this.#options;
    this.passage.nowNs[0] = timeline.startNs;
    try {
      this.#configure({ rules, atNs: timeline.startNs });
      await this.#readAll();
      if (!this.#isInterrupted) await this.#runOut();
      const verdictsSha256 = this.passage.end();
      return this.#result(verdictsSha256);
    } finally {
      await this.#exit.close();
    }
  }

  get #isInterrupted(): boolean {
    return this.#options.signal?.aborted === true;
  }

  #result(verdictsSha256: string): ReplayResult {
    this.counters.publish();
    const { baseNs, fault } = this.#reader;
    return {
      counts: this.passage.counts,
      malformed: this.engine.malformed,
      verdictsSha256,
      fault: this.#sourceFault ?? fault,
      isInterrupted: this.#isInterrupted,
      spanNs: this.#hasBase ? this.passage.nowNs[0] - this.#times[ZERO_NS] : 0,
      baseNs,
    };
  }

  /** Everything up to the end of the file, its fault, or an interruption. */
  async #readAll(): Promise<void> {
    const { timeline } = this.#options;
    const { passage } = this;
    const reader = this.#reader;
    for (;;) {
      switch (reader.next()) {
        case Item.packet:
          this.#findArrival();
          if (!this.#advance()) {
            await this.#waitAndAdvance();
            if (this.#isInterrupted) return;
          }
          passage.nowNs[0] = this.#times[UNTIL_NS];
          passage.enter();
          break;
        case Item.more:
          await this.#fill();
          if (this.#isInterrupted) return;
          break;
        case Item.section:
          await this.#beginSection();
          if (this.#isInterrupted) return;
          break;
        case Item.interface:
          this.#begin();
          passage.addInterface(reader.interfaces.at(-1)!);
          break;
        case Item.block:
          if (!timeline.takes(reader)) passage.keepBlock();
          break;
        default:
          return;
      }
    }
  }

  /** Virtual time goes on until nothing is held any more, or until the recording ended. */
  async #runOut(): Promise<void> {
    const times = this.#times;
    const { endNs } = this.#options.timeline;
    this.#timePasses = true;
    for (let held = -1, idleSteps = 0; idleSteps < IDLE_STEPS_MAX; idleSteps++) {
      times[UNTIL_NS] = Math.min(endNs, this.engine.nextDeadline());
      if (times[UNTIL_NS] > Number.MAX_SAFE_INTEGER) return;
      if (!this.#advance()) await this.#waitAndAdvance();
      if (this.#isInterrupted) return;
      if (times[UNTIL_NS] === endNs) {
        this.passage.nowNs[0] = Math.max(endNs, this.passage.nowNs[0]);
        return;
      }
      const { heldCount } = this.engine;
      if (heldCount !== held) idleSteps = 0;
      held = heldCount;
    }
  }

  /** When the packet that was read comes: time never goes back. */
  #findArrival(): void {
    const { passage } = this;
    const times = this.#times;
    if (!this.#hasBase) this.#setBase();
    else if (!this.#isBaseKnown && this.#reader.baseNs !== 0n) this.#setBase();
    times[UNTIL_NS] = times[ZERO_NS] + this.#reader.timeNs[0];
    const takenNs = Math.max(passage.nowNs[0], Math.min(times[UNTIL_NS], ARRIVAL_NS_MAX));
    this.#timePasses = takenNs > passage.nowNs[0];
    if (times[UNTIL_NS] !== takenNs) {
      times[UNTIL_NS] = takenNs;
      passage.counts.outOfOrder++;
    }
  }

  /** `#advance`, with the waits that it needs; an interruption ends it early. */
  async #waitAndAdvance(): Promise<void> {
    while (!this.#advance() && !this.#isInterrupted) await this.#wait();
  }

  /** Lets time pass up to UNTIL_NS; false when that needs a `#wait` first. */
  #advance(): boolean {
    const { engine, passage } = this;
    // Before the first packet there is nothing to be in time with.
    const pace = this.#hasBase ? this.#options.pace : null;
    const { nowNs } = passage;
    const exit = this.#exit;
    const times = this.#times;
    for (;;) {
      const deadlineNs = engine.nextDeadline();
      const isDue = deadlineNs <= times[UNTIL_NS] && this.#timePasses;
      times[NEXT_NS] = isDue ? deadlineNs : times[UNTIL_NS];
      if (exit.mustDrain || pace?.isEarly(times[NEXT_NS] - times[ZERO_NS]) === true) return false;
      if (!isDue) return true;
      if (!this.#isStepwise) nowNs[0] = times[UNTIL_NS];
      else if (deadlineNs > nowNs[0]) nowNs[0] = deadlineNs;
      engine.expire(nowNs[0], passage);
      passage.hearLate();
    }
  }

  async #wait(): Promise<void> {
    const { pace, signal } = this.#options;
    const times = this.#times;
    this.passage.tellDecided();
    if (this.#exit.mustDrain) await this.#exit.drain();
    if (pace === null || !this.#hasBase) return;
    // Whoever reads the output reads it in time.
    await this.#exit.flush();
    await pace.until(times[NEXT_NS] - times[ZERO_NS], signal);
  }

  async #fill(): Promise<void> {
    const { source, signal } = this.#options;
    // The next bytes may be long in coming.
    this.passage.tellDecided();
    const fault = await fill(this.#reader, source, this.engine.memory.bytes, signal);
    // What came before it is replayed; where it ends, the reader's own complaint says less.
    this.#sourceFault ??= fault;
  }

  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#exit.begin(this.#reader);
  }

  async #beginSection(): Promise<void> {
    const { timeline } = this.#options;
    this.#begin();
    this.passage.beginSection(this.#reader.section!.littleEndian);
    const change = timeline.changeAt(this.#reader);
    if (change === null) return;
    this.#times[UNTIL_NS] = Math.max(change.atNs, this.passage.nowNs[0]);
    this.#timePasses = true;
    await this.#waitAndAdvance();
    this.passage.nowNs[0] = this.#times[UNTIL_NS];
    this.#configure(change);
  }

  #configure({ rules, atNs }: RuleChange): void {
    this.passage.beginRules(rules.map(({ name }) => name));
    this.engine.configure(rules, atNs);
    this.#isStepwise = this.#options.pace !== null || this.engine.linkCount > 1;
    this.passage.hearLate();
  }

  #setBase(): void {
    const { baseNs } = this.#reader;
    this.#hasBase = true;
    // Simple packet blocks have no time: those at the beginning are of 1970.
    this.#isBaseKnown = baseNs !== 0n;
    this.#times[ZERO_NS] = this.#options.timeline.zeroNs(baseNs);
    this.passage.zeroNs = this.#times[ZERO_NS];
    this.#exit.setBase(baseNs);
  }
}
