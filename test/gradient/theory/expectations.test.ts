import { expect, test } from 'vitest';
import { BASELINE_METRICS } from '../../../src/gradient/theory/expectations.js';
import { DNS, expected, QUIC, TCP } from './context.js';

test('each kind of probe has its own', () => {
  expect(Object.keys(expected('dns', DNS, 'loss 1%'))).toEqual(['late', 'failed', 'latency']);
  expect(Object.keys(expected('tcp', TCP, 'loss 1%'))).toEqual(['late', 'failed', 'connect']);
  expect(Object.keys(expected('quic', QUIC, 'loss 1%'))).toEqual(['late', 'failed', 'handshake']);
  expect(expected('command', { timeoutMs: 1_000 }, 'loss 1%')).toEqual({});
});

test('means are expected of the metric that the baseline is of', () => {
  for (const [kind, settings] of [
    ['dns', DNS],
    ['tcp', TCP],
    ['http', TCP],
    ['quic', QUIC],
  ] as const) {
    const means = Object.entries(expected(kind, settings, 'loss 1%')).filter(
      ([, { kind }]) => kind === 'mean',
    );
    expect(means.map(([name]) => name)).toEqual([BASELINE_METRICS[kind]]);
  }
});

test('nothing about rules that formulae cannot follow, in the step or in the baseline', () => {
  expect(expected('dns', DNS, 'udp:53 loss 1% burst 4')).toEqual({});
  expect(expected('dns', DNS, 'udp:53 loss 1%', null, 'udp:53 rate 1mbit')).toEqual({});
  expect(expected('dns', DNS, 'tcp:53 loss 1%')).toEqual({});
});
