/**
 * How much of a step's times may be the tool's own doing: netemu that released packets late, and a prober
 * that was not on time, since both share a machine with others. What differs by less says nothing about
 * the service.
 */
import type { GradientRecord, SegmentRecord } from '../result.js';

interface OwnError {
  /** Of a quantile: what 1 in 100 packets and samples were late. */
  readonly tailMs: number;
  /** Of any one sample: nothing was later. */
  readonly worstMs: number;
  /** Of a mean. */
  readonly meanMs: number;
}

/** An answer has passed netemu twice, as a question and as an answer. */
const PASSAGES = 2;

/** Of the step's worst segment; 0 where nothing is known. */
export function ownErrorMs(segments: GradientRecord['segments'], step: number): OwnError {
  const errors = segments.filter((segment) => segment.step === step).map(ofSegment);
  return {
    tailMs: Math.max(0, ...errors.map(({ tailMs }) => tailMs)),
    worstMs: Math.max(0, ...errors.map(({ worstMs }) => worstMs)),
    meanMs: Math.max(0, ...errors.map(({ meanMs }) => meanMs)),
  };
}

function ofSegment({ emulator, begunLateMs }: SegmentRecord): OwnError {
  const passed = emulator?.latenessNs ?? ON_TIME;
  const begun = begunLateMs ?? ON_TIME;
  return {
    tailMs: (PASSAGES * passed.p99) / 1e6 + begun.p99,
    worstMs: (PASSAGES * passed.max + (emulator?.stallNs ?? 0)) / 1e6 + begun.max,
    meanMs: (PASSAGES * boundOfMean(passed)) / 1e6 + boundOfMean(begun),
  };
}

interface Lateness {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const ON_TIME: Lateness = { p50: 0, p99: 0, max: 0 };

/** Half were late by p50 at most, and nearly all others by p99 at most. */
function boundOfMean({ p50, p99 }: Lateness): number {
  return (p50 + p99) / 2;
}
