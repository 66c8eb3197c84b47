/**
 * Packets that two captures have in common, as groups of packets that are alike: mostly one here and one
 * there, more where a sender sent the same bytes again or a network made copies.
 */

import { IdentityIndex } from './identity-index.js';
import type { PacketTable } from './packet-table.js';

export interface GroupOptions {
  /** Packets with the same headers are alike, whatever their payload. */
  readonly byHeader?: boolean;
  /** The rows to look at; by default all. */
  readonly hasSent?: (row: number) => boolean;
  readonly hasReceived?: (row: number) => boolean;
}

const EVERY = () => true;
const NONE = -1;

export class Groups {
  readonly #index: IdentityIndex;
  /** By the group's first received row: its first sent row; by sent row: the next one. From 1. */
  readonly #firstSent: Int32Array;
  readonly #nextSent: Int32Array;

  constructor(sent: PacketTable, received: PacketTable, options: GroupOptions = {}) {
    const { byHeader = false, hasSent = EVERY, hasReceived = EVERY } = options;
    this.#index = new IdentityIndex(received, byHeader, hasReceived);
    this.#firstSent = new Int32Array(received.count);
    this.#nextSent = new Int32Array(sent.count);
    for (let row = sent.count - 1; row >= 0; row--) {
      if (!hasSent(row)) continue;
      const group = this.#index.first(sent, row);
      if (group === NONE) continue;
      this.#nextSent[row] = this.#firstSent[group];
      this.#firstSent[group] = row + 1;
    }
  }

  /** Calls back with the first rows of each group, in the order of what was received. */
  each(visit: (firstSent: number, firstReceived: number) => void): void {
    const first = this.#firstSent;
    for (let row = 0; row < first.length; row++) if (first[row] !== 0) visit(first[row] - 1, row);
  }

  /** Whether the group is one packet here and one there. */
  isClear(firstSent: number, firstReceived: number): boolean {
    return this.#nextSent[firstSent] === 0 && this.#index.next(firstReceived) === NONE;
  }

  sentRows(firstSent: number): number[] {
    const rows: number[] = [];
    for (let row = firstSent; row !== NONE; row = this.#nextSent[row] - 1) rows.push(row);
    return rows;
  }

  receivedRows(firstReceived: number): number[] {
    const rows: number[] = [];
    for (let row = firstReceived; row !== NONE; row = this.#index.next(row)) rows.push(row);
    return rows;
  }
}
