/**
 * What a file under `keys/` has to offer: the name of an impairment, how its value is read, and how
 * it is written. Adding an impairment is a field in `Impairments`, a file there, and a line in
 * `registry.ts`.
 */

import type { RuleFiles } from './files/rule-files.js';
import type { Impairments, PerDirection } from './rule.js';
import type { Words } from './words.js';

/** What a value says for each direction. */
export type Setting = PerDirection<Partial<Impairments>>;

export interface ImpairmentKey {
  /** As in rule lines, in flags (`--loss`) and in files. */
  readonly name: string;
  /** One line for `--help`. */
  readonly summary: string;
  /** What stands for the value in `--help`: `<probability>`. */
  readonly metavar: string;
  /** What values look like, for errors and help: `0.5% | first 3`. The first is the usual one. */
  readonly usage: string;
  /** Words of a value that belong to this key, for "did you mean". */
  readonly options?: readonly string[];
  /** What the key sets; `none` clears these. */
  readonly fields: readonly (keyof Impairments)[];
  /** The value speaks of both directions together, so that `in:` and `out:` make no sense. */
  readonly undirected?: {
    /** The key that says it for one direction, if there is one. */
    readonly instead: string | null;
  };
  /** What the key alone means; without it a value is needed. */
  readonly bare?: Setting;
  /** What `format` gives for `bare`, where canonical text is the key alone. */
  readonly bareValue?: string;
  /** Its value may be spelled like a key: `profile rebind`. */
  readonly anyWord?: boolean;
  /** What other keys of the rule say wins, in whatever order they stand. */
  readonly givesWay?: boolean;
  /** Takes as many words as belong to the value; there is at least one. */
  read(words: Words, files: RuleFiles): Setting;
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

/** What `none` says: the key's fields as they are without it. */
export function noneOf(key: ImpairmentKey): Setting {
  return eachDirection(
    Object.fromEntries(
      key.fields.map((field) => [field, UNIMPAIRED[field]]),
    ) as Partial<Impairments>,
  );
}
