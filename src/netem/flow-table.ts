/**
 * The flows seen lately, and what each of their packets needs to know: the rule it meets, the
 * flow's number under that rule and the packet's ordinal.
 *
 * A flow has four sides: direction of the packet (out, in) × whether its source is the higher
 * endpoint of the flow's key. On an end host two of them are used; on a router with one device, each
 * packet comes in and goes out again, and all four are. A rule can match some sides only (`dir=`,
 * `src=`), so each has its own. Sides under one rule share the flow's number, and those of one
 * direction count their packets together.
 *
 * Where a rule looks at more than the flow (`len=`, `qname=`), packets of one side may meet different
 * rules. The flow's entry then says so, and a further entry for each rule counts the packets under it.
 */

import { writeFlowKey } from '../packet/flow-key.js';
import type { PacketView } from '../packet/packet-view.js';
import { Direction } from '../rules/rule.js';
import { FLOW_IDLE_NS, FLOWS_MAX } from './limits.js';
import { LruTable } from './lru-table.js';
import { type Judgement, ORDINAL } from './stages/stage.js';

/** As direction: the flow's first packet goes out, what comes back comes in (a loopback device). */
export const BY_FLOW = 2;

/** In `FlowTable.rule`: no rule matches. */
export const UNMATCHED = -1;
/** … the rule is not known yet. */
const UNCLASSIFIED = -2;
/** … and was not the same for all packets of the flow before. */
const UNCLASSIFIED_VOLATILE = -3;
/** Down from here: not known yet, but number and ordinal are those of rule −4, −5 … */
const KEPT = -4;
/** Up from here: rule 0, 1 … by now, but other packets of the flow met others: see `enterUnder`. */
export const SETTLED = 4_096;
/** The rule has to be found for each packet. */
export const VOLATILE = 8_192;

const SIDES = 4;

/** The flow key's word of protocol and version has room for a tag. */
const TAG_WORD = 9;
const TAG_SHIFT = 16;
export const TAG_MAX = 2 ** 15 - 1;

/** The direction of a side's packets. */
export function directionOf(side: number): Direction {
  return ((side >> 1) & 1) as Direction;
}

export class FlowTable {
  /** By side: the index of the rule, UNMATCHED, or less while the rule is to be found. */
  readonly rule = new Int16Array(FLOWS_MAX * SIDES);
  /** By side: the flow's number under the rule, from 0. */
  readonly #number = new Int32Array(FLOWS_MAX * SIDES);

  readonly #table: LruTable;
  /** Packets counted so far, and by side which of these counts is its own. */
  readonly #count = new Float64Array(FLOWS_MAX * SIDES);
  readonly #countAt = new Int32Array(FLOWS_MAX * SIDES);
  /** By flow: whether the source of its first packet is the higher endpoint. */
  readonly #opener = new Uint8Array(FLOWS_MAX);

  /** `nowNs[0]` is the time of the packet being looked at. */
  constructor(nowNs: Float64Array) {
    this.#table = new LruTable(FLOWS_MAX, FLOW_IDLE_NS, nowNs);
  }

  /** After `enter`: the flow was not known before. */
  get isNew(): boolean {
    return this.#table.isNew;
  }

  /** The side of its flow that the packet belongs to; `direction` may be BY_FLOW. */
  enter(view: PacketView, direction: number): number {
    const table = this.#table;
    const higher = writeFlowKey(view, view.sourcePort, view.destinationPort, table.key, 0);
    const flow = table.enter();
    if (table.isNew) this.#reset(flow, higher);
    let way = direction;
    if (way === BY_FLOW) way = higher === this.#opener[flow] ? Direction.out : Direction.in;
    return flow * SIDES + way * 2 + higher;
  }

  /**
   * The side that counts the flow's packets under one rule, for flows whose packets meet several. They
   * are flows of their own, told apart by `tag` (1 …), which belongs to the rule. Follows `enter`.
   */
  enterUnder(side: number, tag: number): number {
    const table = this.#table;
    const untagged = table.key[TAG_WORD];
    table.key[TAG_WORD] = untagged | (tag << TAG_SHIFT);
    const flow = table.enter();
    table.key[TAG_WORD] = untagged;
    if (table.isNew) this.#reset(flow, 0);
    return flow * SIDES + (side & (SIDES - 1));
  }

  /**
   * The side's flow becomes one whose packets meet several rules: `under` goes on counting where the
   * side was. It is of `enterUnder`, for the rule that the side met before the rules were replaced.
   */
  moveUnder(side: number, under: number): void {
    if (this.rule[under] !== UNCLASSIFIED) return;
    this.rule[under] = KEPT - this.keptRule(side);
    this.#number[under] = this.#number[side];
    this.#count[this.#countAt[under]] = this.#count[this.#countAt[side]];
  }

  /** The rule that takes over what the side had before the rules were replaced, or -1. */
  keptRule(side: number): number {
    const rule = this.rule[side];
    return rule <= KEPT ? KEPT - rule : UNMATCHED;
  }

  /** Whether some packets of the side's flow met another rule than others, or may yet. */
  isVolatile(side: number): boolean {
    const first = side - (side & (SIDES - 1));
    for (let at = first; at < first + SIDES; at++) {
      const rule = this.rule[at];
      if (rule >= SETTLED || rule === UNCLASSIFIED_VOLATILE) return true;
    }
    return false;
  }

  /** Whether packets of some side of the side's flow meet a rule, or may. */
  hasRule(side: number): boolean {
    const first = side - (side & (SIDES - 1));
    for (let at = first; at < first + SIDES; at++) if (this.rule[at] >= 0) return true;
    return false;
  }

  /** Counts a packet of a side that has a rule: its flow's number and its ordinal, from 1. */
  count(side: number, packet: Judgement): void {
    const ordinal = ++this.#count[this.#countAt[side]];
    packet.flow = this.#number[side];
    packet.entry = this.#countAt[side];
    packet.ordinalLow = ordinal | 0;
    packet.ordinalHigh = (ordinal / 2 ** 32) | 0;
    packet.values[ORDINAL] = ordinal;
  }

  /**
   * Sets the rule of a side that had none. Returns true when this makes the flow a new one under
   * the rule: then its number is `newNumber`.
   */
  assign(side: number, rule: number, newNumber: number): boolean {
    const kept = this.rule[side] === KEPT - rule;
    this.rule[side] = rule;
    if (rule === UNMATCHED || kept) return false;
    const otherWay = side ^ 1;
    if (this.#isUnder(otherWay, rule)) {
      this.#countAt[side] = this.#countAt[otherWay];
    } else {
      // Of the two counts of a direction, the one that the other side has not.
      this.#countAt[side] = this.#countAt[otherWay] === side ? otherWay : side;
      this.#count[this.#countAt[side]] = 0;
    }
    const first = side - (side % SIDES);
    for (let other = first; other < first + SIDES; other++) {
      if (other !== side && this.#isUnder(other, rule)) {
        this.#number[side] = this.#number[other];
        return false;
      }
    }
    this.#number[side] = newNumber;
    return true;
  }

  /**
   * Makes all flows look for their rule again. `successor` gives for each old rule the new one that
   * takes over its flows' numbers and ordinals, or -1.
   */
  reclassify(successor: readonly number[]): void {
    for (let side = 0; side < this.#table.used * SIDES; side++) {
      const rule = this.rule[side];
      if (rule >= SETTLED || rule === UNCLASSIFIED_VOLATILE) {
        this.rule[side] = UNCLASSIFIED_VOLATILE;
        continue;
      }
      const old = rule <= KEPT ? KEPT - rule : rule;
      const next = old >= 0 ? successor[old] : UNMATCHED;
      this.rule[side] = next >= 0 ? KEPT - next : UNCLASSIFIED;
    }
  }

  #isUnder(side: number, rule: number): boolean {
    return this.rule[side] === rule || this.rule[side] === KEPT - rule;
  }

  #reset(flow: number, opener: number): void {
    this.#opener[flow] = opener;
    for (let side = flow * SIDES; side < (flow + 1) * SIDES; side++) {
      this.rule[side] = UNCLASSIFIED;
      this.#countAt[side] = side;
    }
  }
}
