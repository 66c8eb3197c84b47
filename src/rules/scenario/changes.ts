/**
 * What one entry of a schedule changes about one rule: impairments by name, each with a value, `none`
 * or a ramp. Changes that take equally long make one step.
 */

import { DIRECTION_PREFIX } from '../direction-words.js';
import type { RuleFiles } from '../files/rule-files.js';
import type { ImpairmentKey, Setting } from '../impairment-key.js';
import { findImpairmentKey } from '../registry.js';
import { DIRECTION_NAMES, Direction, type Impairments, type Match } from '../rule.js';
import { problem, readText, type YamlEntry } from './document.js';
import type { Change } from './format.js';
import { readChange } from './ramp.js';
import { type DirectedValue, valuesOf } from './values.js';

type Values = Partial<Impairments>;

/** By field and direction, the key that sets it. */
type SetBy = readonly [Map<string, ImpairmentKey>, Map<string, ImpairmentKey>];

/** The longest ramp comes last, so that texts read in order of time. */
export function readChanges(
  entries: readonly YamlEntry[],
  match: Match,
  files: RuleFiles,
): readonly Change[] {
  const setBy: SetBy = [new Map(), new Map()];
  const byLength = new Map<number, Change>();
  const keyed = entries.map((entry) => ({ entry, key: findImpairmentKey(entry.key.text)! }));
  // What gives way comes last: by then it is known what the others set.
  keyed.sort((a, b) => Number(a.key.givesWay ?? false) - Number(b.key.givesWay ?? false));
  for (const { entry, key } of keyed) {
    for (const value of valuesOf(key, entry)) {
      if (key.fields.length === 0 && /^\s*none\s*$/i.test(value.text.text)) {
        const mend = 'end what it stands for, as in rate: none';
        throw problem(value.text.at, `${key.name} is no impairment that could end`, mend);
      }
      const read = readText(value.text, (text) => readChange(key.name, text, files));
      const change = only(read, value.direction);
      refuseVoid(key, value, change, match);
      const kept = claim(key, entry, change, setBy);
      const before = byLength.get(kept.overNs);
      byLength.set(kept.overNs, before === undefined ? kept : merged(before, kept));
    }
  }
  return [...byLength.values()].sort((a, b) => a.overNs - b.overNs);
}

function only({ from, to, overNs }: Change, direction: Direction | null): Change {
  if (direction === null) return { from, to, overNs };
  const pick = ([out, into]: Setting): Setting =>
    direction === Direction.out ? [out, {}] : [{}, into];
  return { from: pick(from), to: pick(to), overNs };
}

/** What the match's `dir=` excludes can never have an effect. */
function refuseVoid(
  key: ImpairmentKey,
  { text, direction }: DirectedValue,
  { to }: Change,
  { dir }: Match,
): void {
  if (dir === null) return;
  if (key.undirected !== undefined) {
    const sentence = `${key.name} needs both directions, and the match has dir=${DIRECTION_NAMES[dir]}`;
    throw problem(text.at, sentence);
  }
  const isDirected =
    direction !== null || text.text.split(/\s/).some((word) => DIRECTION_PREFIX.test(word));
  const other = dir === Direction.out ? Direction.in : Direction.out;
  if (!isDirected || Object.keys(to[other]).length === 0) return;
  const sentence = `${DIRECTION_NAMES[other]}: never applies, as the match has dir=${DIRECTION_NAMES[dir]}`;
  throw problem(text.at, sentence);
}

/** Leaves out what other keys set, if `key` gives way; else nothing may be set twice. */
function claim(key: ImpairmentKey, entry: YamlEntry, change: Change, setBy: SetBy): Change {
  const keep = (direction: Direction) => (values: Values) =>
    Object.fromEntries(
      Object.entries(values).filter(([field]) => setBy[direction].get(field) === key),
    ) as Values;
  for (const direction of [Direction.out, Direction.in]) {
    for (const field of Object.keys(change.to[direction])) {
      const earlier = setBy[direction].get(field);
      if (earlier === undefined) setBy[direction].set(field, key);
      else if (!key.givesWay) {
        const sentence = `${earlier.name} and ${key.name} both set the same, give only one of them`;
        throw problem(entry.key.at, sentence);
      }
    }
  }
  const { from, to, overNs } = change;
  const [out, into] = [keep(Direction.out), keep(Direction.in)];
  return { from: [out(from[0]), into(from[1])], to: [out(to[0]), into(to[1])], overNs };
}

function merged(a: Change, b: Change): Change {
  const join = (one: Setting, other: Setting): Setting => [
    { ...one[0], ...other[0] },
    { ...one[1], ...other[1] },
  ];
  return { from: join(a.from, b.from), to: join(a.to, b.to), overNs: a.overNs };
}
