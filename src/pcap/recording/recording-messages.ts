/** What the main thread and the thread that writes a recording say to each other. */
import type { RuleSource } from '../../rules/rule-source.js';
import type { RecordedInterface } from './recording-file.js';

/** What the thread is started with. */
export interface RecordingConfig {
  /** See ring.ts. */
  readonly ring: SharedArrayBuffer;
  /** Of the file, open for writing. */
  readonly fd: number;
  readonly version: string;
  readonly seed: string;
  readonly memoryBytes: number;
  /** Out and in of each device, in turn. */
  readonly interfaces: readonly RecordedInterface[];
}

/** Main → thread: rules that may come into force, under the number by which the ring will name them. */
export interface AnnouncedRules {
  readonly number: number;
  readonly source: RuleSource;
  /** Their names, in order. */
  readonly names: readonly string[];
}

/** Thread → main, each at most once. */
export type RecordingMessage =
  /** Packets, or words about them, are missing. */
  | { readonly kind: 'lost' }
  /** Nothing more is written. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** All is written that will be. */
  | { readonly kind: 'done' };
