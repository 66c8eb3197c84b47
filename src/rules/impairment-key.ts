/**
 * What a file under `keys/` has to offer: the name of an impairment, how its value is read, and how
 * it is written. Adding an impairment is a field in `Impairments`, a file there, and a line in
 * `registry.ts`.
 */

import type { Impairments, PerDirection } from './rule.js';
import type { Words } from './words.js';

/** What a value says for each direction. */
export type Setting = PerDirection<Partial<Impairments>>;

export interface ImpairmentKey {
  /** As in rule lines, in flags (`--loss`) and in files. */
  readonly name: string;
  /** What values look like, for errors and help: `0.5% | first 3`. */
  readonly usage: string;
  /** Words that may end a value, for "did you mean". */
  readonly options?: readonly string[];
  /** The value speaks of both directions together, so that `in:` and `out:` make no sense. */
  readonly undirected?: { readonly instead: string };
  /** What the key alone means; without it a value is needed. */
  readonly bare?: Setting;
  /** Takes as many words as belong to the value; there is at least one. */
  read(words: Words): Setting;
  /** The value in canonical spelling; null when nothing is set, or when another key spells it. */
  format(impairments: Impairments): string | null;
}

/** No impairment at all. */
export const UNIMPAIRED: Impairments = {
  partition: null,
  outage: null,
  loss: null,
  ecn: false,
  corrupt: null,
  duplicate: null,
  rate: null,
  trace: null,
  queue: null,
  aqm: null,
  delayNs: 0,
  jitter: null,
  reorder: null,
  slot: null,
  rebind: null,
  perFlow: false,
  compat: null,
};

/** The same for out and in. */
export function eachDirection(impairments: Partial<Impairments>): Setting {
  return [impairments, impairments];
}
