/** From `NAME [--param=value]…` to the impairments that a profile stands for. */

import type { RuleFiles } from '../files/rule-files.js';
import type { Setting } from '../impairment-key.js';
import { Problem, quoted } from '../problem.js';
import { readSetting } from '../settings.js';
import { didYouMean } from '../suggest.js';
import { wrongValue } from '../values.js';
import { part, type Word, type Words, wrong } from '../words.js';
import { findProfile, NOT_OFFERED, PROFILE_NAMES } from './catalogue.js';
import type { Argument, Arguments, Profile } from './profile.js';

const MEND = 'netemu profiles lists them';

/** Takes the name and all arguments that follow it. */
export function expandProfile(words: Words, files: RuleFiles): Setting {
  const name = words.need('profile needs a name, as in profile lte');
  const profile = findProfile(name.text);
  if (profile === undefined) throw unknownProfile(name);
  return settingOf(profile, readArguments(profile, words), name, files);
}

export function settingOf(
  profile: Profile,
  given: Arguments,
  name: Word,
  files: RuleFiles,
): Setting {
  let [out, into]: Setting = [{}, {}];
  for (const [key, text] of Object.entries(profile.expand(given, name))) {
    const [keyOut, keyInto] = atName(name, () => readSetting(key, text, { files }));
    out = { ...out, ...keyOut };
    into = { ...into, ...keyInto };
  }
  return [out, into];
}

/** What is wrong with an expansion as a whole has its place at the profile's name. */
function atName<T>(name: Word, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem(error.code, `profile ${name.text}: ${error.message}`, name.at, error.mend);
  }
}

function unknownProfile(name: Word): Problem {
  const known = name.text.toLowerCase();
  if (Object.hasOwn(NOT_OFFERED, known)) {
    return wrongValue(name, `there is no profile ${name.text}`, NOT_OFFERED[known]);
  }
  const hint = didYouMean(name.text, PROFILE_NAMES);
  return wrongValue(name, `unknown profile ${quoted(name.text)}${hint}`, MEND);
}

function readArguments(profile: Profile, words: Words): Arguments {
  const given = new Map<string, Argument>();
  for (let word = words.peek(); word?.text.startsWith('--'); word = words.peek()) {
    words.take();
    const equals = word.text.indexOf('=');
    const end = equals < 0 ? word.text.length : equals;
    const name = word.text.slice(2, end);
    const value = part(word, equals < 0 ? end : end + 1);
    if (given.has(name)) throw wrong(word, 'E_RULE_SYNTAX', `--${name} is given twice`);
    if (!profile.parameters.includes(name)) throw unknownParameter(profile, word, name);
    // `--rebind-addr`, alone in the simulator, says itself what it needs here.
    if (value.text === '' && name !== 'rebind-addr') throw noValue(name, value, words.peek());
    given.set(name, { word, value });
  }
  return given;
}

function noValue(name: string, value: Word, next: Word | undefined): Problem {
  const joined = next === undefined || next.text.startsWith('--') ? '…' : next.text;
  return wrong(value, 'E_RULE_SYNTAX', `--${name} has no value, write --${name}=${joined}`);
}

/** What the simulator has and netemu has not, each with what stands for it. */
const UNSAID: Readonly<Record<string, readonly [sentence: string, mend: string]>> = {
  repeat: [
    'an outage of netemu repeats until it is stopped',
    'for certain times only, a file has a schedule: {at: 5s, for: 2s, rules: [{match: …, partition: drop}]}',
  ],
};

function unknownParameter(profile: Profile, word: Word, name: string): Problem {
  if (profile.parameters.length === 0) {
    return wrong(word, 'E_RULE_SYNTAX', `profile ${profile.name} has no parameters`);
  }
  const unsaid = profile.parameters.includes('off') ? UNSAID[name] : undefined;
  if (unsaid !== undefined) {
    return wrong(word, 'E_RULE_SYNTAX', `--${name}: ${unsaid[0]}`, unsaid[1]);
  }
  const near = didYouMean(name, profile.parameters).replace('did you mean ', 'did you mean --');
  const all = profile.parameters.map((each) => `--${each}`).join(' ');
  const sentence = `profile ${profile.name} has no --${name}${near}`;
  return wrong(word, 'E_RULE_SYNTAX', sentence, `${profile.name}: ${all}`);
}
