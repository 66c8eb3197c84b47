/**
 * The value of an impairment in a file: a text as in a rule line (`2% burst 4`, `out:1% in:2%`), or a
 * map with a text for each direction (`{out: 1%, in: 2%}`, `{up: 1%}`). What may stand alone in a line
 * may be `true` or empty here.
 */

import { DIRECTION_PREFIX, directionOf, meantDirection } from '../direction-words.js';
import type { ImpairmentKey } from '../impairment-key.js';
import type { Problem } from '../problem.js';
import { DIRECTION_NAMES, type Direction } from '../rule.js';
import { problem, type YamlEntry, type YamlNode, type YamlText } from './document.js';
import { nameOf } from './fields.js';

export interface DirectedValue {
  readonly text: YamlText;
  /** Null: for both, or for those that the text itself names. */
  readonly direction: Direction | null;
}

export function valuesOf(key: ImpairmentKey, { value }: YamlEntry): readonly DirectedValue[] {
  if (value.kind !== 'map') return [{ text: textOf(key, value), direction: null }];
  const { entries } = value;
  if (entries.length === 0)
    throw problem(value.at, `${key.name} has no value, as in out: ${exampleOf(key)}`);
  const given = new Set<Direction>();
  return entries.map(({ key: name, value: node }) => {
    const direction = directionOf(name.text);
    if (direction === null) throw unknownDirection(key, name);
    if (given.has(direction)) {
      throw problem(name.at, `${key.name} is given twice for ${DIRECTION_NAMES[direction]}`);
    }
    given.add(direction);
    if (key.undirected !== undefined) {
      const { instead } = key.undirected;
      const mended =
        instead === null ? 'give it one value' : `did you mean ${instead}: {${name.text}: …}?`;
      throw problem(name.at, `${key.name} is for both directions, ${mended}`);
    }
    const text = textOf(key, node);
    if (DIRECTION_PREFIX.test(text.text.trimStart())) {
      throw problem(text.at, `the direction is given twice, here it is ${name.text} already`);
    }
    return { text, direction };
  });
}

function unknownDirection(key: ImpairmentKey, { text, at }: YamlText): Problem {
  const meant = meantDirection(text);
  const hint = meant === null ? '' : `, did you mean ${meant}?`;
  const sentence = `${key.name} has a value, or one for out and one for in, not for ${text}${hint}`;
  return problem(at, sentence, `${key.name}: {out: ${exampleOf(key)}, in: ${exampleOf(key)}}`);
}

/** The words of YAML for "yes" and "no" are those of keys that may stand alone. */
function textOf(key: ImpairmentKey, node: YamlNode): YamlText {
  if (node.kind !== 'text') {
    const mend = `${key.name}: ${exampleOf(key)}`;
    throw problem(node.at, `${nameOf(node)} is no value of ${key.name}, give it as text`, mend);
  }
  const text = node.text.trim();
  if (key.bare === undefined) return node;
  if (/^(?:|true|yes)$/i.test(text)) return { ...node, text: exampleOf(key), textAt: null };
  if (/^(?:false|no|off)$/i.test(text)) return { ...node, text: 'none', textAt: null };
  return node;
}

/** The usual value. */
export function exampleOf(key: ImpairmentKey): string {
  return key.usage.split(' | ', 1)[0];
}
