/**
 * A rule in one direction at work: the stages that judge its packets, the link that they queue for, and
 * the outlet that gives them their place in the wheel.
 *
 *     judge ─▶ stages ─▶ drop
 *                 └▶ link (rate, trace) ─▶ outlet (order, slots) ─▶ wheel ─▶ release
 *
 * It outlives changes of the rule's values: stages are made anew, what they remember stays.
 */
import { UNIMPAIRED } from '../rules/impairment-key.js';
import { DIRECTION_NAMES, type Direction, type Impairments } from '../rules/rule.js';
import { type Assembly, assemble } from './assemble.js';
import { Counter } from './counters.js';
import { FLOW_ENTRIES } from './limits.js';
import { DEPARTURE_NS, type Link, type LinkExit, NEXT_NS, NOW_NS } from './link/link.js';
import { makeLink, sameKind } from './link/make-link.js';
import type { NatTable } from './nat-table.js';
import { AT_NS, Outlet, type Surroundings } from './outlet.js';
import { SlotFlag } from './packet-memory.js';
import { Stream } from './random.js';
import type { StageKit } from './stages/kit.js';
import { ARRIVAL_NS, Effect, GO_ON, type Judgement, ORDINAL, RELEASE_NS } from './stages/stage.js';

/** Registers of `Pipeline.#totals`: of the links before the present one. */
const BITS = 0;
const BUSY_NS = 1;

/** A copy's draws are keyed by its original's ordinal with this bit. */
const COPY_BIT = 0x8000_0000 | 0;

/** What, with a stage's name, determines every draw. */
export interface PipelineKey {
  readonly seed: string;
  /** The rule's. */
  readonly name: string;
  readonly direction: Direction;
}

export class Pipeline implements LinkExit {
  readonly outlet: Outlet;
  /** The counters' row of the rule as it is now. */
  row = 0;
  /** Answers are due to the packets that a partition drops. */
  rejects = false;
  /** Its packets take time, or may: what they took is worth recording. */
  takesTime = false;
  /** Its packets may leave in another order than they came. */
  mayReorder = false;

  readonly #key: PipelineKey;
  readonly #surroundings: Surroundings;
  readonly #nat: NatTable;
  readonly #streams = new Map<string, Stream>();
  readonly #totals = new Float64Array(2);
  #memories = new Map<string, object>();
  #startNs = 0;
  #impairments: Impairments = UNIMPAIRED;
  #assembly: Assembly = { stages: [], copyStages: [] };
  #link: Link | null = null;
  /** Packets lost in a row up to now: of the rule, or of each flow. */
  #lossRun = new Int32Array(1);

  /** Follow it with `replace`. */
  constructor(key: PipelineKey, surroundings: Surroundings, nat: NatTable) {
    this.outlet = new Outlet(surroundings);
    this.#key = key;
    this.#surroundings = surroundings;
    this.#nat = nat;
  }

  /** Another rule of the same name takes over: its processes begin anew, order and queue stay. */
  replace(impairments: Impairments, row: number, nowNs: number): void {
    this.row = row;
    this.#startNs = nowNs;
    this.#memories = new Map();
    this.#totals[BITS] = -(this.#link?.sentBits ?? 0);
    this.#totals[BUSY_NS] = -(this.#link?.busyNs ?? 0);
    this.tune(impairments, nowNs);
  }

  /** Other values of the same rule, from `nowNs` on. */
  tune(impairments: Impairments, nowNs: number): void {
    this.#retuneLink(impairments, nowNs);
    this.#impairments = impairments;
    const kit = this.#kit(impairments.perFlow);
    this.#assembly = assemble(impairments, this.#key.direction, kit, this.#nat);
    this.outlet.tune(impairments, kit);
    const { partition, rate, delayNs, jitter, reorder, slot, compat, perFlow } = impairments;
    this.rejects = partition === 'reject';
    this.takesTime =
      this.#link !== null || rate !== null || delayNs > 0 || jitter !== null || slot !== null;
    this.mayReorder = jitter?.unordered === true || reorder !== null || perFlow || compat !== null;
    const runs = perFlow ? FLOW_ENTRIES : 1;
    if (this.#lossRun.length !== runs) this.#lossRun = new Int32Array(runs);
  }

  /** GO_ON when the packet lives, its release time in the judgement, else the cause of the drop. */
  judge(packet: Judgement): number {
    const { stages } = this.#assembly;
    let cause = GO_ON;
    for (let i = 0; i < stages.length && cause === GO_ON; i++) cause = stages[i].apply(packet);
    const run = this.#lossRun.length === 1 ? 0 : packet.entry;
    // The entry may have been another flow's.
    if (run > 0 && packet.values[ORDINAL] === 1) this.#lossRun[run] = 0;
    if (cause === Counter.droppedLoss) {
      this.#surroundings.counters.countLossRun(this.row, ++this.#lossRun[run]);
    } else if (cause !== Counter.droppedPartition) {
      this.#lossRun[run] = 0;
    }
    return cause;
  }

  /** Judges the copy of the packet that was judged last. */
  judgeCopy(packet: Judgement): number {
    const { copyStages } = this.#assembly;
    packet.effects = 0;
    packet.ordinalHigh |= COPY_BIT;
    packet.values[RELEASE_NS] = packet.values[ARRIVAL_NS];
    for (let i = 0; i < copyStages.length; i++) {
      const cause = copyStages[i].apply(packet);
      if (cause !== GO_ON) return cause;
    }
    return GO_ON;
  }

  /** Whether the judged packet passes at once, without being held. */
  passesNow(packet: Judgement): boolean {
    const { effects } = packet;
    if (this.#link !== null || (effects & Effect.waits) !== 0) return false;
    // tc-netem judges the copy anew, which changes the bytes that the driver would write.
    if (this.#impairments.compat !== null && (effects & Effect.duplicated) !== 0) return false;
    if ((effects & Effect.skips) !== 0) return true;
    const { values } = packet;
    return values[RELEASE_NS] <= values[ARRIVAL_NS] && !this.outlet.mustQueue;
  }

  /** Queues the packet in `slot`, judged at `memory.arrivalNs[slot]`. GO_ON, or why it was dropped. */
  hold(slot: number): number {
    const arrivalNs = this.#surroundings.memory.arrivalNs[slot];
    const link = this.#link;
    if (link === null) {
      this.outlet.values[AT_NS] = arrivalNs;
      this.outlet.send(slot);
      return GO_ON;
    }
    link.values[NOW_NS] = arrivalNs;
    link.advance(this);
    return link.enqueue(slot, this);
  }

  get hasLink(): boolean {
    return this.#link !== null;
  }

  /** Packets in the link. */
  get depth(): number {
    return this.#link === null ? 0 : this.#link.depth;
  }

  /** When the link has to be advanced; Infinity when nothing is in it. */
  nextDeadline(): number {
    return this.#link === null ? Number.POSITIVE_INFINITY : this.#link.values[NEXT_NS];
  }

  /** Lets the link work up to and including `nowNs`, and counts what it did. */
  advance(nowNs: number): void {
    const link = this.#link;
    if (link === null) return;
    link.values[NOW_NS] = nowNs;
    link.advance(this);
    this.#publishLink(link);
  }

  /** Everything leaves the link at `nowNs` (null: its own last time), for the wheel. */
  flushLink(nowNs: number | null): void {
    const link = this.#link;
    if (link === null) return;
    if (nowNs !== null) link.values[NOW_NS] = nowNs;
    link.flush(this);
    this.#publishLink(link);
  }

  depart(slot: number): void {
    this.outlet.values[AT_NS] = this.#link!.values[DEPARTURE_NS];
    this.outlet.send(slot);
  }

  discard(slot: number, cause: number): void {
    const { memory, counters } = this.#surroundings;
    counters.countRelease(memory.row[slot], cause);
    memory.give(slot);
  }

  mark(slot: number): void {
    const { memory, counters } = this.#surroundings;
    counters.count(memory.row[slot], Counter.marked);
  }

  /** Sets what the engine has to know of a held packet. */
  describe(slot: number, packet: Judgement, ordinal: number): void {
    const { memory } = this.#surroundings;
    const { values, view } = packet;
    memory.row[slot] = this.row;
    memory.arrivalNs[slot] = values[ARRIVAL_NS];
    memory.deadlineNs[slot] = values[RELEASE_NS] - values[ARRIVAL_NS];
    memory.entry[slot] = packet.entry;
    memory.ordinal[slot] = ordinal;
    memory.l3Length[slot] = view.l3Length;
    memory.l3Start[slot] = view.l3Offset - view.frameOffset;
    memory.flags[slot] = packet.effects & (SlotFlag.skips | SlotFlag.waits);
  }

  #publishLink(link: Link): void {
    const { counters } = this.#surroundings;
    const totals = this.#totals;
    counters.setLink(
      this.row,
      link.depth,
      totals[BITS] + link.sentBits,
      totals[BUSY_NS] + link.busyNs,
    );
  }

  #retuneLink(impairments: Impairments, nowNs: number): void {
    const link = this.#link;
    if (link !== null) {
      link.values[NOW_NS] = nowNs;
      link.advance(this);
      if (sameKind(linkOf(this.#impairments), linkOf(impairments))) {
        link.tune(impairments);
        return;
      }
      link.flush(this);
      this.#totals[BITS] += link.sentBits;
      this.#totals[BUSY_NS] += link.busyNs;
      this.#publishLink(link);
    }
    const { memory } = this.#surroundings;
    this.#link = makeLink(linkOf(impairments), memory, nowNs, this.#stream('link'));
  }

  #kit(perFlow: boolean): StageKit {
    const memories = this.#memories;
    return {
      perFlow,
      startNs: this.#startNs,
      stream: (name) => this.#stream(name),
      memory<T extends object>(name: string, make: () => T): T {
        const known = memories.get(name) as T | undefined;
        if (known !== undefined) return known;
        const made = make();
        memories.set(name, made);
        return made;
      },
    };
  }

  #stream(name: string): Stream {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      const { seed, name: rule, direction } = this.#key;
      stream = new Stream(seed, rule, DIRECTION_NAMES[direction], name);
      this.#streams.set(name, stream);
    }
    return stream;
  }
}

/** tc-netem has no link: its `rate` is a kind of delay. */
function linkOf(impairments: Impairments): Impairments {
  return impairments.compat === null ? impairments : UNIMPAIRED;
}
