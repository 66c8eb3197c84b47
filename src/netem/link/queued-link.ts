/**
 * A link: a discipline that decides who waits, the queue they wait in, and a server that takes them
 * out one by one.
 *
 *     enqueue ─▶ discipline ─▶ queue ─▶ discipline ─▶ in service ─▶ depart
 *                    └▶ drop                └▶ drop
 *
 * The next packet goes into service as soon as the server is ready and the one before has left;
 * departures at a time come before arrivals at it.
 */
import type { Impairments } from '../../rules/rule.js';
import type { PacketMemory } from '../packet-memory.js';
import type { Stream } from '../random.js';
import { GO_ON } from '../stages/stage.js';
import { Codel } from './codel.js';
import { aqmKind, type Discipline, type LinkParts } from './discipline.js';
import { DropHead } from './drophead.js';
import { DropTail } from './droptail.js';
import { DEPARTURE_NS, type Link, type LinkExit, NEXT_NS, NOW_NS } from './link.js';
import { PacketQueue } from './packet-queue.js';
import { Pie } from './pie.js';
import { QueueLimits } from './queue-limits.js';
import { EVENT_NS, FINISH_NS, NONE, READY_NS, type Server } from './server.js';

/** Registers of `#totals`. */
const SENT_BITS = 0;
/** Without the present busy period. */
const BUSY_NS = 1;
const BUSY_SINCE_NS = 2;

export class QueuedLink implements Link {
  readonly values: Float64Array;

  readonly #server: Server;
  readonly #queue: PacketQueue;
  readonly #parts: LinkParts;
  readonly #totals = new Float64Array(3);
  #discipline: Discipline;
  #kind: string;
  #inService = NONE;
  #inServiceCost = 0;

  /** `values` has LINK_REGISTERS registers, EVENT_NS and NOW_NS being the link's start. */
  constructor(
    impairments: Impairments,
    server: Server,
    memory: PacketMemory,
    stream: Stream,
    values: Float64Array,
  ) {
    this.values = values;
    values[NEXT_NS] = Number.POSITIVE_INFINITY;
    this.#server = server;
    this.#queue = new PacketQueue(memory, server);
    const limits = new QueueLimits(memory, this.#queue, server, values);
    limits.tune(impairments.queue);
    this.#parts = { memory, queue: this.#queue, limits, values, stream };
    this.#kind = aqmKind(impairments);
    this.#discipline = makeDiscipline(impairments, this.#parts);
  }

  get depth(): number {
    return this.#queue.packets + (this.#inService === NONE ? 0 : 1);
  }

  get sentBits(): number {
    return this.#totals[SENT_BITS];
  }

  get busyNs(): number {
    const presentNs = this.depth > 0 ? this.values[NOW_NS] - this.#totals[BUSY_SINCE_NS] : 0;
    return this.#totals[BUSY_NS] + presentNs;
  }

  advance(exit: LinkExit): void {
    const { values } = this;
    while (values[NEXT_NS] <= values[NOW_NS]) {
      values[EVENT_NS] = values[NEXT_NS];
      if (this.#inService !== NONE) this.#depart(exit);
      this.#serve(exit);
    }
  }

  enqueue(slot: number, exit: LinkExit): number {
    const { values } = this;
    // A capture's clock may have stepped back; this link's does not.
    if (values[NOW_NS] > values[EVENT_NS]) values[EVENT_NS] = values[NOW_NS];
    this.#parts.memory.arrivalNs[slot] = values[EVENT_NS];
    const isIdle = this.depth === 0;
    if (isIdle) this.#server.findReady();
    const mustWait = !isIdle || values[READY_NS] > values[EVENT_NS];
    const cause = this.#discipline.enqueue(slot, mustWait, exit);
    if (cause === GO_ON && isIdle) {
      this.#totals[BUSY_SINCE_NS] = values[EVENT_NS];
      this.#serve(exit);
    }
    return cause;
  }

  tune(impairments: Impairments): void {
    const { values } = this;
    if (values[NOW_NS] > values[EVENT_NS]) values[EVENT_NS] = values[NOW_NS];
    if (this.#server.tune(impairments)) this.#queue.recount();
    this.#parts.limits.tune(impairments.queue);
    const kind = aqmKind(impairments);
    if (kind === this.#kind) {
      this.#discipline.tune(impairments);
    } else {
      this.#kind = kind;
      this.#discipline = makeDiscipline(impairments, this.#parts);
    }
  }

  flush(exit: LinkExit): void {
    const { values } = this;
    values[DEPARTURE_NS] = values[NOW_NS];
    this.#totals[BUSY_NS] = this.busyNs;
    const slot = this.#inService;
    this.#inService = NONE;
    values[NEXT_NS] = Number.POSITIVE_INFINITY;
    if (slot !== NONE) exit.depart(slot);
    for (let next = this.#queue.take(); next !== NONE; next = this.#queue.take()) exit.depart(next);
  }

  #depart(exit: LinkExit): void {
    const { values } = this;
    const slot = this.#inService;
    this.#inService = NONE;
    this.#totals[SENT_BITS] += this.#inServiceCost * 8;
    values[DEPARTURE_NS] = values[EVENT_NS];
    exit.depart(slot);
  }

  /** Nothing is in service at EVENT_NS: begins with the next packet, or finds out when to. */
  #serve(exit: LinkExit): void {
    const { values } = this;
    const { memory } = this.#parts;
    const server = this.#server;
    if (this.#queue.packets > 0) {
      server.findReady();
      if (values[READY_NS] > values[EVENT_NS]) {
        values[NEXT_NS] = values[READY_NS];
        return;
      }
      const slot = this.#discipline.dequeue(exit);
      if (slot !== NONE) {
        this.#inService = slot;
        this.#inServiceCost = server.costOf(memory.l3Length[slot]);
        server.serve(slot, this.#inServiceCost);
        values[NEXT_NS] = values[FINISH_NS];
        return;
      }
    }
    values[NEXT_NS] = Number.POSITIVE_INFINITY;
    this.#totals[BUSY_NS] += values[EVENT_NS] - this.#totals[BUSY_SINCE_NS];
  }
}

function makeDiscipline(impairments: Impairments, parts: LinkParts): Discipline {
  const discipline = disciplineOf(aqmKind(impairments), parts);
  discipline.tune(impairments);
  return discipline;
}

function disciplineOf(kind: ReturnType<typeof aqmKind>, parts: LinkParts): Discipline {
  switch (kind) {
    case 'droptail':
      return new DropTail(parts);
    case 'drophead':
      return new DropHead(parts);
    case 'codel':
      return new Codel(parts);
    case 'pie':
      return new Pie(parts);
  }
}
