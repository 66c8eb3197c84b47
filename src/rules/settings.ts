/**
 * Values of impairments as texts of their own, as rule files and schedules have them. `Problem`s are
 * about the text given.
 */

import { type Setting, UNIMPAIRED } from './impairment-key.js';
import { formatValues, ImpairmentsReader, type ReadOptions } from './impairments.js';
import { Problem, quoted } from './problem.js';
import { findImpairmentKey, IMPAIRMENT_KEYS, IMPAIRMENT_NAMES } from './registry.js';
import { didYouMean } from './suggest.js';
import { Words } from './words.js';

/**
 * What `text` says for the impairment `keyName`: `0.5%`, `in:2% out:1%`; empty for a key alone.
 * Whether values of several keys go together says `checkImpairments`, when all are known.
 */
export function readSetting(keyName: string, text: string, options: ReadOptions = {}): Setting {
  const key = findImpairmentKey(keyName);
  if (key === undefined) {
    const sentence = `unknown impairment ${quoted(keyName)}${didYouMean(keyName, IMPAIRMENT_NAMES)}`;
    const mend = `impairments: ${IMPAIRMENT_NAMES.join(', ')}`;
    throw new Problem('E_RULE_SYNTAX', sentence, 0, mend);
  }
  const reader = new ImpairmentsReader(options);
  const words = new Words(text);
  reader.readValues(key, { text: '', at: 0 }, words);
  const left = words.take();
  if (left !== undefined) {
    const hint = didYouMean(left.text, key.options ?? []);
    const sentence = `${quoted(left.text)} is not understood there${hint}`;
    throw new Problem('E_RULE_SYNTAX', sentence, left.at);
  }
  return reader.setting();
}

/** Canonical text of what is set, `loss 1% delay out:5ms`; `loss none` for what is set to nothing. */
export function formatSetting(setting: Setting): string {
  return IMPAIRMENT_KEYS.flatMap((key) => {
    // Of the keys that set the same, such as delay and rtt, the first spells it.
    const speller = IMPAIRMENT_KEYS.find((each) => each.fields.includes(key.fields[0]));
    if (speller !== key) return [];
    const [out, into] = setting.map((part) => {
      if (!key.fields.some((field) => Object.hasOwn(part, field))) return null;
      return key.format({ ...UNIMPAIRED, ...part }) ?? 'none';
    });
    return formatValues(key, out, into) ?? [];
  }).join(' ');
}
