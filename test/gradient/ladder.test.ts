/** Ladders: which rules come out of a rule and a list of numbers, and what is refused. */
import { describe, expect, test } from 'vitest';
import { readLadder } from '../../src/gradient/ladder.js';
import { RULE_FILES } from '../support/rule-files.js';

const read = (text: string, base = 'udp:53') => readLadder(text, base, RULE_FILES);

test('the classical ladder beside a rule with a delay', () => {
  const { steps, steppedKey, text, rules } = read('loss  0.1%,0.5%,1%', 'udp:53 rtt 20ms');
  expect(steps).toEqual([
    { index: 0, label: 'baseline', value: 0, rule: 'udp:53 delay 10ms' },
    { index: 1, label: '0.1%', value: 0.001, rule: 'udp:53 loss 0.1% delay 10ms' },
    { index: 2, label: '0.5%', value: 0.005, rule: 'udp:53 loss 0.5% delay 10ms' },
    { index: 3, label: '1%', value: 0.01, rule: 'udp:53 loss 1% delay 10ms' },
  ]);
  expect(steppedKey).toBe('loss');
  expect(text).toBe('loss 0.1%,0.5%,1%');
  expect(rules[3]!.impairments[0].loss).toMatchObject({ kind: 'random', probability: 0.01 });
});

test.each([
  ['delay 10ms,1s', 'delay', [10e6, 1e9], 'udp:53 delay 10ms'],
  ['loss 2% burst 1,2,4', 'burst', [1, 2, 4], 'udp:53 loss 2% burst 1'],
  ['rate 10mbit,500kbit queue 50ms', 'rate', [10e6, 500e3], 'udp:53 rate 10mbit queue 50ms'],
  ['rate 1mbit queue 10p,100p', 'queue', [10, 100], 'udp:53 rate 1mbit queue 10p'],
  ['rate 1mbit queue 10kb,100kb', 'queue', [10e3, 100e3], 'udp:53 rate 1mbit queue 10kb'],
  ['loss in:1%,2%', 'loss', [0.01, 0.02], 'udp:53 loss in:1%'],
  ['jitter 1ms,2ms normal delay 5ms', 'jitter', [1e6, 2e6], 'udp:53 delay 5ms jitter 1ms normal'],
  ['corrupt 1%', 'corrupt', [0.01], 'udp:53 corrupt 1%'],
])('%s steps %s', (text, key, values, first) => {
  const ladder = read(text);
  expect(ladder.steppedKey).toBe(key);
  expect(ladder.steps.slice(1).map(({ value }) => value)).toEqual(values);
  expect(ladder.steps[1]!.rule).toBe(first);
});

describe('what is refused', () => {
  test.each([
    ['', '--steps is empty'],
    ['loss 1%,2% delay 1ms,2ms', 'has 2 lists'],
    ['loss 1% burst 4', 'several numbers and no list'],
    ['partition', 'no number'],
    ['loss 1%, 2%', 'a value is missing'],
    ['1%,2%', 'begins with what is stepped'],
    ['loss 1%,1%', 'stands there twice'],
    [`loss ${Array.from({ length: 101 }, (_, i) => `${i / 10}%`).join(',')}`, '101 steps'],
  ])('%.40s', (text, says) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: 'E_STEPS', message: expect.stringContaining(says) }),
    );
  });

  test('what the rules refuse, with the line that has it', () => {
    expect(() => read('loss 1%,200%')).toThrow(/udp:53 loss 200%/);
    expect(() => read('lost 1%,2%')).toThrow(/did you mean loss/);
    expect(() => read('loss 1%,2%', 'udp:53 loss 1%')).toThrow(/loss/);
  });
});
