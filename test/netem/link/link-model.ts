/**
 * Links written down from their definition, event by event over arrays of plain objects, with no
 * thought of cost: what the real ones are compared with.
 */
import type { QueueLimit, Rate } from '../../../src/rules/rule.js';
import type { Arrival } from '../../support/link-driver.js';

export interface ModelPacket extends Arrival {
  readonly number: number;
  isMarked?: boolean;
}

/** When packets leave. */
export interface ModelServer {
  /** When, from `ns` on, a packet can go into service. */
  readyNs(ns: number): number;
  /** Puts it there at `ns`; returns when it leaves. */
  serve(packet: ModelPacket, ns: number): number;
  /** For trying out what would be. */
  clone(): ModelServer;
}

/** Who waits. `drop` is called for each packet that does not go on. */
export interface ModelDiscipline {
  readonly waiting: ModelPacket[];
  enqueue(packet: ModelPacket, ns: number, refuse: () => boolean): void;
  dequeue(ns: number): ModelPacket | undefined;
}

/** Becomes of the packets: as `fates` of the driver tells it. */
export function modelFates(
  arrivals: readonly Arrival[],
  server: ModelServer,
  limit: QueueLimit,
  makeDiscipline: (drop: (packet: ModelPacket) => void) => ModelDiscipline,
): string[] {
  const fates = arrivals.map(() => 'inside');
  const discipline = makeDiscipline((packet) => {
    fates[packet.number] = 'dropped';
  });
  let inService: ModelPacket | undefined;
  let leavesNs = 0;
  let clockNs = 0;

  /** Everything up to and including `ns`. */
  const work = (ns: number) => {
    for (;;) {
      if (inService !== undefined) {
        if (leavesNs > ns) return;
        fates[inService.number] = `left at ${leavesNs}${inService.isMarked ? ' marked' : ''}`;
        inService = undefined;
        clockNs = leavesNs;
      }
      if (discipline.waiting.length === 0) return;
      const readyNs = server.readyNs(clockNs);
      if (readyNs > ns) return;
      clockNs = readyNs;
      inService = discipline.dequeue(clockNs);
      if (inService !== undefined) leavesNs = server.serve(inService, clockNs);
    }
  };

  const refuse = (packet: ModelPacket, ns: number) => {
    const { waiting } = discipline;
    const isFree = inService === undefined && waiting.length === 0;
    if (isFree && server.clone().readyNs(ns) === ns) return false;
    if (limit.packets !== null && waiting.length + 1 > limit.packets) return true;
    if (limit.bytes !== null) {
      const bytes = waiting.reduce((sum, each) => sum + each.bytes, packet.bytes);
      if (bytes > limit.bytes) return true;
    }
    if (limit.timeNs === null) return false;
    // All that wait are sent, and then the packet's service could begin.
    const trial = server.clone();
    let atNs = inService === undefined ? ns : leavesNs;
    for (const each of waiting) atNs = trial.serve(each, trial.readyNs(atNs));
    return trial.readyNs(atNs) - ns > limit.timeNs;
  };

  arrivals.forEach((arrival, number) => {
    work(arrival.atNs);
    clockNs = Math.max(clockNs, arrival.atNs);
    const packet: ModelPacket = { ...arrival, number };
    discipline.enqueue(packet, arrival.atNs, () => refuse(packet, arrival.atNs));
    work(arrival.atNs);
  });
  work(Number.MAX_SAFE_INTEGER);
  return fates;
}

export function dropTail(drop: (packet: ModelPacket) => void): ModelDiscipline {
  const waiting: ModelPacket[] = [];
  return {
    waiting,
    enqueue(packet, _ns, refuse) {
      if (refuse()) drop(packet);
      else waiting.push(packet);
    },
    dequeue: () => waiting.shift(),
  };
}

export function dropHead(drop: (packet: ModelPacket) => void): ModelDiscipline {
  const waiting: ModelPacket[] = [];
  return {
    waiting,
    enqueue(packet, _ns, refuse) {
      while (refuse()) {
        const oldest = waiting.shift();
        drop(oldest ?? packet);
        if (oldest === undefined) return;
      }
      waiting.push(packet);
    },
    dequeue: () => waiting.shift(),
  };
}

/**
 * A bucket, in exact arithmetic: time in (1 / rate)ths of a nanosecond, in each of which a billionth
 * of a bit flows in. A packet leaves when there is enough for it; only for a waiting packet does the
 * bucket hold more than its size.
 */
export class RateModel implements ModelServer {
  readonly #rate: Rate;
  #level: bigint;
  /** When the level was that. */
  #at: bigint;

  constructor(rate: Rate, startNs: number) {
    this.#rate = rate;
    this.#level = BigInt(rate.burstBytes) * 8_000_000_000n;
    this.#at = this.#parts(startNs);
  }

  readyNs(ns: number): number {
    return ns;
  }

  serve(packet: ModelPacket, _ns: number): number {
    const comes = this.#parts(packet.atNs);
    const begins = comes > this.#at ? comes : this.#at;
    const size = BigInt(this.#rate.burstBytes) * 8_000_000_000n;
    const full = this.#level + begins - this.#at;
    this.#level = full < size ? full : size;
    const needed = BigInt(costOf(this.#rate, packet.bytes)) * 8_000_000_000n;
    this.#at = this.#level >= needed ? begins : begins + needed - this.#level;
    this.#level = this.#level >= needed ? this.#level - needed : 0n;
    const rate = BigInt(this.#rate.bitsPerSecond);
    return Number((this.#at + rate - 1n) / rate);
  }

  clone(): RateModel {
    const copy = new RateModel(this.#rate, 0);
    copy.#level = this.#level;
    copy.#at = this.#at;
    return copy;
  }

  #parts(ns: number): bigint {
    return BigInt(ns) * BigInt(this.#rate.bitsPerSecond);
  }
}

export function costOf(rate: Rate, bytes: number): number {
  let cost = bytes + rate.overheadBytes;
  if (cost < 0) cost = 0;
  if (rate.cellBytes === 0) return cost;
  let cells = 0;
  while (cells * rate.cellBytes < cost) cells++;
  return cells * (rate.cellBytes + rate.cellOverheadBytes);
}
