/** A map's entries by name: known ones are taken, others are refused with what they may have meant. */

import { quoted } from '../problem.js';
import { nearest } from '../suggest.js';
import { parseDuration } from '../units.js';
import {
  problem,
  readText,
  type YamlEntry,
  type YamlMap,
  type YamlNode,
  type YamlText,
} from './document.js';

/** What people write for what we call otherwise. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  ...{ flow: 'match', filter: 'match', target: 'match', latency: 'delay', bandwidth: 'rate' },
  ...{ duration: 'for', interval: 'every', time: 'at', repeat: 'loop', steps: 'schedule' },
};

/** `what` is the map, as in "a rule", and `shape` what it has at least: both stand in errors. */
export function readFields(
  node: YamlNode,
  known: readonly string[],
  what: string,
  shape: string,
): ReadonlyMap<string, YamlEntry> {
  if (node.kind !== 'map') {
    throw problem(node.at, `${what} is a map with ${shape}, this is ${nameOf(node)}`);
  }
  for (const { key, value } of node.entries) {
    if (!known.includes(key.text)) throw unknownKey(key, value, known, what);
  }
  return new Map(node.entries.map((entry) => [entry.key.text, entry]));
}

function unknownKey(key: YamlText, value: YamlNode, known: readonly string[], what: string) {
  // `{match: udp:53, loss: nth 2,7}` is three entries, the last of them `7`.
  if (value.kind === 'text' && value.text === '' && /^[\d-]+$/.test(key.text)) {
    return problem(
      key.at,
      `${quoted(key.text)} is no key`,
      'between { } a value with a comma needs quotes',
    );
  }
  const name = key.text.toLowerCase();
  const meant = known.includes(name)
    ? name
    : Object.hasOwn(OTHER_NAMES, name)
      ? OTHER_NAMES[name]
      : null;
  const near = meant !== null && known.includes(meant) ? meant : nearest(name, known);
  const hint = near === null ? '' : `, did you mean ${near}:?`;
  const mend = near === null ? `${what} has: ${known.join(', ')}` : undefined;
  return problem(key.at, `unknown key ${quoted(key.text)}${hint}`, mend);
}

/** A scalar with something in it; `missing` is the sentence when there is nothing. */
export function textOf(node: YamlNode, what: string, missing: string): YamlText {
  if (node.kind !== 'text') throw problem(node.at, `${what} is a text, this is ${nameOf(node)}`);
  if (node.text.trim() === '') throw problem(node.at, missing);
  return node;
}

export function itemsOf({ key, value }: YamlEntry): readonly YamlNode[] {
  if (value.kind !== 'list') {
    throw problem(
      value.at,
      `${key.text} is a list, each item begins with -, this is ${nameOf(value)}`,
    );
  }
  return value.items;
}

export function durationOf({ key, value }: YamlEntry): number {
  const text = textOf(value, key.text, `${key.text} needs a time, as in 30s`);
  return readText(text, (each) => parseDuration(each.trim(), 's'));
}

export function nameOf(node: YamlNode | YamlMap): string {
  if (node.kind === 'text') return node.text.trim() === '' ? 'nothing' : quoted(node.text.trim());
  return node.kind === 'list' ? 'a list' : 'a map';
}
