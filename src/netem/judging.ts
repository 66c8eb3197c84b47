/** What is done with a packet that met a rule: judged, counted, held, copied, answered. */
import { settleChecksum } from '../packet/offload-header.js';
import type { ActiveRules } from './active-rules.js';
import { Counter } from './counters.js';
import type { Departures } from './departures.js';
import { NatTable } from './nat-table.js';
import type { Surroundings } from './outlet.js';
import { SlotFlag } from './packet-memory.js';
import type { Pipeline } from './pipeline.js';
import type { Rejections } from './rejections.js';
import type { Ruling } from './ruling.js';
import { ARRIVAL_NS, Effect, GO_ON, type Judgement, ORDINAL, RELEASE_NS } from './stages/stage.js';
import { Verdict } from './verdict.js';

/** Of the engine. */
export interface JudgingParts extends Surroundings {
  readonly packet: Judgement;
  readonly active: ActiveRules;
  readonly departures: Departures;
  readonly nat: NatTable;
  readonly rejections: Rejections;
}

export class Judging {
  readonly #parts: JudgingParts;
  readonly #ruling: Ruling;

  /** `ruling`: where to tell what was decided. */
  constructor(parts: JudgingParts, ruling: Ruling) {
    this.#parts = parts;
    this.#ruling = ruling;
  }

  /** Judges the packet in `slot`, which met the rule of `pipeline`. Returns a Verdict. */
  judge(slot: number, pipeline: Pipeline, rule: number): number {
    const { counters, packet, active, nat } = this.#parts;
    const ruling = this.#ruling;
    const { row } = pipeline;
    const bytes = packet.view.wireLength;
    ruling.begin(rule, packet, pipeline);
    packet.effects = 0;
    if (packet.values[ORDINAL] === 1) this.#parts.departures.beginFlow(packet.entry);
    if (pipeline.altersBytes) this.settle(slot);
    const cause = pipeline.judge(packet);
    const isMapped = active.rebinds && nat.status === NatTable.MAPPED;
    if (isMapped || (packet.effects & Effect.rebound) !== 0) counters.count(row, Counter.rebound);
    if (cause !== GO_ON) {
      counters.countOutcome(row, 1, bytes, cause);
      ruling.end(cause, packet.effects);
      if (pipeline.rejects && cause === Counter.droppedPartition) {
        this.settle(slot);
        ruling.answered = this.#parts.rejections.reply(slot, row, active.rebinds);
      }
      return Verdict.drop;
    }
    const { effects } = packet;
    this.#countEffects(row);
    let outcome: number = Counter.passed;
    if (pipeline.passesNow(packet)) {
      this.#parts.departures.notePassed(pipeline, packet);
    } else {
      outcome = this.#hold(slot, pipeline, 0);
    }
    counters.countOutcome(row, 1, bytes, outcome);
    ruling.end(outcome, effects);
    const isLate = packet.values[RELEASE_NS] > packet.values[ARRIVAL_NS] || pipeline.takesTurns;
    if (outcome === Counter.held && isLate) {
      counters.count(row, Counter.delayed);
    }
    if ((effects & Effect.duplicated) !== 0) this.#copy(slot, pipeline);
    if (outcome === Counter.passed) return Verdict.pass;
    return outcome === Counter.held ? Verdict.held : Verdict.drop;
  }

  /** Queues a copy of the judged packet in `slot`; returns what became of it at once, as a counter. */
  #hold(slot: number, pipeline: Pipeline, flags: number): number {
    const { memory, packet } = this.#parts;
    const held = memory.take(memory.length[slot]);
    if (held < 0) return Counter.overflow;
    memory.copy(slot, held);
    pipeline.describe(held, packet, packet.values[ORDINAL]);
    memory.flags[held] |= flags;
    const cause = pipeline.hold(held);
    if (cause === GO_ON) return Counter.held;
    memory.give(held);
    return cause;
  }

  #countEffects(row: number): void {
    const { counters, packet } = this.#parts;
    const { effects } = packet;
    if ((effects & Effect.corrupted) !== 0) counters.count(row, Counter.corrupted);
    if ((effects & Effect.marked) !== 0) counters.count(row, Counter.marked);
  }

  /** The packet in `slot` was judged; its copy goes its own way from here. */
  #copy(slot: number, pipeline: Pipeline): void {
    const { counters, packet } = this.#parts;
    const cause = pipeline.judgeCopy(packet);
    this.#countEffects(pipeline.row);
    const outcome = cause === GO_ON ? this.#hold(slot, pipeline, SlotFlag.copy) : cause;
    counters.countCopy(pipeline.row, outcome);
    this.#ruling.copy = outcome;
  }

  /**
   * What changes the packet's bytes, or answers it, needs all its checksums. A super-packet that could not be
   * taken apart keeps its header, or it would leave as one packet.
   */
  settle(slot: number): void {
    const { memory } = this.#parts;
    if (memory.segmentBytes[slot] !== 0) return;
    settleChecksum(memory.bytes, memory.frameOffset(slot), memory.length[slot]);
  }
}
