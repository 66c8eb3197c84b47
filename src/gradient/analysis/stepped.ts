/** Which impairment a ladder steps, found from its rules: each spelling of a ladder ends in rules alike. */
import { DIRECTION_NAMES, type Impairments, type Rule } from '../../rules/rule.js';

/** `burst`: not how many packets are lost, but how many in a row. Null: another one, not measured. */
export type Stepped =
  | 'loss'
  | 'burst'
  | 'corrupt'
  | 'duplicate'
  | 'rate'
  | 'delay'
  | 'jitter'
  | 'reorder'
  | null;

const FIELDS: readonly (readonly [keyof Impairments, Exclude<Stepped, null>])[] = [
  ['loss', 'loss'],
  ['corrupt', 'corrupt'],
  ['duplicate', 'duplicate'],
  ['rate', 'rate'],
  ['delayNs', 'delay'],
  ['jitter', 'jitter'],
  ['reorder', 'reorder'],
];

/** `rules` of each step, the baseline first; `key` is the ladder's word. */
export function steppedOf(rules: readonly Rule[], key: string): Stepped {
  // The baseline lacks all that follows the rule, `delay 20ms jitter 1ms,5ms`, and not only what is stepped.
  const rungs = rules.length > 2 ? rules.slice(1) : rules;
  const found = FIELDS.filter(([field]) => rungs.some((rule) => differ(rungs[0]!, rule, field)));
  const names = found.map(([, name]) => name);
  // With one rung only, the word tells which of several it is.
  const named = names.find((name) => name === key || (name === 'delay' && key === 'rtt'));
  const stepped = named ?? names[0] ?? null;
  return stepped === 'loss' && key === 'burst' ? 'burst' : stepped;
}

function differ(a: Rule, b: Rule, field: keyof Impairments): boolean {
  return DIRECTION_NAMES.some((_, direction) => {
    const of = ({ impairments }: Rule) => JSON.stringify(impairments[direction]![field]);
    return of(a) !== of(b);
  });
}
