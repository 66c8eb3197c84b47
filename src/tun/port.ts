/**
 * Where frames come from and go to. The loop knows nothing else: TAP, TUN, AF_PACKET, raw IP and
 * memory are all ports. A port works in batches of packet slots and never throws for a packet.
 */

import type { Train } from '../packet/train.js';

export interface Port {
  /** Becomes readable when frames wait; −1 where there is nothing to wait for. */
  readonly fd: number;

  /**
   * Reads at most `slots.length` waiting frames into the slots, in order, and sets the slots'
   * length and link type. Returns how many; 0 when none wait, or when the port only writes;
   * −1 when the port is gone for good.
   */
  readBatch(slots: Int32Array): number;

  /**
   * Sends the slot's frame on, at `flush` at the latest: until then its bytes must stay as they are.
   * A frame that the kernel does not take is counted, not kept.
   */
  write(slot: number): void;

  /**
   * Sends segments `first` … `first + count - 1` of the train in `slot` on, like `write`. Only of trains
   * that came by a port with offload, to ports with offload.
   */
  writeRun(slot: number, train: Train, first: number, count: number): void;

  /** Sends what `write` has collected. */
  flush(): void;

  /** Wire packets that the kernel did not take. */
  readonly refused: number;

  close(): void;
}
