/**
 * A YAML text as maps, lists and texts that know their places. Scalars stay as they are written: a
 * rule's value `5` or `on` is text like any other, so YAML's own ideas of numbers and booleans never
 * get in the way. Aliases and merge keys (`<<`) are resolved here; whatever is wrong is a `Problem`.
 */

import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { Problem, quoted } from '../problem.js';
import { SCENARIO_CHARACTERS_MAX } from './limits.js';
import { tooDeepAt } from './nesting.js';
import { sentenceOf } from './yaml-sentences.js';

export interface YamlText {
  readonly kind: 'text';
  readonly text: string;
  /** Where it begins in the file, quotes included. */
  readonly at: number;
  /** Where its first character stands, if all stand there as they are; else null. */
  readonly textAt: number | null;
}

export interface YamlList {
  readonly kind: 'list';
  readonly items: readonly YamlNode[];
  readonly at: number;
}

export interface YamlEntry {
  readonly key: YamlText;
  readonly value: YamlNode;
}

export interface YamlMap {
  readonly kind: 'map';
  readonly entries: readonly YamlEntry[];
  readonly at: number;
}

export type YamlNode = YamlText | YamlList | YamlMap;

/** Errors: `E_SCENARIO` for what is no YAML, or YAML that means nothing here. */
export function readDocument(text: string): YamlNode {
  if (text.length > SCENARIO_CHARACTERS_MAX) {
    const sentence = `the file has ${text.length} characters, the limit is ${SCENARIO_CHARACTERS_MAX}`;
    throw problem(0, sentence);
  }
  const deepAt = tooDeepAt(text);
  if (deepAt >= 0) throw problem(deepAt, 'this is nested too deep for a scenario');
  const document = parseDocument(text, {
    schema: 'failsafe',
    merge: true,
    // Checked by `Reader`, which says where the first one stands.
    uniqueKeys: false,
    resolveKnownTags: false,
    prettyErrors: false,
    logLevel: 'error', // 'silent' would let a second document pass.
  });
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined) throw problem(error.pos[0], ...sentenceOf(error));
  const root = document.contents && new Reader(text).read(document.contents);
  const isEmpty = root === null || (root.kind === 'text' && root.text === '');
  if (isEmpty) throw problem(0, 'the file is empty, as a scenario it has rules:');
  return root;
}

/** Parses a text that stands in a file; problems get their place in the file. */
export function readText<T>(node: YamlText, parse: (text: string) => T): T {
  try {
    return parse(node.text);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    // What the text was given in front of it, such as `in:`, stands nowhere.
    const at = node.textAt === null ? node.at : Math.max(node.at, node.textAt + error.at);
    throw new Problem(error.code, error.message, at, error.mend);
  }
}

export function problem(at: number, sentence: string, mend?: string): Problem {
  return new Problem('E_SCENARIO', sentence, at, mend);
}

class Reader {
  readonly #text: string;
  /** What each anchor stands for so far: a node cannot contain itself. */
  readonly #anchors = new Map<string, YamlNode>();

  constructor(text: string) {
    this.#text = text;
  }

  read(node: Node): YamlNode {
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source);
      if (target !== undefined) return target;
      throw problem(startOf(node), `there is no anchor &${node.source} before this`);
    }
    const result = this.#readValue(node);
    const { anchor } = node as { anchor?: string };
    if (anchor !== undefined) this.#anchors.set(anchor, result);
    return result;
  }

  #readValue(node: Node): YamlNode {
    if (isMap<Node, Node | null>(node)) return this.#readMap(node);
    if (isSeq<Node>(node)) {
      const items = node.items.map((item) => this.#readItem(item));
      return { kind: 'list', items, at: startOf(node) };
    }
    return this.#readScalar(node as Scalar);
  }

  /** `[a: b]` is a list of a map. */
  #readItem(item: Node | Pair): YamlNode {
    if (!isPair(item)) return this.read(item);
    const { key, value } = item as Pair<Node, Node | null>;
    const entry = { key: this.#readKey(key), value: this.#valueOf(value, key) };
    return { kind: 'map', entries: [entry], at: startOf(key) };
  }

  #readScalar(node: Scalar): YamlText {
    const at = startOf(node);
    const text = String(node.source ?? '');
    const quote = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE' ? 1 : 0;
    const isExact = this.#text.startsWith(text, at + quote);
    return { kind: 'text', text, at, textAt: isExact ? at + quote : null };
  }

  #readMap(map: YAMLMap<Node, Node | null>): YamlMap {
    const entries = new Map<string, YamlEntry>();
    const merged: YamlEntry[] = [];
    for (const { key: keyNode, value: valueNode } of map.items) {
      const key = this.#readKey(keyNode);
      const value = this.#valueOf(valueNode, keyNode);
      if (key.text === '<<') merged.push(...mergedEntries(value));
      else if (entries.has(key.text)) throw problem(key.at, `${key.text} is given twice`);
      else entries.set(key.text, { key, value });
    }
    // What stands in the map itself wins over what is merged in, and the first of those.
    for (const entry of merged) {
      if (!entries.has(entry.key.text)) entries.set(entry.key.text, entry);
    }
    return { kind: 'map', entries: [...entries.values()], at: startOf(map) };
  }

  #readKey(node: Node): YamlText {
    if (isScalar(node)) return this.#readScalar(node);
    throw problem(startOf(node), 'a key is a word, such as match or loss');
  }

  /** In `{a, b: 1}` a has no value; after `a:` it is an empty one. */
  #valueOf(node: Node | null, key: Node): YamlNode {
    if (node !== null) return this.read(node);
    const at = key.range?.[1] ?? 0;
    return { kind: 'text', text: '', at, textAt: at };
  }
}

function mergedEntries(value: YamlNode): readonly YamlEntry[] {
  if (value.kind === 'map') return value.entries;
  if (value.kind === 'list') return value.items.flatMap(mergedEntries);
  throw problem(value.at, `${quoted(value.text)} is no map, << merges maps`);
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}
