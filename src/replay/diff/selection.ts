/**
 * The packets of a way by the rule that they are to meet, with the ordinals of those that were lost.
 * Rules with the same match are one: pings between two hosts, say, which rules do not tell apart.
 */

import { usageError } from '../../errors.js';
import { LOSS_MAP_RANGES_MAX } from '../../rules/limits.js';
import type { PortRange } from '../../rules/rule.js';
import { Kind } from './pairing.js';
import type { Way } from './way.js';

/** More rules in one file are nobody's to read, and a run has 256. */
const GROUPS_MAX = 128;

export class Group {
  readonly match: string;
  /** As in `PacketTable.side`, of its first packet. */
  readonly side: number;
  flows = 0;
  count = 0;
  readonly #ranges: { min: number; max: number }[] = [];

  constructor(match: string, side: number) {
    this.match = match;
    this.side = side;
  }

  lose(ordinal: number): void {
    const last = this.#ranges.at(-1);
    if (last !== undefined && last.max === ordinal - 1) last.max = ordinal;
    else if (this.#ranges.length <= LOSS_MAP_RANGES_MAX) this.#ranges.push(single(ordinal));
  }

  /**
   * The numbers of the lost packets in their flow; null where several flows share the rule, or where
   * there are more than a rule can have.
   */
  get lost(): readonly PortRange[] | null {
    const isMap = this.flows === 1 && this.#ranges.length <= LOSS_MAP_RANGES_MAX;
    return isMap ? this.#ranges : null;
  }
}

export class Selection {
  readonly groups: Group[] = [];
  readonly #way: Way;
  /** By the sender's side: the number of its group, from 1. */
  readonly #groupOf: Int32Array;

  /** `matchOf`: of a side. Errors: E_DIFF_FLOWS. */
  constructor(way: Way, matchOf: (side: number) => string) {
    this.#way = way;
    this.#groupOf = new Int32Array(2 * way.sender.ends.count);
    this.#addGroups(matchOf);
    this.#countOrdinals();
  }

  /** Of the way's rows, ascending. */
  indexesOf(group: Group): Int32Array {
    const { rows, sender } = this.#way;
    const { side } = sender.table;
    const number = this.groups.indexOf(group) + 1;
    const indexes = new Int32Array(group.count);
    for (let i = 0, count = 0; i < rows.length; i++) {
      if (this.#groupOf[side[rows[i]]] === number) indexes[count++] = i;
    }
    return indexes;
  }

  #addGroups(matchOf: (side: number) => string): void {
    const { rows, sender } = this.#way;
    const byMatch = new Map<string, number>();
    for (const row of rows) {
      const side = sender.table.side[row];
      if (this.#groupOf[side] === 0) {
        const match = matchOf(side);
        const number = byMatch.get(match) ?? this.groups.push(new Group(match, side));
        byMatch.set(match, number);
        this.#groupOf[side] = number;
        this.groups[number - 1].flows++;
        if (number > GROUPS_MAX) throw tooManyFlows(sender.name);
      }
      this.groups[this.#groupOf[side] - 1].count++;
    }
  }

  /** As the engine counts: from 1, in each flow and direction, whether a packet is compared or not. */
  #countOrdinals(): void {
    const { rows, sender } = this.#way;
    const { side } = sender.table;
    const ordinals = new Int32Array(this.#groupOf.length);
    for (let row = 0, i = 0; i < rows.length; row++) {
      const ordinal = ++ordinals[side[row]];
      if (row !== rows[i]) continue;
      i++;
      const group = this.groups[this.#groupOf[side[row]] - 1];
      if (group.flows === 1 && this.#way.kindOf(row) === Kind.alone) group.lose(ordinal);
    }
  }
}

function single(ordinal: number): { min: number; max: number } {
  return { min: ordinal, max: ordinal };
}

function tooManyFlows(name: string): Error {
  return usageError(
    'E_DIFF_FLOWS',
    `${name} has more than ${GROUPS_MAX} flows, too many for a rule each`,
    '--flow MATCH makes one rule of all packets that it matches, as in --flow udp:53',
  );
}
