/**
 * Drives a link with numbered packets and remembers what became of each. The link is advanced as an
 * engine does it, or at any other times: nothing may depend on that.
 */
import { DEPARTURE_NS, type Link, NEXT_NS, NOW_NS } from '../../src/netem/link/link.js';
import { makeLink } from '../../src/netem/link/make-link.js';
import { PacketMemory } from '../../src/netem/packet-memory.js';
import { Stream } from '../../src/netem/random.js';
import { GO_ON } from '../../src/netem/stages/stage.js';
import { UNIMPAIRED } from '../../src/rules/impairment-key.js';
import type { Impairments, QueueLimit, Rate } from '../../src/rules/rule.js';

export interface Arrival {
  readonly atNs: number;
  /** IP length. */
  readonly bytes: number;
  /** Of an ECN-capable transport. */
  readonly isEct?: boolean;
}

export interface Outcome {
  readonly kind: 'left' | 'dropped';
  readonly atNs: number;
  readonly isMarked: boolean;
}

/** When, between arrivals, the link is advanced. */
export type Advance = 'at its deadlines' | 'seldom' | 'often';

export const linkStream = new Stream('1', 'any', 'out', 'link');

/** A plain 8 Mbit/s, a byte each microsecond, unless told otherwise. */
export function rate(values: Partial<Rate> = {}): Rate {
  return {
    bitsPerSecond: 8e6,
    overheadBytes: 0,
    cellBytes: 0,
    cellOverheadBytes: 0,
    burstBytes: 0,
    ...values,
  };
}

export function queue(values: Partial<QueueLimit>): QueueLimit {
  return { packets: null, bytes: null, timeNs: null, ...values };
}

export class LinkDriver {
  readonly link: Link;
  readonly memory: PacketMemory;
  /** By number of the packet; undefined: still in the link. */
  readonly outcomes: (Outcome | undefined)[] = [];
  /** Numbers of the packets that left, in order. */
  readonly left: number[] = [];

  readonly #advance: Advance;
  readonly #slots = new Map<number, number>();
  readonly #marked = new Set<number>();

  constructor(
    impairments: Partial<Impairments>,
    advance: Advance = 'at its deadlines',
    startNs = 0,
  ) {
    this.memory = new PacketMemory(2 ** 23);
    this.#advance = advance;
    const link = makeLink({ ...UNIMPAIRED, ...impairments }, this.memory, startNs, linkStream);
    if (link === null) throw new Error('no link');
    this.link = link;
  }

  /** The packet comes, after everything up to then; returns its number. */
  send({ atNs, bytes, isEct = false }: Arrival): number {
    this.runTo(atNs);
    const { link, memory } = this;
    const slot = memory.take(64);
    if (slot < 0) throw new Error('no memory');
    const number = this.outcomes.length;
    this.outcomes.push(undefined);
    memory.l3Length[slot] = bytes;
    memory.l3Start[slot] = 14;
    const header = memory.frameOffset(slot) + 14;
    memory.bytes[header] = 0x45;
    memory.bytes[header + 1] = isEct ? 2 : 0;
    this.#slots.set(slot, number);
    if (link.enqueue(slot, this) !== GO_ON) this.discard(slot);
    return number;
  }

  sendAll(arrivals: readonly Arrival[]): void {
    for (const arrival of arrivals) this.send(arrival);
  }

  /** Lets time pass. */
  runTo(ns: number): void {
    const { values } = this.link;
    const before = values[NOW_NS];
    if (this.#advance === 'at its deadlines') {
      while (values[NEXT_NS] < ns) this.#advanceTo(values[NEXT_NS]);
    } else if (this.#advance === 'often') {
      for (let part = 1; part < 5; part++) {
        this.#advanceTo(before + Math.floor(((ns - before) * part) / 5));
        this.#advanceTo(values[NOW_NS]);
      }
    }
    this.#advanceTo(ns);
  }

  /** Lets time pass until nothing is in the link. */
  runOut(): void {
    const { values } = this.link;
    while (values[NEXT_NS] !== Number.POSITIVE_INFINITY) this.runTo(values[NEXT_NS]);
  }

  tune(impairments: Partial<Impairments>, atNs: number): void {
    this.runTo(atNs);
    this.link.tune({ ...UNIMPAIRED, ...impairments });
  }

  flush(): void {
    this.link.flush(this);
  }

  depart(slot: number): void {
    this.left.push(this.#end(slot, 'left', this.link.values[DEPARTURE_NS]));
  }

  discard(slot: number): void {
    this.#end(slot, 'dropped', this.link.values[NOW_NS]);
  }

  mark(slot: number): void {
    const ecn = this.memory.bytes[this.memory.frameOffset(slot) + 15] & 3;
    if (ecn !== 3) throw new Error('marked without a mark');
    this.#marked.add(this.#slots.get(slot)!);
  }

  /** When the packets left, in their order of arrival; null for those that did not. */
  get departuresNs(): (number | null)[] {
    return this.outcomes.map((outcome) => (outcome?.kind === 'left' ? outcome.atNs : null));
  }

  #advanceTo(ns: number): void {
    this.link.values[NOW_NS] = ns;
    this.link.advance(this);
  }

  #end(slot: number, kind: Outcome['kind'], atNs: number): number {
    const number = this.#slots.get(slot);
    if (number === undefined) throw new Error(`slot ${slot} is not in the link`);
    this.#slots.delete(slot);
    this.outcomes[number] = { kind, atNs, isMarked: this.#marked.has(number) };
    // As the engine does: the slot's memory is another's from now on.
    this.memory.give(slot);
    return number;
  }
}

/** What became of the packets, each as far as it was told in every mode of advancing. */
export function fates(outcomes: readonly (Outcome | undefined)[]): string[] {
  return outcomes.map((outcome) => {
    if (outcome === undefined) return 'inside';
    const mark = outcome.isMarked ? ' marked' : '';
    return outcome.kind === 'left' ? `left at ${outcome.atNs}${mark}` : `dropped${mark}`;
  });
}

/** Whole numbers below `bound`, the same for the same seed. */
export function randomNumbers(seed: string): (bound: number) => number {
  const stream = new Stream(seed, 'test', 'out', 'numbers');
  let drawn = 0;
  return (bound) => Math.floor(((stream.int32(0, drawn++, 0) >>> 0) / 2 ** 32) * bound);
}

export interface Traffic {
  readonly count: number;
  readonly meanGapNs: number;
  /** Chosen from these; 1,000 bytes without. */
  readonly sizes?: readonly number[];
  /** Of ten packets, so many are ECN-capable. */
  readonly ectOfTen?: number;
  /** Comes for so long, then pauses for so long, and so on. */
  readonly onNs?: number;
  readonly offNs?: number;
}

/** Poisson arrivals, some at the same nanosecond. */
export function poisson(seed: string, traffic: Traffic): Arrival[] {
  const { count, meanGapNs, sizes = [1000], ectOfTen = 0, onNs = 0, offNs = 0 } = traffic;
  const random = randomNumbers(seed);
  const arrivals: Arrival[] = [];
  let ns = 0;
  let pausesNs = 0;
  for (let i = 0; i < count; i++) {
    const u = (random(2 ** 32) + 1) / 2 ** 32;
    ns += random(8) === 0 ? 0 : Math.round((-Math.log(u) * meanGapNs * 8) / 7);
    if (onNs > 0) pausesNs = Math.floor(ns / onNs) * offNs;
    const isEct = random(10) < ectOfTen;
    arrivals.push({ atNs: ns + pausesNs, bytes: sizes[random(sizes.length)], isEct });
  }
  return arrivals;
}
