/**
 * Measures a gradient: for each turn the rule of the step is put into force, as if nothing had been before,
 * and the prober runs. Between two turns there is no rule, so that flows are numbered from 0 again: sample k
 * of a round meets the same draws in all of its steps (the streams' keys are made of the seed and the rule's
 * name, which is that of the round).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceStatus } from '../control/types.js';
import { type PlainError, runtimeError, toPlainError } from '../errors.js';
import { Direction, type Rule } from '../rules/rule.js';
import type { GradientLink } from './link.js';
import { type Turn, turnsOf } from './order.js';
import { grown, readSystemCounters } from './probe/system-counters.js';
import type { ProbedSegment } from './prober/protocol.js';
import type { Order, SegmentRecord, Step } from './result.js';

export interface MeasureRequest {
  readonly steps: readonly Step[];
  /** Of each step. */
  readonly rules: readonly Rule[];
  readonly rounds: number;
  readonly order: Order;
  readonly seed: string;
  readonly paired: boolean;
  /** Samples in one segment, by step; null: as many as fit `durationMs`. */
  readonly counts: readonly (number | null)[];
  readonly durationMs: number;
  /** Before the first segment, without impairment; 0: none. */
  readonly warmupMs: number;
}

export interface MeasureProgress extends Turn {
  /** From 0, and how many there are. */
  readonly turn: number;
  readonly turns: number;
  /** Of this segment. */
  readonly samples: number;
  readonly failed: number;
  readonly elapsedMs: number;
}

export interface Measured {
  readonly segments: readonly SegmentRecord[];
  /** All of them, each to its end. */
  readonly complete: boolean;
}

export interface MeasureEvents {
  onProgress(progress: MeasureProgress): void;
  /** All segments so far, when one more has been measured. */
  onSegment(segments: readonly SegmentRecord[]): void;
}

/** Packets still on their way, and late answers to what was given up, are let out between two turns. */
const SETTLE_MS = 50;
const SETTLE_MS_MAX = 2_000;
const DRAIN_POLL_MS = 20;
/** An instance that is asked to end lets go of its prober first. */
const ENDING_MS = 5_000;

/**
 * The prober is prepared. `signal` cuts the measuring short; what was measured stands. What goes wrong is
 * said in the segment that it ends.
 */
export async function measureGradient(
  link: GradientLink,
  request: MeasureRequest,
  signal: AbortSignal,
  events: MeasureEvents,
): Promise<Measured> {
  const measuring = new Measuring(link, request);
  const cut = () => measuring.cut();
  signal.addEventListener('abort', cut);
  if (signal.aborted) cut();
  try {
    return await measuring.all(events);
  } finally {
    signal.removeEventListener('abort', cut);
  }
}

class Measuring {
  readonly #link: GradientLink;
  readonly #request: MeasureRequest;
  #isCut = false;
  /** Why the instance has ended by itself; null: it has not. */
  #ended: PlainError | null = null;

  constructor(link: GradientLink, request: MeasureRequest) {
    this.#link = link;
    this.#request = request;
    void link.instance.ended.then((error) => {
      const end = error ?? runtimeError('E_ENDED', 'the instance was ended by netemu down');
      this.#ended = toPlainError(end);
      this.cut();
    });
  }

  /** No new segments; the one that is being measured ends early. */
  cut(): void {
    this.#isCut = true;
    this.#link.prober.cut();
  }

  async all({ onProgress, onSegment }: MeasureEvents): Promise<Measured> {
    const { prober } = this.#link;
    const { steps, rounds, order, seed, warmupMs } = this.#request;
    if (warmupMs > 0 && !this.#isCut) await this.#warmUp(warmupMs);
    const turns = turnsOf(steps.length, rounds, order, seed);
    const segments: SegmentRecord[] = [];
    for (const [turn, at] of turns.entries()) {
      if (this.#isCut || prober.hasEnded) break;
      const beganMs = performance.now();
      prober.onProgress = (samples, failed) => {
        const elapsedMs = performance.now() - beganMs;
        onProgress({ ...at, turn, turns: turns.length, samples, failed, elapsedMs });
      };
      prober.onProgress(0, 0);
      segments.push(await this.#segment(at));
      onSegment(segments);
    }
    const complete = segments.length === turns.length && segments.every((each) => !each.cut);
    return { segments, complete };
  }

  /** Over the whole way, as the baseline: what is compiled and cached by then does not look like a change. */
  async #warmUp(durationMs: number): Promise<void> {
    const { instance, prober } = this.#link;
    const rule = this.#request.rules[0]!;
    await instance.set([{ ...rule, name: `${rule.name} warm-up` }], { rules: [rule.text] });
    prober.onProgress = () => {};
    await prober.measure({ count: null, durationMs, step: 0, label: 'warm-up', round: -1 });
  }

  async #segment(turn: Turn): Promise<SegmentRecord> {
    const { step, round } = turn;
    const record = { step, round, startedAt: new Date().toISOString() };
    try {
      const measured = await this.#measure(turn);
      // Cut, and not by us: the instance is ending, and lets go of its prober first.
      const isEnding = measured.cut && measured.error === null && !this.#isCut;
      if (isEnding) await Promise.race([this.#link.instance.ended, sleep(ENDING_MS)]);
      const ended = this.#ended === null ? {} : { cut: true, error: this.#ended };
      return { ...record, ...measured, ...ended };
    } catch (error) {
      // The link or the prober is gone: what other segments have measured stands.
      const why = this.#ended ?? toPlainError(error);
      return { ...record, ...NOTHING, error: why, traffic: null, emulator: null };
    }
  }

  async #measure({
    step,
    round,
  }: Turn): Promise<Omit<SegmentRecord, 'step' | 'round' | 'startedAt'>> {
    const { instance, prober } = this.#link;
    const { steps, counts, durationMs } = this.#request;
    const rule = this.#ruleOf(step, round);
    const held = instance.rules();
    await instance.set([], { rules: [] });
    await sleep(settleMs(held));
    instance.forgetLateness();
    await instance.set([rule], { rules: [rule.text] });
    const before = instance.status();
    const farBefore = this.#readFar();
    const count = counts[step] ?? null;
    const probed = await prober.measure({
      count,
      durationMs: count === null ? durationMs : null,
      step,
      label: steps[step]!.label,
      round,
    });
    try {
      const after = await this.#drained();
      const farGrown = grown(farBefore, this.#readFar());
      return {
        ...probed,
        system: { ...probed.system, ...prefixed(farGrown) },
        traffic: after.rules[0] ?? null,
        emulator: emulatorOf(before, after),
      };
    } catch (error) {
      // The link is gone, the samples are not.
      return { ...probed, traffic: null, emulator: null, cut: true, error: toPlainError(error) };
    }
  }

  /** The name keys the randomness: shared by the steps of a round, or not. */
  #ruleOf(step: number, round: number): Rule {
    const { rules, paired } = this.#request;
    const rule = rules[step]!;
    const share = paired ? `round ${round}` : `round ${round}, step ${step}`;
    return { ...rule, name: `${rule.name} ${share}` };
  }

  /** The counters of the namespace at the far end, where that is known. */
  #readFar(): Map<string, number> {
    return this.#link.far?.within(() => readSystemCounters()) ?? new Map<string, number>();
  }

  /** The status when all packets of the segment have left. */
  async #drained(): Promise<InstanceStatus> {
    for (let waitedMs = 0; ; waitedMs += DRAIN_POLL_MS) {
      const status = this.#link.instance.status();
      const held = status.rules.reduce((sum, rule) => sum + rule.out.held + rule.in.held, 0);
      if (held === 0 || waitedMs >= SETTLE_MS_MAX) return status;
      await sleep(DRAIN_POLL_MS);
    }
  }
}

const NOTHING: ProbedSegment = {
  durationMs: 0,
  index: [],
  atMs: [],
  failure: [],
  failureReasons: [],
  values: {},
  series: [],
  begunLateMs: null,
  system: {},
  cut: true,
  error: null,
  notes: [],
};

function prefixed(counters: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counters).map(([name, by]) => [`far ${name}`, by]));
}

/** Long enough for what these rules may still hold. */
function settleMs(rules: readonly Rule[]): number {
  const delaysNs = rules.map(
    ({ impairments }) => impairments[Direction.out].delayNs + impairments[Direction.in].delayNs,
  );
  return Math.min(SETTLE_MS_MAX, SETTLE_MS + (2 * Math.max(0, ...delaysNs)) / 1e6);
}

/** Lateness is of the segment alone; of the rest what grew meanwhile. */
function emulatorOf(before: InstanceStatus, after: InstanceStatus): SegmentRecord['emulator'] {
  const overflow = after.overflow - before.overflow;
  const kernelDrops = Math.max(0, after.kernelDrops - before.kernelDrops);
  const hasStalled = after.stallNs > before.stallNs;
  const holds = { overflow: overflow > 0, kernelDrops: kernelDrops > 0, stall: hasStalled };
  return {
    latenessNs: after.latenessNs,
    stallNs: hasStalled ? after.stallNs : 0,
    overflow,
    kernelDrops,
    malformed: after.malformed - before.malformed,
    distortions: after.distortions.filter((each) => each === 'lateness' || holds[each]),
  };
}
