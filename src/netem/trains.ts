/**
 * Verdicts on super-packets ("trains"): each segment is judged as the wire packet that it will be. What
 * fares alike stays together; a train of which nothing is lost and all is due at one time moves whole.
 *
 * This is the quick way, for impairments that look at no byte and give all segments of a train one time
 * (loss, outage, partition, constant delay). For everything else the driver takes the train apart and
 * presents its segments one by one, with the same verdicts.
 */
import { OFFLOAD_HEADER_BYTES } from '../packet/offload-header.js';
import { Train } from '../packet/train.js';
import type { ActiveRules } from './active-rules.js';
import { Counter, type Counters } from './counters.js';
import type { Departures } from './departures.js';
import { directionOf, UNMATCHED } from './flow-table.js';
import { SEGMENT_HEADER_BYTES_MAX, TRAIN_SEGMENTS_MAX } from './limits.js';
import type { PacketMemory } from './packet-memory.js';
import type { Pipeline } from './pipeline.js';
import type { RuleFinder } from './rule-finder.js';
import type { Ruling } from './ruling.js';
import { ARRIVAL_NS, GO_ON, type Judgement, ORDINAL, RELEASE_NS } from './stages/stage.js';
import { Verdict } from './verdict.js';

/** What becomes of a segment, beside the counters that say why it was dropped. */
const PASSES = -1;
const IS_HELD = -2;

/** `Trains.ingress`: to be judged as one packet. */
export const IS_NO_TRAIN = -1;

/** Of the engine. */
export interface TrainParts {
  readonly memory: PacketMemory;
  readonly counters: Counters;
  readonly packet: Judgement;
  readonly finder: RuleFinder;
  readonly active: ActiveRules;
  readonly departures: Departures;
}

export class Trains {
  readonly train = new Train();
  /** Runs of the train judged last that pass at once: first segment and number, side by side. */
  readonly passing = new Int32Array(2 * TRAIN_SEGMENTS_MAX);
  passingCount = 0;

  readonly #parts: TrainParts;
  readonly #ruling: Ruling;
  /** When the run that is being collected is to leave. */
  readonly #runReleaseNs = new Float64Array(1);

  /** `ruling`: where to tell what was decided. */
  constructor(parts: TrainParts, ruling: Ruling) {
    this.#ruling = ruling;
    this.#parts = parts;
  }

  /**
   * Judges the super-packet in `slot`, each segment as the packet that it will be on the wire. On `drop`
   * all are dropped or held; on `runs` the driver writes on those in `passing`; on `split` nothing was done
   * yet, and it presents the segments one by one, by `cutSegment`. IS_NO_TRAIN, and nothing was done, for
   * what cannot be taken apart: that is judged as one packet.
   */
  ingress(slot: number, direction: number, nowNs: number): number {
    const { memory, packet, finder, active } = this.#parts;
    const { view, values } = packet;
    const at = memory.frameOffset(slot);
    if (!view.parse(memory.bytes, at, memory.length[slot], memory.linkType[slot])) {
      return IS_NO_TRAIN;
    }
    const { train } = this;
    if (!train.read(view, memory.segmentBytes[slot])) return IS_NO_TRAIN;
    if (train.segments > TRAIN_SEGMENTS_MAX || train.headerBytes > SEGMENT_HEADER_BYTES_MAX) {
      return IS_NO_TRAIN;
    }
    if (active.rebinds) return Verdict.split;
    values[ARRIVAL_NS] = nowNs;
    const side = finder.look(direction);
    if (side < 0) return Verdict.split;
    if (finder.rule === UNMATCHED) {
      this.#ruling.setUnmatched(directionOf(side), finder.matters, Counter.passed);
      this.#ruling.causes.fill(Counter.passed, 0, train.segments);
      return Verdict.pass;
    }
    const pipeline = active.list[finder.rule].pipelines[directionOf(side)];
    if (pipeline.nextChangeNs[0] <= nowNs) pipeline.followSchedule(nowNs);
    if (!pipeline.keepsTrains) return Verdict.split;
    this.#ruling.direction = directionOf(side);
    this.#judge(slot, side, pipeline);
    if (this.passingCount === 0) return Verdict.drop;
    return this.passing[1] === train.segments ? Verdict.pass : Verdict.runs;
  }

  /** Writes the segment of the train in `from`, the last one presented, as a packet into the slot `to`. */
  cutSegment(from: number, segment: number, to: number): void {
    this.#cut(from, segment, 1, to);
  }

  /** What is held and what is dropped is dealt with when it returns; `passing` tells the rest. */
  #judge(slot: number, side: number, pipeline: Pipeline): void {
    const { train } = this;
    const { packet, finder, departures } = this.#parts;
    const { values } = packet;
    this.passingCount = 0;
    const ruling = this.#ruling;
    let first = 0;
    let fate = 0;
    for (let i = 0; i < train.segments; i++) {
      finder.count(side);
      if (i === 0) ruling.begin(finder.rule, packet, pipeline);
      if (values[ORDINAL] === 1) departures.beginFlow(packet.entry);
      packet.effects = 0;
      values[RELEASE_NS] = values[ARRIVAL_NS];
      const cause = pipeline.judge(packet);
      let mine = cause;
      if (cause === GO_ON) mine = pipeline.passesNow(packet) ? PASSES : IS_HELD;
      if (i > 0 && mine !== fate) {
        this.#endRun(slot, pipeline, first, i - first, fate, 1);
        first = i;
      }
      fate = mine;
      this.#runReleaseNs[0] = values[RELEASE_NS];
    }
    this.#endRun(slot, pipeline, first, train.segments - first, fate, 0);
    ruling.end(ruling.causes[0], 0);
  }

  /** `since`: segments that were judged since the run's last. */
  #endRun(
    slot: number,
    pipeline: Pipeline,
    first: number,
    count: number,
    fate: number,
    since: number,
  ): void {
    const { counters, packet } = this.#parts;
    const { row } = pipeline;
    const { causes } = this.#ruling;
    const bytes = this.#l3Bytes(first, count);
    if (fate === PASSES) {
      causes.fill(Counter.passed, first, first + count);
      counters.countOutcome(row, count, bytes, Counter.passed);
      this.passing[2 * this.passingCount] = first;
      this.passing[2 * this.passingCount++ + 1] = count;
      return;
    }
    if (fate !== IS_HELD) {
      causes.fill(fate, first, first + count);
      counters.countOutcome(row, count, bytes, fate);
      return;
    }
    const { values } = packet;
    values[RELEASE_NS] = this.#runReleaseNs[0];
    const isLate = values[RELEASE_NS] > values[ARRIVAL_NS];
    const outcome = this.#hold(slot, pipeline, first, count, since + count - 1);
    causes.fill(outcome, first, first + count);
    counters.countOutcome(row, count, bytes, outcome);
    if (outcome === Counter.held && isLate) {
      counters.count(row, Counter.delayed, count);
    }
  }

  /**
   * Returns what became of the run at once, as a counter. `before`: how many ordinals before the last
   * one counted the run's first packet is.
   */
  #hold(slot: number, pipeline: Pipeline, first: number, count: number, before: number): number {
    const { memory, packet } = this.#parts;
    const { train } = this;
    const isWhole = count === train.segments;
    const length = isWhole
      ? memory.length[slot]
      : train.headerBytes + train.runPayloadBytes(first, count);
    const held = memory.take(length);
    if (held < 0) return Counter.overflow;
    if (isWhole) memory.copy(slot, held);
    else this.#cut(slot, first, count, held);
    pipeline.describe(held, packet, packet.values[ORDINAL] - before);
    memory.segments[held] = count;
    const cause = pipeline.hold(held);
    if (cause === GO_ON) return Counter.held;
    memory.give(held);
    return cause;
  }

  #cut(from: number, first: number, count: number, to: number): void {
    const { memory } = this.#parts;
    const { train } = this;
    const { bytes } = memory;
    const at = memory.frameOffset(to);
    const payloadBytes = train.runPayloadBytes(first, count);
    const payloadAt = train.payloadAt(first);
    train.writeOffload(bytes, at - OFFLOAD_HEADER_BYTES, first, count);
    train.writeHeader(bytes, at, first, count);
    bytes.copyWithin(at + train.headerBytes, payloadAt, payloadAt + payloadBytes);
    memory.length[to] = train.headerBytes + payloadBytes;
    memory.segmentBytes[to] = count > 1 ? train.segmentBytes : 0;
    memory.tag[to] = memory.tag[from];
    memory.serial[to] = memory.serial[from] + first;
    memory.linkType[to] = memory.linkType[from];
  }

  /** Sum of the IP lengths of the run's packets. */
  #l3Bytes(first: number, count: number): number {
    const { train } = this;
    const payloadBytes = train.runPayloadBytes(first, count);
    const headerBytes = train.segmentL3Bytes(first) - train.runPayloadBytes(first, 1);
    return payloadBytes + count * headerBytes;
  }
}
