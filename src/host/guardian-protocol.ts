/**
 * What an instance and its guardian say to each other: JSON lines on the guardian's standard input
 * and output. Every request but `beat` has one answer, in order.
 */

import type { PlainError } from '../errors.js';

export type GuardianRequest =
  /** "I am alive": must come at least every GUARDIAN_PATIENCE_MS. Answered by `alive`. */
  | { readonly ask: 'beat' }
  /** The links to delete when the instance hangs or is stopped; sent as soon as they are made. */
  | { readonly ask: 'links'; readonly names: readonly string[] }
  /** Makes or replaces the nft table by these commands. */
  | { readonly ask: 'table'; readonly name: string; readonly commands: string };

export type GuardianAnswer =
  | { readonly say: 'alive' }
  | { readonly say: 'done' }
  | { readonly say: 'failed'; readonly error: PlainError };

/**
 * When an instance is stopped, traffic must flow untouched within 2 s: patience + one check + the
 * time to delete table and links. No shorter than that allows: on a shared machine a process may
 * well get no processor for a second.
 */
export const GUARDIAN_PATIENCE_MS = 1_400;
export const GUARDIAN_CHECK_MS = 100;
export const BEAT_MS = 200;
/** So many beats without a turn of the live loop, and no more are sent: it hangs. */
export const UNTURNED_BEATS_MAX = 2;
