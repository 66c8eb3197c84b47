/**
 * An instance as others see it: what `up` is asked for, what it may do with the running instance,
 * and the status that `status --json` prints. Types only, so that the program, the socket and the
 * live edge agree without importing each other.
 */

import type { NetemuError } from '../errors.js';
import type { Rule } from '../rules/rule.js';

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
  /** Called with one line for each event while running, such as a device that went down. */
  readonly notice: (line: string) => void;
}

export interface RunningInstance {
  readonly name: string;
  readonly seed: string;
  readonly devices: readonly string[];
  readonly pid: number;
  rules(): readonly Rule[];
  /** After `stop()` it is the last status, with the released packets counted as passed. */
  status(): InstanceStatus;
  set(rules: readonly Rule[]): Promise<void>;
  /** Idempotent: releases held packets, takes everything away, resolves when that is done. */
  stop(): Promise<void>;
  /** Resolves with an error when it ended by itself, and with null after `stop()`. */
  readonly ended: Promise<NetemuError | null>;
}

/** Packets of one rule in one direction: seen = passed + every dropped + held, always. */
export interface DirectionCounts {
  readonly seen: number;
  readonly passed: number;
  readonly dropped: {
    readonly loss: number;
    readonly partition: number;
    /** Held packets that found no memory. */
    readonly overflow: number;
  };
  /** In the queue now. */
  readonly held: number;
  /** Packets whose release time was later than their arrival, also those that have passed since. */
  readonly delayed: number;
  /** IP bytes of the packets seen. */
  readonly bytes: number;
}

export interface LossReport {
  /** Expected rate, 0..1; null when the rule names packets by ordinal (`nth`, `first`). */
  readonly configured: number | null;
  /** Null when no packet was judged. */
  readonly realized: number | null;
  /** Clopper-Pearson; [0, 1] when no packet was judged. */
  readonly ci95: readonly [number, number];
}

export interface RuleStatus {
  readonly rule: string;
  readonly out: DirectionCounts;
  readonly in: DirectionCounts;
  readonly loss: { readonly out: LossReport; readonly in: LossReport };
}

/** Exactly what `status --json` prints. */
export interface InstanceStatus {
  readonly name: string;
  readonly pid: number;
  readonly upSeconds: number;
  readonly seed: string;
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
  /** Packets dropped because the packet memory was full, over all rules. */
  readonly overflow: number;
  /** Packets that the kernel lost on the way to netemu, or did not take back from it. */
  readonly kernelDrops: number;
  /** IP packets whose headers are cut short or contradict themselves: they passed, unjudged. */
  readonly malformed: number;
  /** Packet memory, `--memory`. */
  readonly memory: { readonly usedBytes: number; readonly limitBytes: number };
}
