/**
 * The `schedule:` of a scenario: entries with a time, each of which changes some of the rules. A rule's
 * schedule is what the entries say about it, in their order.
 */

import type { RuleFiles } from '../files/rule-files.js';
import { quoted } from '../problem.js';
import { IMPAIRMENT_NAMES } from '../registry.js';
import type { Schedule, Step } from '../rule.js';
import { nearest } from '../suggest.js';
import { formatDuration } from '../units.js';
import { readChanges } from './changes.js';
import { problem, readText, type YamlEntry, type YamlNode } from './document.js';
import { durationOf, itemsOf, nameOf, readFields, textOf } from './fields.js';
import { formatSchedule, formatStep, type Timing } from './format.js';
import { SCHEDULE_ENTRIES_MAX, SCHEDULE_NS_MIN } from './limits.js';
import { readMatch } from './match-text.js';
import type { ScenarioRule } from './scenario-rules.js';

/** A schedule and, for each of its steps, the place in the file that it comes from. */
export interface PlacedSchedule {
  readonly schedule: Schedule;
  readonly places: readonly number[];
}

/** By rule, in their order; null for those that never change. */
export function readSchedules(
  entry: YamlEntry,
  loop: YamlEntry | undefined,
  rules: readonly ScenarioRule[],
  files: RuleFiles,
): readonly (PlacedSchedule | null)[] {
  const items = itemsOf(entry);
  if (items.length === 0) {
    throw problem(
      entry.value.at,
      'schedule is empty, as in - {at: 10s, rules: [{match: udp:53, loss: 5%}]}',
    );
  }
  if (items.length > SCHEDULE_ENTRIES_MAX) {
    const limit = `the limit is ${SCHEDULE_ENTRIES_MAX}`;
    throw problem(entry.value.at, `${items.length} entries of a schedule are too many, ${limit}`);
  }
  const loopNs = loop === undefined ? 0 : often(loop, durationOf(loop));
  const written = rules.map(() => ({
    texts: [] as string[],
    steps: [] as Step[],
    places: [] as number[],
  }));
  let lastNs = 0;
  for (const item of items) {
    const fields = readFields(item, ENTRY_KEYS, 'an entry of a schedule', 'at: and rules:');
    const timing = readTiming(item, fields, lastNs);
    refuseBeyond(loopNs, timing, item);
    if (timing.everyNs === 0) lastNs = timing.atNs;
    for (const { index, at, changes } of readReferences(item, fields.get('rules'), rules, files)) {
      const { texts, steps, places } = written[index];
      texts.push(formatStep(timing, changes));
      for (const change of changes) {
        refuseLong(change.overNs, timing, loopNs, at);
        steps.push({ ...timing, ...change });
        places.push(at);
      }
    }
  }
  return written.map(({ texts, steps, places }) => {
    if (steps.length === 0) return null;
    return { schedule: { text: formatSchedule(texts, loopNs), steps, loopNs }, places };
  });
}

const ENTRY_KEYS = ['at', 'every', 'from', 'for', 'rules'] as const;

type Fields = ReadonlyMap<string, YamlEntry>;

function readTiming(item: YamlNode, fields: Fields, lastNs: number): Timing {
  const [at, every, from, length] = ['at', 'every', 'from', 'for'].map((name) => fields.get(name));
  if (at !== undefined && every !== undefined) {
    throw problem(every.key.at, 'at and every exclude each other, every begins with from');
  }
  if (from !== undefined && every === undefined) {
    throw problem(from.key.at, 'from belongs to every, did you mean at?');
  }
  const forNs = length === undefined ? null : durationOf(length);
  if (forNs === 0) throw problem(length!.value.at, 'a change for no time is none');
  if (at !== undefined) {
    const atNs = durationOf(at);
    if (atNs < lastNs) {
      const sentence = `at: ${formatDuration(atNs)} stands behind at: ${formatDuration(lastNs)}`;
      throw problem(at.value.at, `${sentence}, entries follow each other in time`);
    }
    return { atNs, everyNs: 0, forNs };
  }
  if (every === undefined) {
    throw problem(item.at, 'an entry of a schedule says when: at: 10s, or every: 30s');
  }
  const everyNs = often(every, durationOf(every));
  if (length === undefined || forNs === null) {
    throw problem(every.key.at, 'every needs for, how long it lasts each time', 'for: 2s');
  }
  if (forNs >= everyNs) {
    const sentence = `for: ${formatDuration(forNs)} is not shorter than every: ${formatDuration(everyNs)}`;
    throw problem(length.value.at, sentence);
  }
  return { atNs: from === undefined ? everyNs : durationOf(from), everyNs, forNs };
}

function often({ key, value }: YamlEntry, ns: number): number {
  if (ns >= SCHEDULE_NS_MIN) return ns;
  const limit = formatDuration(SCHEDULE_NS_MIN);
  throw problem(value.at, `${key.text}: ${formatDuration(ns)} is too often, the limit is ${limit}`);
}

function refuseBeyond(loopNs: number, { atNs, forNs }: Timing, item: YamlNode): void {
  if (loopNs === 0 || atNs + (forNs ?? 0) <= (forNs === null ? loopNs - 1 : loopNs)) return;
  const loop = formatDuration(loopNs);
  throw problem(
    item.at,
    atNs < loopNs
      ? `this ends at ${formatDuration(atNs + (forNs ?? 0))}, and the loop begins anew after ${loop}`
      : `${formatDuration(atNs)} never comes, the loop begins anew after ${loop}`,
  );
}

function refuseLong(overNs: number, { atNs, forNs }: Timing, loopNs: number, at: number): void {
  const over = formatDuration(overNs);
  if (forNs !== null && overNs > forNs) {
    throw problem(at, `a ramp over ${over} does not end within for: ${formatDuration(forNs)}`);
  }
  if (loopNs > 0 && atNs + overNs > loopNs) {
    throw problem(
      at,
      `a ramp over ${over} does not end within the loop of ${formatDuration(loopNs)}`,
    );
  }
}

function readReferences(
  item: YamlNode,
  entry: YamlEntry | undefined,
  rules: readonly ScenarioRule[],
  files: RuleFiles,
) {
  if (entry === undefined) {
    throw problem(item.at, 'an entry of a schedule has rules: [{match: udp:53, loss: 5%}]');
  }
  const references = itemsOf(entry);
  if (references.length === 0)
    throw problem(entry.value.at, 'rules is empty, nothing would change');
  const seen = new Set<number>();
  return references.map((node) => {
    if (node.kind === 'text') {
      const mend = 'as in {match: udp:53, loss: 5%}';
      throw problem(node.at, 'a rule of a schedule is a map, of which the keys given change', mend);
    }
    const fields = readFields(node, REFERENCE_KEYS, 'a rule of a schedule', 'match:');
    const index = findRule(node, fields, rules);
    if (seen.has(index)) {
      throw problem(node.at, `${quoted(rules[index].rule.name)} is changed twice in this entry`);
    }
    seen.add(index);
    const entries = [...fields.values()].filter(({ key }) => IMPAIRMENT_NAMES.includes(key.text));
    if (entries.length === 0) {
      throw problem(node.at, 'nothing would change, as in {match: udp:53, loss: 5%}');
    }
    return { index, at: node.at, changes: readChanges(entries, rules[index].rule.match, files) };
  });
}

const REFERENCE_KEYS: readonly string[] = ['match', 'name', ...IMPAIRMENT_NAMES];

/** The rule that an entry means: by its name, or by its match in any spelling. */
function findRule(node: YamlNode, fields: Fields, rules: readonly ScenarioRule[]): number {
  const [match, name] = [fields.get('match'), fields.get('name')];
  if (match !== undefined && name !== undefined) {
    throw problem(
      name.key.at,
      'match and name exclude each other here, both say which rule is meant',
    );
  }
  const given = match ?? name;
  const missing = 'which rule is meant? Say it by its match, or its name';
  if (given === undefined) throw problem(node.at, missing);
  const text = textOf(given.value, given.key.text, missing);
  const wanted = text.text.trim();
  const byName = rules.findIndex(({ alias }) => alias === wanted);
  if (byName >= 0) return byName;
  const known = rules.flatMap(({ rule, alias }) => [alias ?? [], rule.match.text].flat());
  if (name !== undefined || /^[\w.-]+$/.test(wanted)) {
    const isMatch = rules.some(({ rule }) => rule.match.text === wanted.toLowerCase());
    if (!isMatch) throw unknownRule(text.at, wanted, known);
  }
  const canonical = readText(text, (each) => readMatch(each).text);
  const found = rules.flatMap(({ rule }, index) => (rule.match.text === canonical ? [index] : []));
  if (found.length === 0) throw unknownRule(text.at, wanted, known);
  if (found.length === 1) return found[0];
  const sentence = `${found.length} rules have the match ${quoted(canonical)}`;
  throw problem(text.at, sentence, 'give each a name: of its own, and say that here');
}

function unknownRule(at: number, wanted: string, known: readonly string[]) {
  const near = nearest(wanted, known);
  const hint = near === null ? '' : `, did you mean ${near}?`;
  const shown = [...new Set(known)].slice(0, 8).join(', ');
  return problem(
    at,
    `there is no rule ${nameOf({ kind: 'text', text: wanted, at, textAt: at })}${hint}`,
    `there are: ${shown}`,
  );
}
