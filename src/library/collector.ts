/**
 * A replay's exit into objects: packets as they leave, verdicts in the order of the packets. So that a large
 * file does not become as large a list, the replay waits here for its reader.
 *
 *     replay ─▶ events (at most a few thousand) ─▶ next()
 *        └◀── drain() resolves when they were taken
 */
import type { Fate } from '../netem/fates.js';
import { HEADROOM_BYTES } from '../netem/limits.js';
import { type PacketMemory, SLOT_BYTES, SlotFlag } from '../netem/packet-memory.js';
import { Endpoints } from '../replay/endpoints.js';
import type { Exit } from '../replay/exit.js';
import { type PacketVerdict, verdictOf } from '../replay/packet-verdict.js';
import type { Arrival, ReplayObserver } from '../replay/passage.js';
import type { ExitMaker } from '../replay/replay-types.js';

/** A packet that came through. */
export interface ReplayedPacket {
  /** Which packet it is, from 1: the `packet` of its verdict. */
  readonly packet: number;
  /** `copy`: made by `duplicate`. `answer`: to the packet, which was rejected; it goes the other way. */
  readonly kind: 'original' | 'copy' | 'answer';
  /** When it left, in nanoseconds after the first packet's arrival. */
  readonly timeNs: number;
  /** The bytes as they left. */
  readonly bytes: Uint8Array;
  /** How long it is on the wire, where the capture has only its beginning. */
  readonly wireBytes: number;
}

/** What happens in a replay: a packet leaves, or the verdict on one is complete. */
export type ReplayEvent =
  | { readonly kind: 'packet'; readonly packet: ReplayedPacket }
  | { readonly kind: 'verdict'; readonly verdict: PacketVerdict };

/** So many make the replay wait. */
const EVENTS_MAX = 1_024;

export class Collector implements ExitMaker, Exit, ReplayObserver {
  readonly edgeBytes = 0;
  readonly timeNs = new Float64Array(1);
  /** The replay's, which is made after this. */
  ruleNames: readonly string[] = [];

  readonly #endpoints = new Endpoints();
  #events: ReplayEvent[] = [];
  #memory: PacketMemory | null = null;
  #arrived = 0;
  #decided = 0;
  #stagingSlot = -1;
  #isOver = false;
  readonly #isEager: boolean;
  /** What `drain` waits for, and what `next` waits for. */
  #resume: (() => void) | null = null;
  #wake: (() => void) | null = null;

  /** `isEager`: what happens is given on at once, since the next packet may be long in coming. */
  constructor(isEager = false) {
    this.#isEager = isEager;
  }

  open(memory: PacketMemory): Exit {
    this.#memory = memory;
    return this;
  }

  /** What happened since the last call, as soon as there is much of it; null when all was told. */
  async next(): Promise<readonly ReplayEvent[] | null> {
    this.#resume?.();
    this.#resume = null;
    if (!this.#isOver && !(this.#isEager && this.#events.length > 0)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const events = this.#events;
    this.#events = [];
    return events.length === 0 ? null : events;
  }

  /** Nobody listens any more: what happens is forgotten. */
  abandon(): void {
    this.#isOver = true;
    this.#resume?.();
  }

  arrived(arrival: Arrival): void {
    this.#arrived++;
    this.#stagingSlot = arrival.slot;
    this.#endpoints.push(arrival);
  }

  decided(fate: Fate): void {
    const flow = this.#endpoints.shift();
    const verdict = verdictOf(fate, this.#decided++, flow, this.ruleNames, 0);
    this.#events.push({ kind: 'verdict', verdict });
    if (this.#isEager) this.#wake?.();
  }

  packet(at: number, capturedBytes: number, wireBytes: number): void {
    const memory = this.#memory!;
    const slot = (at - HEADROOM_BYTES) / SLOT_BYTES;
    // What passes at once leaves from the staging slot, or (not understood) from the file's bytes.
    const wasHeld = at < memory.edgeAt && slot !== this.#stagingSlot;
    const flags = wasHeld ? memory.flags[slot] : 0;
    const packet = wasHeld ? memory.serial[slot] + 1 : this.#arrived;
    const isReply = (flags & SlotFlag.reply) !== 0;
    const kind = isReply ? 'answer' : (flags & SlotFlag.copy) !== 0 ? 'copy' : 'original';
    const bytes = memory.bytes.slice(at, at + capturedBytes);
    const left = { packet, kind, timeNs: this.timeNs[0], bytes, wireBytes } as const;
    this.#events.push({ kind: 'packet', packet: left });
    if (this.#isEager) this.#wake?.();
  }

  packetWith(at: number, capturedBytes: number, wireBytes: number): void {
    this.packet(at, capturedBytes, wireBytes);
  }

  get mustDrain(): boolean {
    return this.#events.length >= EVENTS_MAX && !this.#isOver;
  }

  drain(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve;
      this.#wake?.();
    });
  }

  async flush(): Promise<void> {}

  /** The replay's last call, also where it failed. */
  async close(): Promise<void> {
    this.#isOver = true;
    this.#wake?.();
  }

  begin(): void {}
  addInterface(): void {}
  setBase(): void {}
  block(): void {}
}
