/**
 * What happens to each packet, and when: the engine behind the live loop, the replay of captures and
 * the tests. It is pure: it knows the time only from its driver, and the same seed, rules, packets
 * and times give the same verdicts, however the calls are batched.
 *
 *     ingress ─▶ parse ─▶ flow, rule ─▶ stages ─▶ pass: the driver writes the slot on
 *                                         │   └─▶ drop
 *                                         └─▶ held: a copy in the wheel ─▶ expire ─▶ sink.release
 *
 * A driver's turn, with one reading of the clock: `ingress` for each packet read, `expire`, then
 * wait until `nextDeadline` or until packets come.
 */
import assert from 'node:assert';
import { usageError } from '../errors.js';
import { PacketView } from '../packet/packet-view.js';
import { Classifier } from '../rules/classifier.js';
import { DIRECTION_NAMES, type Direction, type Rule } from '../rules/rule.js';
import { Counter, Counters } from './counters.js';
import { directionOf, FlowTable, UNMATCHED } from './flow-table.js';
import { FragmentTable } from './fragment-table.js';
import type { PacketMemory } from './packet-memory.js';
import { Pipeline } from './pipeline.js';
import { ARRIVAL_NS, GO_ON, Judgement, RELEASE_NS } from './stages/stage.js';
import { Wheel } from './wheel.js';

export { BY_FLOW } from './flow-table.js';

export const Verdict = { pass: 0, held: 1, drop: 2 } as const;

/** Takes the packets that were held, when they are due. */
export interface Sink {
  /**
   * The slot is given back when this returns, but keeps its bytes until the next `ingress`, so that
   * a driver can write in batches. `memory.deadlineNs[slot]` says when it was due.
   */
  release(slot: number): void;
}

export interface EngineOptions {
  readonly memory: PacketMemory;
  readonly rules: readonly Rule[];
  /** Any text; with rules and packets it determines every verdict. */
  readonly seed: string;
  readonly counters?: Counters;
}

/** A rule at work. */
interface ActiveRule {
  readonly rule: Rule;
  readonly pipelines: readonly Pipeline[];
  /** Flows seen under the rule's name so far: the number of the next. */
  flowCount: number;
}

export class Engine {
  readonly memory: PacketMemory;
  readonly counters: Counters;
  /** IP packets whose headers are cut short or contradict themselves; they pass. */
  malformed = 0;

  readonly #seed: string;
  readonly #view = new PacketView();
  readonly #judgement = new Judgement();
  readonly #flows = new FlowTable(this.#judgement.values);
  readonly #fragments = new FragmentTable(this.#judgement.values);
  readonly #wheel: Wheel;
  /** The last `expire`: all with a deadline up to here have left. */
  readonly #expiredNs = new Float64Array(1);
  #classifier = new Classifier([]);
  #active: readonly ActiveRule[] = [];

  constructor(options: EngineOptions) {
    this.memory = options.memory;
    this.counters = options.counters ?? new Counters();
    this.#seed = options.seed;
    this.#wheel = new Wheel(options.memory);
    this.configure(options.rules, 0);
  }

  get rules(): readonly Rule[] {
    return this.#active.map((active) => active.rule);
  }

  /** Packets held now. */
  get heldCount(): number {
    return this.#wheel.size;
  }

  /** The row of `counters` in which the rule's packets are counted. */
  rowOf(ruleIndex: number, direction: Direction): number {
    return this.#active[ruleIndex].pipelines[direction].row;
  }

  /**
   * Judges the packet in `slot`, which arrived at `nowNs`. `direction` is a Direction or BY_FLOW.
   * On `Verdict.pass` the driver writes the slot on at once; on `held` the engine has a copy and on
   * `drop` nobody wants it: the slot is the driver's again in all three cases. What is no IP packet, or
   * matches no rule, passes uncounted. A `nowNs` that is a variable of the caller for a whole
   * batch is not boxed anew for each packet.
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
      return Verdict.pass;
    }
    if (view.isLaterFragment) this.#fragments.complete(view);
    else if (view.isFirstFragment) this.#fragments.add(view);

    const flows = this.#flows;
    const side = flows.enter(view, direction);
    let rule = flows.rule[side];
    if (rule < UNMATCHED) rule = this.#classify(side);
    if (rule === UNMATCHED) return Verdict.pass;
    flows.count(side, packet);
    return this.#judge(slot, this.#active[rule].pipelines[directionOf(side)]);
  }

  /** When `expire` has packets to release; Infinity when none is held. */
  nextDeadline(): number {
    return this.#wheel.nextDeadline();
  }

  /**
   * Releases what is due at `nowNs`, in order of (deadline, ingress), and returns how many packets
   * that were. Spurious calls are harmless, late ones make packets late.
   */
  expire(nowNs: number, sink: Sink): number {
    this.#wheel.expire(nowNs);
    const count = this.#release(sink);
    if (nowNs > this.#expiredNs[0]) this.#expiredNs[0] = nowNs;
    return count;
  }

  /** Releases everything that is held, in order, at once; returns how many packets that were. */
  flush(sink: Sink): number {
    this.#wheel.expireAll();
    const count = this.#release(sink);
    for (const { pipelines } of this.#active) for (const p of pipelines) p.noteFlushed();
    return count;
  }

  /**
   * Replaces the rules between two packets. Held packets keep their time. A rule of the same text
   * keeps its counters; one of the same name keeps its flows' numbers and ordinals, and its order.
   * `nowNs` is the moment of the change; nothing depends on it yet. Throws E_RULES_BUSY,
   * and changes nothing, when packets of replaced rules hold too many counter rows.
   */
  configure(rules: readonly Rule[], _nowNs: number): void {
    const old = new Map(this.#active.map((active) => [active.rule.name, active]));
    assert(new Set(rules.map((rule) => rule.name)).size === rules.length, 'rule names are unique');
    const isKept = (rule: Rule) => old.get(rule.name)?.rule.text === rule.text;
    this.#assureRows(rules.filter((rule) => !isKept(rule)).length * DIRECTION_NAMES.length);
    const kept = new Set(rules.filter(isKept).map((rule) => rule.name));
    for (const { rule, pipelines } of this.#active) {
      if (!kept.has(rule.name)) for (const { row } of pipelines) this.counters.retire(row);
    }
    const active = rules.map((rule) => {
      const before = old.get(rule.name);
      return before !== undefined && isKept(rule) ? before : this.#activate(rule, before);
    });
    const indices = new Map(rules.map((rule, index) => [rule.name, index]));
    this.#flows.reclassify(this.#active.map(({ rule }) => indices.get(rule.name) ?? UNMATCHED));
    this.#classifier = new Classifier(rules);
    this.#active = active;
    this.counters.epoch++;
  }

  #activate(rule: Rule, before: ActiveRule | undefined): ActiveRule {
    const pipelines = ([0, 1] as const).map((direction) => {
      const row = this.counters.allocate();
      return new Pipeline(rule, direction, this.#seed, row, before?.pipelines[direction]);
    });
    return { rule, pipelines, flowCount: before?.flowCount ?? 0 };
  }

  #assureRows(rows: number): void {
    if (rows <= this.counters.freeRows) return;
    throw usageError(
      'E_RULES_BUSY',
      'too many packets of replaced rules are still held to replace the rules once more',
      'try again when the longest delay has passed',
    );
  }

  /** Finds the rule for a side of a flow; later packets of that side will find it there. */
  #classify(side: number): number {
    const view = this.#view;
    const { sourcePort, destinationPort } = view;
    const rule = this.#classifier.classify(view, sourcePort, destinationPort, directionOf(side));
    const flowCount = rule === UNMATCHED ? 0 : this.#active[rule].flowCount;
    if (this.#flows.assign(side, rule, flowCount)) this.#active[rule].flowCount++;
    return rule;
  }

  #judge(slot: number, pipeline: Pipeline): number {
    const { memory, counters } = this;
    const packet = this.#judgement;
    const { row } = pipeline;
    const bytes = this.#view.l3Length;
    const cause = pipeline.judge(packet);
    if (cause !== GO_ON) {
      counters.countOutcome(row, bytes, cause);
      return Verdict.drop;
    }
    const isDelayed = packet.values[RELEASE_NS] > packet.values[ARRIVAL_NS];
    if (!isDelayed && !pipeline.mustQueue(this.#expiredNs)) {
      counters.countOutcome(row, bytes, Counter.passed);
      return Verdict.pass;
    }
    const held = memory.take(memory.length[slot]);
    if (held < 0) {
      counters.countOutcome(row, bytes, Counter.overflow);
      return Verdict.drop;
    }
    memory.copy(slot, held);
    memory.row[held] = row;
    memory.deadlineNs[held] = packet.values[RELEASE_NS];
    this.#wheel.insert(held);
    pipeline.noteHeld(packet);
    counters.countOutcome(row, bytes, Counter.held);
    if (isDelayed) counters.countDelayed(row);
    return Verdict.held;
  }

  #release(sink: Sink): number {
    const { memory, counters } = this;
    const wheel = this.#wheel;
    let count = 0;
    for (let slot = wheel.takeDue(); slot >= 0; slot = wheel.takeDue()) {
      counters.countRelease(memory.row[slot]);
      sink.release(slot);
      memory.give(slot);
      count++;
    }
    return count;
  }
}
