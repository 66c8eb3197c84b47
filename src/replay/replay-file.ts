/**
 * A replay of a file with all that may go with it: a file for what came through, a log, a comparison, a
 * verification. What was opened for it is closed when it ends, however it ends.
 */
import { ruleStatus } from '../control/rule-status.js';
import type { RuleStatus } from '../control/types.js';
import { snapshotCounters } from '../netem/counters.js';
import type { Fault } from '../pcap/capture-items.js';
import type { RecordingEnd } from '../pcap/recording/header.js';
import { Direction, type Rule } from '../rules/rule.js';
import { CaptureExitMaker, type CaptureExitOptions } from './capture-exit.js';
import { Comparison, type ComparisonResult } from './compare.js';
import type { Directions } from './directions.js';
import type { Pace } from './pace.js';
import type { ReplayObserver } from './passage.js';
import type { Peek } from './peek.js';
import { Replay } from './replay.js';
import type { ReplayResult } from './replay-types.js';
import { RecordingTimeline, type Timeline } from './timeline.js';
import { VerdictLog } from './verdict-log.js';
import { type Verification, Verifier } from './verify.js';

export interface ReplayFileOptions {
  readonly input: Peek;
  readonly rules: readonly Rule[];
  readonly seed: string;
  readonly memoryBytes: number;
  readonly timeline: Timeline;
  readonly directions: Directions;
  readonly output: CaptureExitOptions;
  /** A path, or `-`; null: none. */
  readonly log: string | null;
  readonly other: Peek | null;
  readonly verifies: boolean;
  readonly pace: Pace | null;
  readonly signal: AbortSignal;
}

export interface ReplayReport extends Omit<ReplayResult, 'fault'> {
  /** As messages call the capture. */
  readonly input: string;
  readonly seed: string;
  readonly output: OutputReport | null;
  /** Of the rules that were in force at the end. */
  readonly rules: readonly RuleStatus[];
  readonly compare: ComparisonResult | null;
  readonly verify: VerifyReport | null;
  readonly fault: Fault | null;
}

export interface OutputReport {
  /** `-`: standard output. */
  readonly file: string;
  readonly packets: number;
  readonly bytes: number;
  /** Of the file, where it was asked for. */
  readonly sha256: string | null;
}

export interface VerifyReport extends Verification {
  /** Null: the recording has none. */
  readonly end: RecordingEnd | null;
}

/** Errors: E_FILE, E_OUTPUT, E_CAPTURE_LINKS, and those of rules in a recording. */
export async function replayFile(options: ReplayFileOptions): Promise<ReplayReport> {
  const { input, other, output } = options;
  const exit = new CaptureExitMaker(output);
  const comparison = other && new Comparison(other, input.classicResolutionNs);
  const log = options.log === null ? null : new VerdictLog(options.log);
  const verifier = options.verifies ? new Verifier() : null;
  let result: ReplayResult;
  let replay: Replay;
  try {
    replay = new Replay({
      ...options,
      source: input.source,
      exit: comparison?.around(exit) ?? exit,
      observers: [log, verifier].filter((observer) => observer !== null) as ReplayObserver[],
    });
    for (const observer of [log, verifier]) {
      if (observer !== null) observer.ruleNames = replay.passage.ruleNames;
    }
    result = await replay.run();
  } catch (error) {
    log?.abandon();
    throw error;
  }
  log?.close();
  const compare = result.isInterrupted ? comparison?.result : await comparison?.finish();
  return {
    ...result,
    input: input.source.name,
    seed: options.seed,
    output: outputReport(options, exit),
    rules: ruleStatuses(replay),
    compare: compare ?? null,
    verify: verifier && { ...verifier.result, end: endOf(options.timeline) },
  };
}

function outputReport({ output }: ReplayFileOptions, exit: CaptureExitMaker): OutputReport | null {
  const { packets, bytes, sha256 } = exit;
  return output.path === null ? null : { file: output.path, packets, bytes, sha256 };
}

function ruleStatuses({ engine, counters, delays }: Replay): RuleStatus[] {
  const snapshot = snapshotCounters(counters.buffer);
  return engine.rules.map((rule, index) => {
    const rows = [Direction.out, Direction.in].map((direction) => engine.rowOf(index, direction));
    return ruleStatus(rule, rows as [number, number], snapshot, delays);
  });
}

function endOf(timeline: Timeline): RecordingEnd | null {
  return timeline instanceof RecordingTimeline ? timeline.end : null;
}
