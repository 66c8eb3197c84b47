/** What happens to packets on the way, and who is meant: all other keys. */

import { expect, test } from 'vitest';
import { UNIMPAIRED } from '../../../src/rules/impairment-key.js';
import { parseRule } from '../../../src/rules/parse.js';
import { Direction } from '../../../src/rules/rule.js';
import { canonical, impairmentsOf } from '../../support/rule-values.js';

const CORRUPT = {
  probability: 0.01,
  correlation: 0,
  checksumOk: false,
  anywhere: false,
  firstBytes: null,
  runMax: null,
};

test.each([
  ['partition', { partition: 'drop' }],
  ['partition reject', { partition: 'reject' }],
  ['outage on 5s off 2s', { outage: { onNs: 5e9, offNs: 2e9, exponential: false, times: 0 } }],
  [
    'outage exponential off 2s on 5s',
    { outage: { onNs: 5e9, offNs: 2e9, exponential: true, times: 0 } },
  ],
  ['corrupt 1%', { corrupt: CORRUPT }],
  ['corrupt 1% anywhere max 3', { corrupt: { ...CORRUPT, anywhere: true, runMax: 3 } }],
  [
    'corrupt 1% first 50 checksum-ok corr 25%',
    { corrupt: { ...CORRUPT, correlation: 0.25, checksumOk: true, firstBytes: 50 } },
  ],
  ['duplicate 1%', { duplicate: { probability: 0.01, correlation: 0 } }],
  ['duplicate 1% corr 5%', { duplicate: { probability: 0.01, correlation: 0.05 } }],
  ['rebind 5s', { rebind: { everyNs: 5e9, firstNs: 5e9, addresses: null } }],
  ['rebind 5s first 1s', { rebind: { everyNs: 5e9, firstNs: 1e9, addresses: null } }],
  [
    'rebind 5s address 10.1.2.3/8',
    {
      rebind: {
        everyNs: 5e9,
        firstNs: 5e9,
        addresses: { version: 4, words: [0, 0, 0xffff, 0x0a00_0000], bits: 104 },
      },
    },
  ],
  ['per flow', { perFlow: true }],
  ['compat netem', { compat: 'netem' }],
])('%s', (text, impairments) => {
  expect(impairmentsOf(text)).toEqual({ ...UNIMPAIRED, ...impairments });
});

test.each([
  ['corrupt 1% corr 0% first 1kb', 'corrupt 1% first 1kb'],
  [
    'corrupt 1% anywhere checksum-ok first 50b max 2 corr 5%',
    'corrupt 1% corr 5% max 2 first 50 checksum-ok anywhere',
  ],
  ['rebind 5s first 5s', 'rebind 5s'],
  ['rebind 5s address fd00::1 first 1s', 'rebind 5s first 1s address fd00::1'],
  ['outage off 1min on 5s', 'outage on 5s off 1min'],
  ['per in:flow', 'per in:flow'],
  ['compat out:NETEM', 'compat out:netem'],
  ['ecn on loss 1%', 'loss 1% ecn'],
  ['ecn in:on out:on loss 1%', 'loss 1% ecn'],
  ['loss 1% ecn in:on', 'loss 1% ecn in:on'],
  ['partition in:reject out:drop', 'partition out:drop in:reject'],
])('%s → %s', (text, expected) => {
  expect(canonical(text)).toBe(expected);
});

test('a key without a value may stand before a term, a key, or nothing', () => {
  const marked = ['udp loss 1% ecn', 'udp ecn loss 1%', 'udp ecn dir=in loss 1%'];
  expect(marked.map((line) => parseRule(line).impairments[Direction.in].ecn)).toEqual([
    true,
    true,
    true,
  ]);
});
