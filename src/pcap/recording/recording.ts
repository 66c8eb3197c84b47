/**
 * A recording as the main thread sees it: opens its file before anything begins, starts the thread that
 * writes it, hands on the rules, and tells how it goes.
 */
import { once } from 'node:events';
import * as fs from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type NetemuError, usageError } from '../../errors.js';
import { LinkType } from '../../packet/link-layer.js';
import type { Rule } from '../../rules/rule.js';
import type { RuleSource } from '../../rules/rule-source.js';
import { openForUser } from '../user-file.js';
import { headerComments } from './header.js';
import type { AnnouncedRules, RecordingConfig, RecordingMessage } from './recording-messages.js';
import { makeRing, RingState, RingView } from './ring.js';

/** A file that is open for a recording; nothing was written yet. */
export interface RecordingTarget {
  readonly fd: number;
  /** Absolute. */
  readonly path: string;
}

/** Errors: E_RECORD. */
export function openTarget(name: string): RecordingTarget {
  if (name === '-' || name === '') {
    throw fileError(name || "''", 'a recording is a file', 'name one, such as --record run.pcapng');
  }
  const path = resolve(name);
  const kind = fs.statSync(path, { throwIfNoEntry: false });
  // Opening a pipe would wait for a reader.
  if (kind?.isFIFO()) {
    throw fileError(name, 'a recording is a file, not a pipe', 'name a file');
  }
  try {
    // What is there stays until the first section is written.
    return { fd: openForUser(path, 'a'), path };
  } catch (error) {
    throw fileError(name, (error as Error).message);
  }
}

function fileError(name: string, reason: string, mend?: string): NetemuError {
  return usageError('E_RECORD', `cannot record to ${name}: ${reason}`, mend);
}

export interface RecordingPlan {
  readonly target: RecordingTarget;
  readonly version: string;
  readonly seed: string;
  readonly memoryBytes: number;
  readonly devices: readonly { readonly name: string; readonly linkType: number }[];
  /** Told in one line, once each, that packets are missing and that nothing more is written. */
  readonly notice: (line: string) => void;
}

export interface RecordingStatus {
  /** An absolute path. */
  readonly file: string;
  /** Packets in the file, or on their way there. */
  readonly packets: number;
  readonly bytes: number;
  /** Packets, and words about packets, that are missing: nothing can be verified then. */
  readonly lost: number;
  /** Why nothing more is written; null while all is well. */
  readonly failure: string | null;
}

const LINKTYPE_ETHERNET = 1;
const LINKTYPE_RAW = 101;

/** A disk that takes nothing for so long does not hold up the end. */
const FINISH_MS = 10_000;

export class Recording {
  /** For the live loop (ring-recorder.ts). */
  readonly ring = makeRing();
  readonly #view = new RingView(this.ring);
  readonly #plan: RecordingPlan;
  readonly #worker: Worker;
  readonly #exited: Promise<unknown>;
  #announced = 0;
  #failure: string | null = null;
  #finished: Promise<void> | null = null;

  /** Errors: E_RECORD, when the rules are too long. */
  constructor(plan: RecordingPlan, source: RuleSource, rules: readonly Rule[]) {
    this.#plan = plan;
    const { target, version, seed, memoryBytes, devices } = plan;
    const first = this.#announcement(source, rules);
    const workerData: RecordingConfig = {
      ring: this.ring,
      fd: target.fd,
      version,
      seed,
      memoryBytes,
      interfaces: devices.flatMap(({ name, linkType }) => {
        const link = linkType === LinkType.ethernet ? LINKTYPE_ETHERNET : LINKTYPE_RAW;
        // In the order of Direction.
        return ['out', 'in'].map((direction) => ({ name: `${name} ${direction}`, link }));
      }),
    };
    this.#worker = new Worker(new URL('./recording-thread.js', import.meta.url), { workerData });
    this.#exited = once(this.#worker, 'exit').catch(() => {});
    this.#worker.on('message', (message: RecordingMessage) => this.#onMessage(message));
    this.#worker.on('error', (error) => this.#fail((error as Error).message));
    this.#worker.postMessage(first);
  }

  /**
   * Rules that may come into force next; returns the number by which the live loop is to name them, 0 for
   * those of the beginning. Errors: E_RECORD.
   */
  announce(source: RuleSource, rules: readonly Rule[]): number {
    const announcement = this.#announcement(source, rules);
    this.#worker.postMessage(announcement);
    return announcement.number;
  }

  status(): RecordingStatus {
    return {
      file: this.#plan.target.path,
      packets: this.#view.written,
      bytes: this.#view.fileBytes,
      lost: this.#view.lost + this.#view.discarded,
      failure: this.#failure,
    };
  }

  /** The live loop has ended: resolves when the file is whole. Idempotent. */
  finish(): Promise<void> {
    this.#finished ??= this.#finish();
    return this.#finished;
  }

  async #finish(): Promise<void> {
    // One that was ended by force has not said so.
    if (this.#view.state === RingState.live) this.#view.state = RingState.broken;
    if (!(await this.#isWritten())) {
      this.#fail(`the disk took nothing for ${FINISH_MS / 1_000} s`);
      void this.#worker.terminate();
      return;
    }
    try {
      fs.closeSync(this.#plan.target.fd);
    } catch (error) {
      this.#fail((error as Error).message);
    }
  }

  /** Until the thread has ended, or has got no further for FINISH_MS. */
  async #isWritten(): Promise<boolean> {
    for (let bytes = -1; bytes !== this.#view.fileBytes; ) {
      bytes = this.#view.fileBytes;
      const isDone = await Promise.race([
        this.#exited.then(() => true),
        sleep(FINISH_MS, false, { ref: false }),
      ]);
      if (isDone) return true;
    }
    return false;
  }

  #announcement(source: RuleSource, rules: readonly Rule[]): AnnouncedRules {
    const { version, seed, memoryBytes } = this.#plan;
    // The thread will do it again, and must not fail then.
    const unknown = { clockOffsetNs: '0'.repeat(20), startNs: Number.MAX_SAFE_INTEGER };
    headerComments({ version, seed, source, memoryBytes, ...unknown, continues: false });
    return { number: this.#announced++, source, names: rules.map(({ name }) => name) };
  }

  #fail(reason: string): void {
    if (this.#failure !== null) return;
    this.#failure = reason;
    this.#plan.notice(`nothing more is recorded in ${this.#plan.target.path}: ${reason}`);
  }

  #onMessage(message: RecordingMessage): void {
    switch (message.kind) {
      case 'lost':
        this.#plan.notice(
          `the recording cannot keep up: packets are missing in ${this.#plan.target.path}`,
        );
        break;
      case 'failed':
        this.#fail(message.reason);
        break;
      case 'done':
        // The thread's port would keep it alive.
        void this.#worker.terminate();
    }
  }
}
