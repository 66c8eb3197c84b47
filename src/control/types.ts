/**
 * An instance as others see it: what `up` is asked for, what it may do with the running instance,
 * and the status that `status --json` prints. Types only, so that the program, the socket and the
 * live edge agree without importing each other.
 */

import type { ChildProcess } from 'node:child_process';
import type { NetemuError } from '../errors.js';
import type { User } from '../host/user.js';
import type { RecordingStatus, RecordingTarget } from '../pcap/recording/recording.js';
import type { Rule } from '../rules/rule.js';
import type { RuleSource } from '../rules/rule-source.js';

/** What is to be written down of the packets, and where. */
export interface RecordRequest {
  readonly target: RecordingTarget;
  /** Of the rules of the beginning. */
  readonly source: RuleSource;
  /** Of netemu. */
  readonly version: string;
}

export interface UpOptions {
  readonly rules: readonly Rule[];
  /** Empty: the devices of the default routes. */
  readonly devices: readonly string[];
  /** A name under /run/netns, a path, or a process id; null is the caller's own namespace. */
  readonly netns: string | null;
  /** Null: a random one is chosen. */
  readonly seed: string | null;
  /** Null: the first free of n1, n2 … */
  readonly name: string | null;
  readonly memoryBytes: number;
  readonly includeSsh: boolean;
  /** Super-packets cross whole, as far as the kernel can. */
  readonly offload: boolean;
  readonly record: RecordRequest | null;
  /** Called with one line for each event while running, such as a device that went down. */
  readonly notice: (line: string) => void;
}

/** What `run` is asked for. */
export interface RunOptions {
  /** None: a link that does nothing. */
  readonly rules: readonly Rule[];
  /** A program and its arguments. */
  readonly command: readonly string[];
  /**
   * `inherit`: it has netemu's standard input, output and error. `channel`: it is a program of netemu's own,
   * which has the last of them alone, and node's channel to this process.
   */
  readonly stdio: 'inherit' | 'channel';
  /** Whom it runs as; null: as netemu itself. */
  readonly user: User | null;
  /** No way out: the far end answers by itself. */
  readonly isPrivate: boolean;
  /** Devices that lead into the world, beside those of the default routes. */
  readonly uplinks: readonly string[];
  readonly mtu: number;
  readonly seed: string | null;
  readonly name: string | null;
  readonly memoryBytes: number;
  readonly offload: boolean;
  readonly record: RecordRequest | null;
  readonly notice: (line: string) => void;
}

/** How a command ended: one of the two is null. */
export interface CommandEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** An instance that ends with a command. */
export interface RunningCommand extends RunningInstance {
  /** By which devices it reaches the world; empty without a way out. */
  readonly uplinks: readonly string[];
  /** Starts the command, once; everything is ready for it. Resolves when it has ended. */
  runCommand(): Promise<CommandEnd>;
  /** Of the command; null before `runCommand`. */
  readonly process: ChildProcess | null;
  /** Of the far end of its link; `ipv6` is null where there is none. */
  readonly farEnd: { readonly ipv4: string; readonly ipv6: string | null };
  /** Calls something synchronous in the namespace of the far end: the caller's own, unless it is private. */
  atFarEnd<T>(action: () => T): T;
  /** Gives the command a signal that this process got, unless a terminal gave it to both. */
  passSignal(signal: NodeJS.Signals): void;
}

export interface RunningInstance {
  readonly name: string;
  readonly seed: string;
  readonly devices: readonly string[];
  readonly pid: number;
  rules(): readonly Rule[];
  /** After `stop()` it is the last status, with the released packets counted as passed. */
  status(): InstanceStatus;
  /** `source`: the same rules as text. */
  set(rules: readonly Rule[], source: RuleSource): Promise<void>;
  /** What the status says of lateness is about the time from now on. */
  forgetLateness(): void;
  /** Idempotent: releases held packets, takes everything away, resolves when that is done. */
  stop(): Promise<void>;
  /** Resolves with an error when it ended by itself, and with null after `stop()`. */
  readonly ended: Promise<NetemuError | null>;
}

/**
 * Packets of one rule in one direction. Always: seen + duplicated = passed + every dropped + held.
 */
export interface DirectionCounts {
  readonly seen: number;
  readonly passed: number;
  readonly dropped: {
    readonly loss: number;
    /** By `partition` or an outage. */
    readonly partition: number;
    /** By the link's queue: its limit, or its AQM. */
    readonly queue: number;
    /** Held packets that found no memory. */
    readonly overflow: number;
  };
  /** On their way through netemu now, and how many of them wait in the link. */
  readonly held: number;
  readonly queued: number;
  /** Packets whose release time was later than their arrival, also those that have passed since. */
  readonly delayed: number;
  readonly duplicated: number;
  readonly corrupted: number;
  /** CE-marked instead of dropped. */
  readonly marked: number;
  /** Left after a later packet of their flow (RFC 4737). */
  readonly reordered: number;
  /** Answers (RST, ICMP) to packets that `partition reject` dropped. */
  readonly replies: number;
  /** Left with another source, or came to one, after a `rebind`. */
  readonly rebound: number;
  /** IP bytes of the packets seen. */
  readonly bytes: number;
}

export type Interval = readonly [number, number];

/** What was asked for beside what happened. */
export interface Measure {
  /** Null where there is no one value: by ordinal (`nth`, `first`), in a schedule, not asked for. */
  readonly configured: number | null;
  /** Null when nothing was there to measure. */
  readonly realized: number | null;
  /** Of what may be behind the realized value; null with it. */
  readonly ci95: Interval | null;
}

/** One rule in one direction. Shares are 0..1. */
export interface Measured {
  /** Share of the packets that came to the loss stage. Clopper-Pearson, as all shares. */
  readonly loss: Measure;
  /** Share that was CE-marked. */
  readonly marks: Measure;
  /** Packets lost in a row, mean. */
  readonly lossBurst: Measure;
  readonly corruption: Measure;
  readonly duplicates: Measure;
  /** RFC 4737's ratio: share that left after a later packet of its flow. */
  readonly reordering: Measure;
  /** Of the link, bit/s over the time in which there was something to send. */
  readonly rate: Measure;
  /** Time from arrival to release; null when nothing was delayed. */
  readonly delay: {
    readonly meanNs: Measure;
    readonly sdNs: Measure;
    readonly p50Ns: Measure;
    readonly p99Ns: Measure;
  } | null;
}

export interface RuleStatus {
  readonly rule: string;
  readonly out: DirectionCounts;
  readonly in: DirectionCounts;
  readonly measured: { readonly out: Measured; readonly in: Measured };
}

/** How the emulator itself distorted what was measured. */
export const DISTORTIONS = ['overflow', 'kernelDrops', 'lateness', 'stall'] as const;
export type Distortion = (typeof DISTORTIONS)[number];

/** Exactly what `status --json` prints. */
export interface InstanceStatus {
  /** Which command has made it. For `run`, `out` leaves its command and `in` comes to it. */
  readonly kind: 'up' | 'run';
  readonly name: string;
  readonly pid: number;
  readonly upSeconds: number;
  readonly seed: string;
  /** Of `run` the far end of its link, when that is in the caller's own namespace. */
  readonly devices: readonly string[];
  /** As the user named it; left out in the caller's own namespace. */
  readonly netns?: string | undefined;
  readonly rules: readonly RuleStatus[];
  /** Actual minus intended release time; all 0 while nothing has been delayed. */
  readonly latenessNs: {
    readonly p50: number;
    readonly p99: number;
    readonly p999: number;
    readonly max: number;
  };
  /** The longest time for which netemu stood still, from 100 ms on: what came then waited unmeasured. */
  readonly stallNs: number;
  /** Packets dropped because the packet memory was full, over all rules. */
  readonly overflow: number;
  /** Packets that the kernel lost on the way to netemu, or did not take back from it. */
  readonly kernelDrops: number;
  /** IP packets whose headers are cut short or contradict themselves: they passed, unjudged. */
  readonly malformed: number;
  /** Empty when what was asked for is what happened: lateness counts from 1 ms at p99. */
  readonly distortions: readonly Distortion[];
  /** Packet memory, `--memory`. */
  readonly memory: { readonly usedBytes: number; readonly limitBytes: number };
  /** Of `--record`; left out without it. */
  readonly recording?: RecordingStatus | undefined;
}
