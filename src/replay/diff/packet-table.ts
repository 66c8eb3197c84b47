/**
 * The packets of one capture, in its order: a row of 23 bytes for each, in columns that grow. What else is
 * found out about a row lies in columns of its own, by the same number.
 */

import { usageError } from '../../errors.js';

/** Packets of one capture that can be compared; with all that is found out about them, 4 GB. */
const PACKETS_MAX = 2 ** 26;

/** `PacketTable.device`: what the capture says of the direction in which a packet crossed its device. */
export const DeviceWay = { unknown: 0, out: 1, in: 2 } as const;

const ROWS_AT_FIRST = 4_096;

export class PacketTable {
  count = 0;
  /** `Identity.header` and `Identity.whole`. */
  header = new Int32Array(ROWS_AT_FIRST);
  whole = new Int32Array(ROWS_AT_FIRST);
  /** After the capture's first packet. */
  timeNs = new Float64Array(ROWS_AT_FIRST);
  /** The flow's number, times two; one more for packets to the end that opened the flow. */
  side = new Int32Array(ROWS_AT_FIRST);
  hopLimit = new Uint8Array(ROWS_AT_FIRST);
  trafficClass = new Uint8Array(ROWS_AT_FIRST);
  device = new Uint8Array(ROWS_AT_FIRST);

  /** A new row, to be filled. Errors: E_DIFF_LIMIT. */
  add(): number {
    if (this.count === this.header.length) this.#grow();
    return this.count++;
  }

  #grow(): void {
    if (this.count >= PACKETS_MAX) {
      const sentence = `a capture of more than ${PACKETS_MAX} packets is too large to be compared`;
      throw usageError('E_DIFF_LIMIT', sentence, 'take a part of both, by editcap -A and -B');
    }
    const rows = Math.min(PACKETS_MAX, this.count + Math.max(this.count >> 1, ROWS_AT_FIRST));
    this.header = largerInts(this.header, rows);
    this.whole = largerInts(this.whole, rows);
    this.side = largerInts(this.side, rows);
    const times = new Float64Array(rows);
    times.set(this.timeNs);
    this.timeNs = times;
    this.hopLimit = largerBytes(this.hopLimit, rows);
    this.trafficClass = largerBytes(this.trafficClass, rows);
    this.device = largerBytes(this.device, rows);
  }
}

function largerInts(column: Int32Array, rows: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(rows);
  larger.set(column);
  return larger;
}

function largerBytes(column: Uint8Array, rows: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(rows);
  larger.set(column);
  return larger;
}
