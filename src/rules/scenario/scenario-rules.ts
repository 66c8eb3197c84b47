/**
 * The `rules:` of a scenario. Each is a line as on the command line, or a map of a match and the
 * impairments by name; both give the same rule.
 */

import type { RuleFiles } from '../files/rule-files.js';
import { ImpairmentsReader } from '../impairments.js';
import { RULES_MAX } from '../limits.js';
import { makeRule, nameRules, readRule } from '../parse.js';
import { type Problem, quoted } from '../problem.js';
import { findImpairmentKey, IMPAIRMENT_KEYS, IMPAIRMENT_NAMES } from '../registry.js';
import { DIRECTION_NAMES, type Match, type Rule } from '../rule.js';
import { type Word, Words } from '../words.js';
import { problem, readText, type YamlEntry, type YamlNode, type YamlText } from './document.js';
import { itemsOf, readFields, textOf } from './fields.js';
import { readMatch } from './match-text.js';
import { valuesOf } from './values.js';

export interface ScenarioRule {
  readonly rule: Rule;
  /** What the schedule may call it beside its match; null without `name:`. */
  readonly alias: string | null;
}

const RULE_KEYS: readonly string[] = ['match', 'name', ...IMPAIRMENT_NAMES];

export function readScenarioRules(entry: YamlEntry, files: RuleFiles): readonly ScenarioRule[] {
  const items = itemsOf(entry);
  if (items.length === 0) throw problem(entry.value.at, 'rules is empty, as in - udp:53 loss 0.5%');
  if (items.length > RULES_MAX) {
    throw problem(entry.value.at, `${items.length} rules are too many, the limit is ${RULES_MAX}`);
  }
  const aliases = new Set<string>();
  const read = items.map((item) => {
    const each = item.kind === 'text' ? readLine(item, files) : readMap(item, files);
    if (each.alias !== null && aliases.has(each.alias.text)) {
      throw problem(each.alias.at, `two rules have the name ${quoted(each.alias.text)}`);
    }
    if (each.alias !== null) aliases.add(each.alias.text);
    return each;
  });
  const named = nameRules(read.map(({ rule }) => rule));
  return named.map((rule, i) => ({ rule, alias: read[i].alias?.text ?? null }));
}

interface Read {
  readonly rule: Rule;
  readonly alias: YamlText | null;
}

function readLine(item: YamlText, files: RuleFiles): Read {
  return { rule: readText(item, (line) => readRule(line, files)), alias: null };
}

function readMap(item: YamlNode, files: RuleFiles): Read {
  if (item.kind === 'list') throw problem(item.at, 'a rule is a line of text or a map, not a list');
  const fields = readFields(item, RULE_KEYS, 'a rule', 'match:');
  const matchEntry = fields.get('match');
  const missing = 'a rule needs match:, as in match: udp:53, or match: any for all packets';
  if (matchEntry === undefined) throw problem(item.at, missing);
  const match = readText(textOf(matchEntry.value, 'match', missing), readMatch);
  const reader = new ImpairmentsReader({ files });
  const turns: YamlText[] = [];
  for (const key of IMPAIRMENT_KEYS) {
    const entry = fields.get(key.name);
    if (entry !== undefined) readImpairment(entry, match, reader, turns);
  }
  const wrong = reader.findInconsistency();
  if (wrong !== null) {
    readText(turns[wrong.turn], () => {
      throw wrong.problem;
    });
  }
  return { rule: makeRule(match, reader.finish()), alias: readAlias(fields.get('name')) };
}

function readImpairment(
  entry: YamlEntry,
  match: Match,
  reader: ImpairmentsReader,
  turns: YamlText[],
): void {
  const key = findImpairmentKey(entry.key.text)!;
  for (const { text, direction } of valuesOf(key, entry)) {
    if (text.text === 'none' && text.textAt === null) continue; // `ecn: false`
    const prefix = direction === null ? '' : `${DIRECTION_NAMES[direction]}:`;
    const shifted = withPrefix(text, prefix);
    turns.push(shifted);
    readText(shifted, (line) => {
      const words = new Words(line);
      reader.readValues(key, { text: '', at: 0 }, words);
      const left = words.take();
      if (left !== undefined) throw leftOver(left);
      reader.refuseVoid(match);
    });
  }
}

function leftOver({ text, at }: Word): Problem {
  if (/^(?:->|→)/.test(text)) {
    return problem(at, 'a ramp belongs into the schedule, a rule says what holds at the start');
  }
  return problem(at, `${quoted(text)} is not understood there`);
}

/** The text as a rule line would have it, with the places of the text without the prefix. */
function withPrefix(text: YamlText, prefix: string): YamlText {
  if (prefix === '') return text;
  const textAt = text.textAt === null ? null : text.textAt - prefix.length;
  return { ...text, text: prefix + text.text.trimStart(), textAt };
}

function readAlias(entry: YamlEntry | undefined): YamlText | null {
  if (entry === undefined) return null;
  const alias = textOf(entry.value, 'name', 'name has no value');
  if (/^[\w.-]{1,64}$/.test(alias.text)) return alias;
  throw problem(alias.at, `${quoted(alias.text)} is no name: letters, digits, "_", "." and "-"`);
}
