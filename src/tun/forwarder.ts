/**
 * Moves frames between the lanes' ports and the engine: what the live loop does between two waits,
 * and what tests drive over memory ports with a clock of their own.
 */
import { type Engine, Verdict } from '../netem/engine.js';
import type { Histogram } from '../netem/histogram.js';
import { type PacketMemory, SlotFlag } from '../netem/packet-memory.js';
import { NO_RULE } from '../netem/ruling.js';
import { IS_NO_TRAIN } from '../netem/trains.js';
import type { Rule } from '../rules/rule.js';
import type { Lane } from './lane.js';
import type { Recorder } from './recorder.js';

/**
 * Frames read from a lane before due packets are looked at again: long enough to spread the cost of
 * a wait, short enough that a full batch (about 2 µs a frame) delays no due packet by more than 0.1 ms;
 * one of super-packets that have to be taken apart (1.4 µs a segment), by 2 ms.
 */
export const BATCH_FRAMES = 32;

/** Segments of a super-packet that are presented to the engine before what passed has to be written. */
const SEGMENT_SLOTS = 32;

/** Released packets between two readings of the clock. */
const LATENESS_BATCH = 64;

export interface Clock {
  /** Nanoseconds since the engine's start. */
  nowNs(): number;
}

export class Forwarder {
  readonly #engine: Engine;
  readonly #memory: PacketMemory;
  readonly #lanes: readonly Lane[];
  readonly #clock: Clock;
  readonly #lateness: Histogram;
  readonly #pulse: () => void;
  readonly #recorder: Recorder | null;
  readonly #staging: Int32Array;
  /** Where super-packets are taken apart. */
  readonly #segments: Int32Array;
  readonly #releasedDeadlineNs = new Float64Array(LATENESS_BATCH);
  #released = 0;
  /** Super-packets read so far. */
  trains = 0;

  /**
   * `pulse` is called while many packets are released, which may take longer than a turn should. With a
   * recorder the engine has to be `witnessed`.
   */
  constructor(
    engine: Engine,
    memory: PacketMemory,
    lanes: readonly Lane[],
    clock: Clock,
    lateness: Histogram,
    pulse: () => void = () => {},
    recorder: Recorder | null = null,
  ) {
    this.#engine = engine;
    this.#memory = memory;
    this.#lanes = lanes;
    this.#clock = clock;
    this.#lateness = lateness;
    this.#pulse = pulse;
    this.#recorder = recorder;
    this.#staging = memory.takeStaging(BATCH_FRAMES);
    this.#segments = memory.takeStaging(SEGMENT_SLOTS);
  }

  /**
   * Reads one batch of the lane, releases what is due, then judges the batch. Returns the frames read,
   * −1 when its source is gone.
   */
  turn(laneIndex: number): number {
    const lane = this.#lanes[laneIndex]!;
    const count = lane.source.readBatch(this.#staging);
    // The clock is read when all have come: by a time from before the batch, a packet that came while we
    // were kept from reading (2 ms were seen, on a busy machine) would leave that much too early.
    const nowNs = this.#clock.nowNs();
    const recorder = this.#recorder;
    this.#releaseDue(nowNs);
    if (recorder !== null) recorder.arrivalNs[0] = nowNs;
    for (let i = 0; i < count; i++) {
      const slot = this.#staging[i]!;
      this.#memory.tag[slot] = laneIndex;
      if (this.#memory.segmentBytes[slot] !== 0) this.#judgeTrain(slot, lane, nowNs);
      else this.#judge(slot, lane, nowNs);
    }
    lane.target.flush();
    if (recorder !== null) recorder.publish();
    return count;
  }

  #judge(slot: number, lane: Lane, nowNs: number): void {
    const recorder = this.#recorder;
    if (recorder !== null) recorder.begin(slot);
    const verdict = this.#engine.ingress(slot, lane.direction, nowNs);
    if (recorder !== null) {
      const { rule, matters } = this.#engine.ruling;
      if (rule !== NO_RULE || matters) recorder.judged();
      this.#noteLate(recorder);
    }
    if (verdict === Verdict.pass) lane.target.write(slot);
  }

  #judgeTrain(slot: number, lane: Lane, nowNs: number): void {
    const { target } = lane;
    const { trains } = this.#engine;
    const recorder = this.#recorder;
    this.trains++;
    if (recorder !== null) recorder.begin(slot);
    const verdict = trains.ingress(slot, lane.direction, nowNs);
    if (verdict === IS_NO_TRAIN) {
      this.#judge(slot, lane, nowNs);
      return;
    }
    if (recorder !== null && verdict !== Verdict.split) {
      const { rule, matters } = this.#engine.ruling;
      if (rule !== NO_RULE || matters) recorder.judgedTrain(trains.train.segments);
      this.#noteLate(recorder);
    }
    if (verdict === Verdict.pass) {
      target.write(slot);
    } else if (verdict === Verdict.runs) {
      const { train, passing, passingCount } = trains;
      for (let i = 0; i < passingCount; i++) {
        target.writeRun(slot, train, passing[2 * i]!, passing[2 * i + 1]!);
      }
    } else if (verdict === Verdict.split) {
      this.#judgeSegments(slot, lane, nowNs);
    }
  }

  #judgeSegments(slot: number, lane: Lane, nowNs: number): void {
    const { trains } = this.#engine;
    const { segments } = trains.train;
    for (let i = 0; i < segments; i++) {
      const at = i % SEGMENT_SLOTS;
      // What was left in these slots, by the last super-packet too, may still wait to be written.
      if (at === 0) lane.target.flush();
      const segment = this.#segments[at]!;
      trains.cutSegment(slot, i, segment);
      this.#judge(segment, lane, nowNs);
    }
  }

  #noteLate(recorder: Recorder): void {
    const { late } = this.#engine;
    if (late !== null && late.count > 0) recorder.late(late);
  }

  /**
   * Other rules from now on: what is due leaves under the old ones. `number` is for the recorder. Errors:
   * those of `Engine.configure`, and then nothing changes.
   */
  configure(rules: readonly Rule[], nowNs: number, number: number): void {
    this.#releaseDue(nowNs);
    this.#engine.configure(rules, nowNs);
    const recorder = this.#recorder;
    if (recorder === null) return;
    recorder.rules(number, nowNs);
    this.#noteLate(recorder);
    recorder.publish();
  }

  /** Releases what is due now. */
  releaseDue(): void {
    this.#releaseDue(this.#clock.nowNs());
  }

  /** The end: releases what is due, then everything that is held, in order, at once. */
  flush(): void {
    const nowNs = this.#clock.nowNs();
    this.#releaseDue(nowNs);
    // What leaves now does so before its time.
    this.#recorder?.end(nowNs);
    let released = 0;
    this.#engine.flush({
      release: (slot) => {
        this.#write(slot);
        if (++released % LATENESS_BATCH === 0) this.#pulse();
      },
    });
    this.#flushTargets();
  }

  /**
   * The engine's sink. The slot is given back when this returns, but its bytes stay as they are until
   * the next `ingress`, before which the targets are flushed.
   */
  release(slot: number): void {
    const recorder = this.#recorder;
    if (recorder !== null) {
      this.#noteLate(recorder);
      recorder.released(slot);
    }
    this.#write(slot);
    this.#releasedDeadlineNs[this.#released++] = this.#memory.deadlineNs[slot]!;
    if (this.#released === LATENESS_BATCH) this.#recordLateness();
  }

  #write(slot: number): void {
    const lane = this.#lanes[this.#memory.tag[slot]!]!;
    const isReply = (this.#memory.flags[slot]! & SlotFlag.reply) !== 0;
    (isReply ? lane.replies : lane.target).write(slot);
  }

  #flushTargets(): void {
    for (let i = 0; i < this.#lanes.length; i++) this.#lanes[i]!.target.flush();
  }

  #releaseDue(nowNs: number): void {
    if (this.#engine.expire(nowNs, this) > 0) this.#recordLateness();
    const recorder = this.#recorder;
    if (recorder === null) return;
    this.#noteLate(recorder);
    recorder.publish();
  }

  /**
   * The time after the batch's last write stands for all of them, so the error shown is never
   * smaller than the real one.
   */
  #recordLateness(): void {
    if (this.#released === 0) return;
    this.#flushTargets();
    const nowNs = this.#clock.nowNs();
    for (let i = 0; i < this.#released; i++) {
      this.#lateness.record(nowNs - this.#releasedDeadlineNs[i]!);
    }
    this.#released = 0;
    this.#pulse();
  }
}
