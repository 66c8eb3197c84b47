/** What the YAML library complains of, said so that the line can be mended. */

import type { YAMLError } from 'yaml';

type Sentence = readonly [sentence: string, mend?: string];

const NESTED: Sentence = [
  'a key and its value begin inside of a value',
  'indent them below it, or put a value that has ": " in it in quotes',
];
const INDENTATION: Sentence = ['the indentation does not fit what stands above'];

const BY_CODE: Readonly<Record<string, Sentence>> = {
  BAD_DIRECTIVE: [
    'a line that begins with % is a directive to YAML, and there is none of that name',
  ],
  BAD_DQ_ESCAPE: ['unknown escape sequence', "between '…' nothing is an escape sequence"],
  BAD_INDENT: INDENTATION,
  BLOCK_AS_IMPLICIT_KEY: NESTED,
  BLOCK_IN_FLOW: ['inside of [ ] and { } nothing is a block of lines'],
  MULTILINE_IMPLICIT_KEY: INDENTATION,
  MULTIPLE_DOCS: ['a scenario is one document, and here a second one begins'],
  TAB_AS_INDENT: ['a tab is no indentation in YAML, use blanks'],
  TAG_RESOLVE_FAILED: ['tags have no meaning here'],
};

/** Where one code stands for several things, by the beginning of the library's sentence. */
const BY_MESSAGE: readonly (readonly [RegExp, (match: RegExpExecArray) => Sentence])[] = [
  [
    /^Plain value cannot start with.* (\S)$/,
    ([, c]) => [`a value that begins with ${c} needs quotes`],
  ],
  [/^Missing closing (.)/, ([, quote]) => [`the closing ${quote} is missing`]],
  [/must.* end with a (\S)$/, ([, bracket]) => [`the closing ${bracket} is missing`]],
  [/^Implicit map keys need/, () => ['a key has no value, after a key stands a colon']],
  [/^Sequence item without -/, () => [INDENTATION[0], 'in a list each item begins with -']],
  [/^Unexpected scalar at node end/, () => ['after the value the line ends']],
  [/^Unexpected block-seq-ind/, () => ['the first - of a list stands on a line of its own']],
  [/^Unexpected flow-(?:seq|map)-end/, () => ['nothing that could be closed was opened']],
];

export function sentenceOf({ code, message }: YAMLError): Sentence {
  for (const [pattern, say] of BY_MESSAGE) {
    const match = pattern.exec(message);
    if (match !== null) return say(match);
  }
  return BY_CODE[code] ?? [message.charAt(0).toLowerCase() + message.slice(1)];
}
