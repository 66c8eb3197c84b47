/**
 * mahimahi's accounting, millisecond by millisecond: each packet has bytes to transmit, and each
 * opportunity takes 1,504 off what waits, the oldest first.
 */
import type { QueueLimit } from '../../../src/rules/rule.js';
import type { Arrival } from '../../support/link-driver.js';
import type { ModelPacket, ModelServer } from './link-model.js';

interface Waiting {
  readonly number: number;
  readonly bytes: number;
  bytesToTransmit: number;
}

/** What becomes of the packets until `endMs`; a droptail queue of packets or bytes. */
export function traceFates(
  arrivals: readonly Arrival[],
  opportunitiesMs: readonly number[],
  once: boolean,
  limit: QueueLimit,
  endMs: number,
): string[] {
  const fates = arrivals.map(() => 'inside');
  const period = opportunitiesMs[opportunitiesMs.length - 1];
  const queue: Waiting[] = [];
  let inTransit: Waiting | undefined;
  let bytesLeft = 0;
  let arrived = 0;

  const transmit = (ms: number) => {
    while (bytesLeft > 0) {
      inTransit ??= queue.shift();
      if (inTransit === undefined) return;
      const bytes = Math.min(bytesLeft, inTransit.bytesToTransmit);
      bytesLeft -= bytes;
      inTransit.bytesToTransmit -= bytes;
      if (inTransit.bytesToTransmit > 0) return;
      fates[inTransit.number] = `left at ${ms * 1e6}`;
      inTransit = undefined;
    }
  };

  const arrive = (ms: number) => {
    const number = arrived++;
    const { bytes, atNs } = arrivals[number];
    // What can go at once waits for nothing.
    const mayPass = atNs === ms * 1e6 && bytesLeft > 0;
    const waitingBytes = queue.reduce((sum, each) => sum + each.bytes, bytes);
    const isFull =
      queue.length >= (limit.packets ?? Number.POSITIVE_INFINITY) ||
      waitingBytes > (limit.bytes ?? Number.POSITIVE_INFINITY);
    if (isFull && !mayPass) fates[number] = 'dropped';
    else queue.push({ number, bytes, bytesToTransmit: bytes + 4 });
  };

  for (let ms = 0; ms <= endMs; ms++) {
    bytesLeft = 0;
    while (arrivals[arrived]?.atNs < ms * 1e6) arrive(ms);
    for (let cycle = 0; cycle * period <= ms && (cycle === 0 || !once); cycle++) {
      for (const at of opportunitiesMs) {
        if (cycle * period + at !== ms) continue;
        bytesLeft += 1504;
        transmit(ms);
        // Only for those who come at this very time is anything kept.
      }
    }
    while (arrivals[arrived]?.atNs === ms * 1e6) {
      arrive(ms);
      transmit(ms);
    }
  }
  return fates;
}

/** The same for `modelFates`: the opportunities one by one, from a list. */
export class TraceModel implements ModelServer {
  readonly #opportunitiesNs: readonly number[];
  #next = 0;
  #bytesLeft = 1504;

  constructor(opportunitiesNs: readonly number[]) {
    this.#opportunitiesNs = opportunitiesNs;
  }

  readyNs(ns: number): number {
    while (this.#opportunitiesNs[this.#next] < ns) this.#useUp();
    return this.#opportunitiesNs[this.#next] ?? Number.POSITIVE_INFINITY;
  }

  serve(packet: ModelPacket): number {
    let bytesToTransmit = packet.bytes + 4;
    for (;;) {
      const atNs = this.#opportunitiesNs[this.#next] ?? Number.POSITIVE_INFINITY;
      const bytes = Math.min(bytesToTransmit, this.#bytesLeft);
      bytesToTransmit -= bytes;
      this.#bytesLeft -= bytes;
      if (this.#bytesLeft === 0) this.#useUp();
      if (bytesToTransmit === 0 || atNs === Number.POSITIVE_INFINITY) return atNs;
    }
  }

  clone(): TraceModel {
    const copy = new TraceModel(this.#opportunitiesNs);
    copy.#next = this.#next;
    copy.#bytesLeft = this.#bytesLeft;
    return copy;
  }

  #useUp(): void {
    this.#next++;
    this.#bytesLeft = 1504;
  }
}
