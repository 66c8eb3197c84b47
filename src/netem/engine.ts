/**
 * What happens to each packet, and when: the engine behind the live loop, the replay of captures and
 * the tests. It is pure: it knows the time only from its driver, and the same seed, rules, packets
 * and times give the same verdicts, however the calls are batched.
 *
 *     ingress ─▶ parse ─▶ flow, rule ─▶ pipeline ─▶ pass: the driver writes the slot on
 *                                         │   └───▶ drop
 *                                         └─▶ held: a copy in link or wheel ─▶ expire ─▶ sink.release
 *
 * A driver's turn, with one reading of the clock: `ingress` for each packet read, `expire`, then
 * wait until `nextDeadline` or until packets come.
 */
import type { PacketView } from '../packet/packet-view.js';
import type { Direction, Rule } from '../rules/rule.js';
import { ActiveRules } from './active-rules.js';
import { Counter, Counters } from './counters.js';
import { DelayTable } from './delay-table.js';
import { Departures } from './departures.js';
import { directionOf, UNMATCHED } from './flow-table.js';
import { Judging } from './judging.js';
import { LateFates } from './late-fates.js';
import { NatTable } from './nat-table.js';
import { type PacketMemory, SlotFlag } from './packet-memory.js';
import { Rejections } from './rejections.js';
import { RuleFinder } from './rule-finder.js';
import { Ruling } from './ruling.js';
import { ARRIVAL_NS, Judgement, RELEASE_NS } from './stages/stage.js';
import { Trains } from './trains.js';
import { Verdict } from './verdict.js';
import { Wheel } from './wheel.js';

export { BY_FLOW } from './flow-table.js';
export { Verdict } from './verdict.js';

/** Takes the packets that were held, when they are due. */
export interface Sink {
  /**
   * The slot is given back when this returns, but keeps its bytes until the next `ingress`, so that
   * a driver can write in batches. `memory.deadlineNs[slot]` says when it was due; where
   * `memory.flags[slot]` has `SlotFlag.reply`, the packet leaves in the opposite direction of the one that
   * it came by.
   */
  release(slot: number): void;
}

export interface EngineOptions {
  readonly memory: PacketMemory;
  readonly rules: readonly Rule[];
  /** Any text; with rules and packets it determines every verdict. */
  readonly seed: string;
  readonly counters?: Counters;
  readonly delays?: DelayTable;
  /** Collect what befalls held packets without their being released, in `Engine.late`. */
  readonly witnessed?: boolean;
  /** The driver's time is virtual: packets leave when they are due, however late `expire` comes. */
  readonly virtual?: boolean;
}

export class Engine {
  readonly memory: PacketMemory;
  readonly counters: Counters;
  readonly delays: DelayTable;
  /** IP packets whose headers are cut short or contradict themselves; they pass. */
  malformed = 0;

  /** What was decided of the packet, or the train, that was judged last. */
  readonly ruling = new Ruling();
  /** Null unless the engine is `witnessed`. Whoever reads it clears it. */
  readonly late: LateFates | null;

  readonly #judgement = new Judgement();
  readonly #view: PacketView = this.#judgement.view;
  readonly #finder = new RuleFinder(this.#judgement);
  /** Judges super-packets: what the last one is made of, and which runs of it pass. */
  readonly trains: Trains;
  readonly #wheel: Wheel;
  readonly #nat = new NatTable();
  readonly #active: ActiveRules;
  readonly #departures: Departures;
  readonly #judging: Judging;
  readonly #isVirtual: boolean;

  constructor(options: EngineOptions) {
    this.memory = options.memory;
    this.counters = options.counters ?? new Counters();
    this.delays = options.delays ?? new DelayTable();
    this.#wheel = new Wheel(options.memory);
    this.#departures = new Departures(this.memory, this.counters, this.delays);
    this.late = options.witnessed === true ? new LateFates() : null;
    this.#isVirtual = options.virtual === true;
    const { memory, counters, late } = this;
    const surroundings = { memory, counters, wheel: this.#wheel, late };
    const { delays } = this;
    const nat = this.#nat;
    this.#active = new ActiveRules({ seed: options.seed, surroundings, delays, nat });
    const packet = this.#judgement;
    const parts = { ...surroundings, packet, active: this.#active, departures: this.#departures };
    const rejections = new Rejections(packet, nat, surroundings);
    this.#judging = new Judging({ ...parts, nat, rejections }, this.ruling);
    this.trains = new Trains({ ...parts, finder: this.#finder }, this.ruling);
    this.configure(options.rules, 0);
  }

  get rules(): readonly Rule[] {
    return this.#active.list.map((active) => active.rule);
  }

  /** Pipelines that have a link, or may get one. */
  get linkCount(): number {
    return this.#active.links.length;
  }

  /** Packets held now. */
  get heldCount(): number {
    const inLinks = this.#active.links.reduce((sum, link) => sum + link.depth, 0);
    return this.#wheel.size + inLinks;
  }

  /** The row of `counters` in which the rule's packets are counted. */
  rowOf(ruleIndex: number, direction: Direction): number {
    return this.#active.list[ruleIndex].pipelines[direction].row;
  }

  /**
   * Judges the packet in `slot`, which arrived at `nowNs`. `direction` is a Direction or BY_FLOW.
   * On `Verdict.pass` the driver writes the slot on at once (its bytes may have changed); on `held` the
   * engine has a copy and on `drop` nobody wants it: the slot is the driver's again in all three cases.
   * What is no IP packet, or matches no rule, passes uncounted. A `nowNs` that is a variable of the
   * caller for a whole batch is not boxed anew for each packet.
   */
  ingress(slot: number, direction: number, nowNs: number): number {
    const { memory } = this;
    const view = this.#view;
    const packet = this.#judgement;
    packet.values[ARRIVAL_NS] = nowNs;
    packet.values[RELEASE_NS] = nowNs;
    const length = memory.length[slot];
    if (!view.parse(memory.bytes, memory.frameOffset(slot), length, memory.linkType[slot])) {
      if (view.malformed) this.malformed++;
      this.ruling.setUnmatched(-1, false, Counter.passed);
      return Verdict.pass;
    }
    const active = this.#active;
    if (active.rebinds) {
      this.#judging.settle(slot);
      this.#nat.inbound(view);
    }
    const side = this.#finder.find(direction);
    const rule = this.#finder.rule;
    if (rule === UNMATCHED) {
      this.ruling.setUnmatched(directionOf(side), this.#finder.matters, Counter.passed);
      return Verdict.pass;
    }
    this.ruling.direction = directionOf(side);
    const pipeline = active.list[rule].pipelines[directionOf(side)];
    if (pipeline.nextChangeNs[0] <= nowNs) pipeline.followSchedule(nowNs);
    return this.#judging.judge(slot, pipeline, rule);
  }

  /** When `expire` has something to do; Infinity when nothing is held. */
  nextDeadline(): number {
    const { links } = this.#active;
    let deadlineNs = this.#wheel.nextDeadline();
    for (let i = 0; i < links.length; i++) {
      deadlineNs = Math.min(deadlineNs, links[i].nextDeadline());
    }
    return deadlineNs;
  }

  /**
   * Releases what is due at `nowNs`, in order of (deadline, ingress), and returns how many frames
   * that were. Spurious calls are harmless, late ones make packets late.
   */
  expire(nowNs: number, sink: Sink): number {
    const { links } = this.#active;
    for (let i = 0; i < links.length; i++) links[i].advance(nowNs);
    this.#wheel.expire(nowNs);
    let count = 0;
    for (let slot = this.#wheel.takeDue(); slot >= 0; slot = this.#wheel.takeDue()) {
      const { deadlineNs, arrivalNs } = this.memory;
      this.#departures.tookNs[0] = (this.#isVirtual ? deadlineNs[slot] : nowNs) - arrivalNs[slot];
      if (this.#release(slot, sink, true)) count++;
    }
    return count;
  }

  /** Releases everything that is held, in order, at once; returns how many frames that were. */
  flush(sink: Sink): number {
    for (const link of this.#active.links) link.flushLink();
    this.#wheel.expireAll();
    let count = 0;
    for (let slot = this.#wheel.takeDue(); slot >= 0; slot = this.#wheel.takeDue()) {
      if (this.#release(slot, sink, false)) count++;
    }
    for (const { pipelines } of this.#active.list) {
      for (const { outlet } of pipelines) outlet.noteFlushed();
    }
    return count;
  }

  /**
   * Replaces the rules between two packets. Held packets keep their time; what waits in the link of a
   * rule that is gone leaves it. A rule of the same text keeps its counters; one of the same name keeps
   * its flows' numbers and ordinals, its order and its queue. `nowNs` is the moment of the change: new and
   * changed rules come into force then, and their schedules and outages begin. Throws E_RULES_BUSY,
   * and changes nothing, when packets of replaced rules hold too many counter rows.
   */
  configure(rules: readonly Rule[], nowNs: number): void {
    const successors = this.#active.replace(rules, nowNs);
    this.#finder.configure(rules, this.#active.list, successors);
  }

  /** False when nothing is to be released. */
  #release(slot: number, sink: Sink, isTimely: boolean): boolean {
    const { memory } = this;
    const flags = memory.flags[slot];
    const row = memory.row[slot];
    if ((flags & SlotFlag.reply) === 0) {
      const pipeline = this.#active.pipelineOfRow[row]!;
      pipeline.outlet.noteReleased(slot);
      if ((flags & SlotFlag.void) !== 0) {
        memory.give(slot);
        return false;
      }
      const packets = memory.segments[slot];
      this.counters.countRelease(row, Counter.passed, packets);
      if (isTimely && pipeline.takesTime) this.#departures.recordTime(row, packets);
      if (pipeline.mayReorder) this.#departures.noteOrder(slot);
    }
    sink.release(slot);
    memory.give(slot);
    return true;
  }
}
