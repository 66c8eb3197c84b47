/** What a replay is made of, and what it comes to. */
import type { PacketMemory } from '../netem/packet-memory.js';
import type { Fault } from '../pcap/capture-items.js';
import type { CaptureSource } from '../pcap/capture-source.js';
import type { Rule } from '../rules/rule.js';
import type { Directions } from './directions.js';
import type { Exit } from './exit.js';
import type { Pace } from './pace.js';
import type { ReplayCounts, ReplayObserver } from './passage.js';
import type { Timeline } from './timeline.js';

/** Makes the exit; `edgeBytes` of the memory, from `edgeAt` on, are its own. */
export interface ExitMaker {
  readonly edgeBytes: number;
  open(memory: PacketMemory, edgeAt: number): Exit;
}

export interface ReplayOptions {
  readonly source: CaptureSource;
  readonly rules: readonly Rule[];
  readonly seed: string;
  readonly memoryBytes: number;
  readonly timeline: Timeline;
  readonly directions: Directions;
  readonly exit: ExitMaker;
  readonly observers: readonly ReplayObserver[];
  /** Null: as fast as it goes. */
  readonly pace: Pace | null;
  /** Ends the replay between two packets, also while it waits; what is held never leaves. */
  readonly signal?: AbortSignal;
}

export interface ReplayResult {
  readonly counts: ReplayCounts;
  /** IP packets that contradict themselves; they passed, unjudged. */
  readonly malformed: number;
  /** SHA-256 of all fates (netem/fates.ts), in the order of the packets. */
  readonly verdictsSha256: string;
  /** What the file has against being read to its end; everything before it was replayed. */
  readonly fault: Fault | null;
  readonly isInterrupted: boolean;
  /** From the first packet's arrival to the end of virtual time. */
  readonly spanNs: number;
  /** The first packet's time, ns since 1970. */
  readonly baseNs: bigint;
}
