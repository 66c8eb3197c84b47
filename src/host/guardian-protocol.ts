/**
 * What an instance and its guardian say to each other: JSON lines on the guardian's standard input
 * and output. Every request but `beat` has one answer, in order.
 */

import type { PlainError } from '../errors.js';

export type GuardianRequest =
  /** "I am alive": must come at least every GUARDIAN_PATIENCE_MS. Answered by `alive`. */
  | { readonly ask: 'beat' }
  /** The links to delete when the instance dies or hangs; sent before they are made. */
  | { readonly ask: 'links'; readonly names: readonly string[] }
  /** Makes or replaces the nft table by these commands. */
  | { readonly ask: 'table'; readonly name: string; readonly commands: string };

export type GuardianAnswer =
  | { readonly say: 'alive' }
  | { readonly say: 'done' }
  | { readonly say: 'failed'; readonly error: PlainError };

/** Traffic must flow untouched 2 s after an instance hangs: patience + check + deleting links. */
export const GUARDIAN_PATIENCE_MS = 1_000;
export const GUARDIAN_CHECK_MS = 100;
export const BEAT_MS = 200;
/** A live loop that has not turned for this long gets no more beats. */
export const LOOP_SILENCE_MAX_MS = 500;
