/**
 * A rule in one direction at work: the stages that judge its packets, the link that they queue for, and
 * the outlet that gives them their place in the wheel.
 *
 *     judge ─▶ stages ─▶ drop
 *                 └▶ link (rate, trace) ─▶ outlet (order, slots) ─▶ wheel ─▶ release
 *
 * It outlives changes of the rule's values: stages are made anew, what they remember stays. Its schedule
 * goes by its own packets alone: changes come into force, each at its time, when a packet comes, and
 * while packets wait in the link.
 */
import { UNIMPAIRED } from '../rules/impairment-key.js';
import type { Direction, Impairments, Rule } from '../rules/rule.js';
import { impairmentsAt, nextChangeNs } from '../rules/schedule.js';
import { type Assembly, assemble } from './assemble.js';
import { Counter } from './counters.js';
import { roomForInts } from './flow-arrays.js';
import { DEPARTURE_NS, type Link, type LinkExit, NEXT_NS, NOW_NS } from './link/link.js';
import { makeLink, sameKind } from './link/make-link.js';
import type { NatTable } from './nat-table.js';
import { AT_NS, Outlet, type Surroundings } from './outlet.js';
import { SlotFlag } from './packet-memory.js';
import { type PipelineKey, PipelineKit } from './pipeline-kit.js';
import { blockedBy, Decider, timedBy } from './ruling.js';
import { ARRIVAL_NS, Effect, GO_ON, type Judgement, ORDINAL, RELEASE_NS } from './stages/stage.js';

/** Registers of `Pipeline.#totals`: of the links before the present one. */
const BITS = 0;
const BUSY_NS = 1;

/** So many changes since the last packet are made one after the other, of more only the last. */
const CHANGES_MAX = 128;

/** A copy's draws are keyed by its original's ordinal with this bit. */
const COPY_BIT = 0x8000_0000 | 0;

export class Pipeline implements LinkExit {
  readonly outlet: Outlet;
  /** The counters' row of the rule as it is now. */
  row = 0;
  /** Answers are due to the packets that a partition drops. */
  rejects = false;
  /** Its packets take time, or may: what they took is worth recording. */
  takesTime = false;
  /** Its packets wait in a link or for a slot. */
  takesTurns = false;
  /** Deciders: of the packets that it holds, of those that it does not let pass. */
  timedBy: number = Decider.order;
  blockedBy: number = Decider.partition;
  /** Its packets may leave in another order than they came. */
  mayReorder = false;
  /** Its stages change bytes that the transport's checksum covers. */
  altersBytes = false;
  /** Its stages look at no byte, and all packets that come at one time leave at one time, or never. */
  keepsTrains = false;
  /** When the schedule changes the values next; in an array, because a double in a field is boxed. */
  readonly nextChangeNs = new Float64Array([Number.POSITIVE_INFINITY]);

  readonly #direction: Direction;
  readonly #surroundings: Surroundings;
  readonly #nat: NatTable;
  readonly #kit: PipelineKit;
  readonly #totals = new Float64Array(2);
  #rule: Rule | null = null;
  #impairments: Impairments = UNIMPAIRED;
  #assembly: Assembly = { stages: [], copyStages: [] };
  #link: Link | null = null;
  /** Packets lost in a row up to now: of the rule, or of each flow. */
  #lossRun = new Int32Array(1);

  /** Follow it with `replace`. */
  constructor(key: PipelineKey, surroundings: Surroundings, nat: NatTable) {
    this.outlet = new Outlet(surroundings);
    this.#direction = key.direction;
    this.#kit = new PipelineKit(key);
    this.#surroundings = surroundings;
    this.#nat = nat;
  }

  /**
   * Another rule of the same name takes over, `advance` was called: its processes begin anew, order and
   * queue stay.
   */
  replace(rule: Rule, row: number, nowNs: number): void {
    this.row = row;
    this.#rule = rule;
    this.#kit.begin(nowNs);
    this.#totals[BITS] = -(this.#link?.sentBits ?? 0);
    this.#totals[BUSY_NS] = -(this.#link?.busyNs ?? 0);
    this.#change(nowNs);
  }

  /** The values that the schedule has at `nowNs`, when a packet comes. */
  followSchedule(nowNs: number): void {
    this.advance(nowNs);
    const next = this.nextChangeNs;
    for (let count = 0; next[0] <= nowNs; count++) {
      this.#change(count < CHANGES_MAX ? next[0] : nowNs);
    }
  }

  #change(atNs: number): void {
    const rule = this.#rule!;
    const { startNs } = this.#kit;
    this.#tune(impairmentsAt(rule, atNs - startNs)[this.#direction], atNs);
    this.nextChangeNs[0] = startNs + nextChangeNs(rule, atNs - startNs);
  }

  /** Other values of the same rule, from `nowNs` on. */
  #tune(impairments: Impairments, nowNs: number): void {
    this.#retuneLink(impairments, nowNs);
    this.#impairments = impairments;
    const kit = this.#kit;
    kit.perFlow = impairments.perFlow;
    this.#assembly = assemble(impairments, this.#direction, kit, this.#nat);
    this.outlet.tune(impairments, kit);
    const { partition, rate, delayNs, jitter, reorder, slot, compat, perFlow } = impairments;
    const { corrupt, duplicate, rebind, ecn } = impairments;
    this.rejects = partition === 'reject';
    this.altersBytes = corrupt !== null || rebind !== null;
    this.keepsTrains =
      this.#link === null &&
      [jitter, reorder, slot, compat, corrupt, duplicate, rebind].every((each) => each === null) &&
      !ecn &&
      !this.rejects;
    this.blockedBy = blockedBy(impairments);
    this.timedBy = timedBy(impairments);
    this.takesTurns = this.#link !== null || slot !== null;
    this.takesTime = this.takesTurns || rate !== null || delayNs > 0 || jitter !== null;
    this.mayReorder = jitter?.unordered === true || reorder !== null || perFlow || compat !== null;
  }

  /** Where the packet's run of losses is counted: one for the rule, or one for each flow. */
  #lossRunOf(packet: Judgement): number {
    if (!this.#impairments.perFlow) return 0;
    const { entry } = packet;
    this.#lossRun = roomForInts(this.#lossRun, entry);
    // The entry may have been another flow's.
    if (packet.values[ORDINAL] === 1) this.#lossRun[entry] = 0;
    return entry;
  }

  /** GO_ON when the packet lives, its release time in the judgement, else the cause of the drop. */
  judge(packet: Judgement): number {
    const { stages } = this.#assembly;
    let cause = GO_ON;
    for (let i = 0; i < stages.length && cause === GO_ON; i++) cause = stages[i].apply(packet);
    const run = this.#lossRunOf(packet);
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
    const link = this.#link;
    if (link === null || link.depth === 0) return Number.POSITIVE_INFINITY;
    // A change may let everything go.
    return Math.min(link.values[NEXT_NS], this.nextChangeNs[0]);
  }

  /** Lets the link work up to and including `nowNs`, and counts what it did. */
  advance(nowNs: number): void {
    const next = this.nextChangeNs;
    while (this.depth > 0 && next[0] <= nowNs) {
      this.#advanceLink(next[0]);
      // While nobody waits, the change can wait too.
      if (this.depth === 0) break;
      this.#change(next[0]);
    }
    this.#advanceLink(nowNs);
  }

  /** Everything leaves the link at once, for the wheel. */
  flushLink(): void {
    const link = this.#link;
    if (link === null) return;
    link.flush(this);
    this.#publishLink(link);
  }

  depart(slot: number): void {
    this.outlet.values[AT_NS] = this.#link!.values[DEPARTURE_NS];
    this.outlet.send(slot);
  }

  discard(slot: number, cause: number): void {
    const { memory, counters, late } = this.#surroundings;
    late?.add(memory, slot, cause);
    counters.countRelease(memory.row[slot], cause, 1);
    memory.give(slot);
  }

  mark(slot: number): void {
    const { memory, counters, late } = this.#surroundings;
    counters.count(memory.row[slot], Counter.marked);
    late?.add(memory, slot, Counter.marked);
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
    memory.segments[slot] = 1;
    memory.l3Length[slot] = view.wireLength;
    memory.l3Start[slot] = view.l3Offset - view.frameOffset;
    memory.flags[slot] = packet.effects & (SlotFlag.skips | SlotFlag.waits);
  }

  #advanceLink(nowNs: number): void {
    const link = this.#link;
    if (link === null) return;
    link.values[NOW_NS] = nowNs;
    link.advance(this);
    this.#publishLink(link);
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
      if (sameKind(this.#impairments, impairments)) {
        link.tune(impairments);
        return;
      }
      this.flushLink();
      this.#totals[BITS] += link.sentBits;
      this.#totals[BUSY_NS] += link.busyNs;
    }
    const stream = this.#kit.stream('link');
    this.#link = makeLink(impairments, this.#surroundings.memory, nowNs, stream);
  }
}
