/** Times on the way: `delay`, `rtt`, `jitter`, `reorder`, `slot`. */

import { expect, test } from 'vitest';
import { canonical, impairmentsOf } from '../../support/rule-values.js';

const JITTER = {
  spreadNs: 10e6,
  distribution: { kind: 'uniform' },
  correlation: 0,
  unordered: false,
};
const TABLE = { kind: 'table', file: 'wifi.dist', values: [-1, 0, 1, 2] };

test.each([
  ['10ms', JITTER],
  ['10ms uniform', JITTER],
  ['10ms Normal', { ...JITTER, distribution: { kind: 'normal' } }],
  ['10ms pareto unordered', { ...JITTER, distribution: { kind: 'pareto' }, unordered: true }],
  ['10ms unordered corr 25%', { ...JITTER, correlation: 0.25, unordered: true }],
  ['10ms wifi.dist corr 5%', { ...JITTER, distribution: TABLE, correlation: 0.05 }],
])('jitter %s', (value, jitter) => {
  expect(impairmentsOf(`jitter ${value}`).jitter).toEqual(jitter);
});

test.each([
  ['delay 50ms reorder 5%', { kind: 'skip', gap: 1, probability: 0.05, correlation: 0 }],
  ['delay 50ms reorder 5% gap 5', { kind: 'skip', gap: 5, probability: 0.05, correlation: 0 }],
  ['reorder 5% by 3 corr 50%', { kind: 'by', count: 3, probability: 0.05, correlation: 0.5 }],
])('%s', (text, reorder) => {
  expect(impairmentsOf(text).reorder).toEqual(reorder);
});

test.each([
  ['10ms', { spacing: { kind: 'even', minNs: 10e6, maxNs: 10e6 }, packets: 0, bytes: 0 }],
  [
    '0 10ms bytes 64kb packets 8',
    { spacing: { kind: 'even', minNs: 0, maxNs: 10e6 }, packets: 8, bytes: 64_000 },
  ],
  [
    'distribution wifi.dist 10ms 2ms',
    {
      spacing: { kind: 'distribution', distribution: TABLE, delayNs: 10e6, spreadNs: 2e6 },
      packets: 0,
      bytes: 0,
    },
  ],
])('slot %s', (value, slot) => {
  expect(impairmentsOf(`slot ${value}`).slot).toEqual(slot);
});

test.each([
  ['rtt 100ms', 'delay 50ms'],
  ['delay 1500us', 'delay 1.5ms'],
  ['jitter 10ms uniform corr 0%', 'jitter 10ms'],
  ['jitter 10ms unordered corr 25%', 'jitter 10ms corr 25% unordered'],
  ['jitter 10ms ./samples', 'jitter 10ms ./samples'],
  ['jitter 0', 'jitter 0ms'],
  ['delay 1ms reorder 5% gap 1', 'delay 1ms reorder 5%'],
  ['delay 1ms reorder 5% gap 3 corr 5%', 'delay 1ms reorder 5% corr 5% gap 3'],
  ['reorder 5% corr 5% by 3', 'reorder 5% by 3 corr 5%'],
  ['jitter 1ms reorder 5%', 'jitter 1ms reorder 5%'],
  ['slot 10ms 10ms', 'slot 10ms'],
  ['slot 10ms bytes 1500 packets 3', 'slot 10ms packets 3 bytes 1500'],
  ['slot 10ms bytes 64000b', 'slot 10ms bytes 64kb'],
  ['slot distribution pareto 10ms 0', 'slot distribution pareto 10ms 0ms'],
  ['slot in:5ms jitter out:1ms unordered', 'jitter out:1ms unordered slot in:5ms'],
])('%s → %s', (text, expected) => {
  expect(canonical(text)).toBe(expected);
});
