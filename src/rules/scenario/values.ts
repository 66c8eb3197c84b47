/**
 * The value of an impairment in a file: a text as in a rule line (`2% burst 4`, `out:1% in:2%`), or a
 * map with a text for each direction (`{out: 1%, in: 2%}`). What may stand alone in a line may be
 * `true` or empty here.
 */

import type { ImpairmentKey } from '../impairment-key.js';
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
  return entries.map(({ key: name, value: node }) => {
    const direction = DIRECTION_NAMES.indexOf(name.text.toLowerCase() as 'out');
    if (direction < 0) {
      const sentence = `${key.name} has a value, or one for out and one for in, not for ${name.text}`;
      throw problem(
        name.at,
        sentence,
        `${key.name}: {out: ${exampleOf(key)}, in: ${exampleOf(key)}}`,
      );
    }
    if (key.undirected !== undefined) {
      const { instead } = key.undirected;
      const mended =
        instead === null ? 'give it one value' : `did you mean ${instead}: {${name.text}: …}?`;
      throw problem(name.at, `${key.name} is for both directions, ${mended}`);
    }
    const text = textOf(key, node);
    if (/^\s*(?:in|out):/i.test(text.text)) {
      throw problem(text.at, `the direction is given twice, here it is ${name.text} already`);
    }
    return { text, direction: direction as Direction };
  });
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
