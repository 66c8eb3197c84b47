/** Whole sentences stand in bad-combination.test.ts; here is what goes together, and the rest of the answer. */

import { expect, test } from 'vitest';
import { checkImpairments } from '../../src/rules/consistency.js';
import { UNIMPAIRED } from '../../src/rules/impairment-key.js';
import { parseRule } from '../../src/rules/parse.js';
import { Direction, type Impairments } from '../../src/rules/rule.js';
import { readSetting } from '../../src/rules/settings.js';
import { RULE_FILES } from '../support/rule-files.js';

test.each([
  'rate 1mbit queue 5p aqm codel',
  'trace lte.trace queue 5p aqm codel',
  'rate out:1mbit trace in:lte.trace queue 5p aqm pie ecn',
  'rate out:1mbit queue 5p',
  'rate out:1mbit queue out:5p in:5p',
  'loss in:1% ecn',
  'rate in:1mbit aqm in:codel ecn',
  'delay in:1ms reorder 5%',
  'jitter 1ms reorder 5%',
  'reorder 5% by 3',
  'slot in:1ms jitter out:1ms unordered',
  'slot 1ms jitter 1ms',
  'dir=out rate 1mbit queue 5p',
  'compat netem partition loss 1% corr 5% ecn corrupt 1% corr 5% anywhere duplicate 1%',
  'compat netem rate 1mbit overhead 5 cell 48 delay 1ms jitter 1ms wifi.dist corr 5% reorder 5% gap 3',
  'compat netem loss gemodel 1% slot 1ms packets 3',
  'compat netem loss state 1%',
  'compat in:netem per out:flow',
])('%s', (text) => {
  const rule = parseRule(`udp ${text}`, RULE_FILES);
  expect(checkImpairments(rule.impairments)).toBe(null);
});

test('it says which key and direction, and whether the key only lacks another one', () => {
  const queue = with_('queue', '5p');
  const both = { ...with_('rate', '1mbit'), ...with_('trace', 'lte.trace') };
  const answer = (out: Partial<Impairments>, into: Partial<Impairments>) => {
    const found = checkImpairments([
      { ...UNIMPAIRED, ...out },
      { ...UNIMPAIRED, ...into },
    ]);
    return found && [found.key, found.direction, found.isOrphan, found.sentence.slice(0, 4)];
  };
  expect(answer({}, {})).toBe(null);
  expect(answer(queue, queue)).toEqual(['queue', Direction.out, true, 'a qu']);
  expect(answer({}, queue)).toEqual(['queue', Direction.in, true, 'in: ']);
  expect(answer(queue, { ...queue, ...with_('rate', '1mbit') })).toBe(null);
  expect(answer(with_('queue', '6p'), { ...queue, ...with_('rate', '1mbit') })).toEqual([
    'queue',
    Direction.out,
    true,
    'out:',
  ]);
  expect(answer({}, both)).toEqual(['trace', Direction.in, false, 'in: ']);
  expect(answer(both, both)).toEqual(['trace', Direction.out, false, 'a tr']);
});

function with_(key: string, text: string): Partial<Impairments> {
  return readSetting(key, text, { files: RULE_FILES })[Direction.out];
}
