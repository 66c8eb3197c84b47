/** Findings as values of a rule, at their limits. */

import { expect, test } from 'vitest';
import type { Findings } from '../../../src/replay/diff/findings.js';
import { ruleValues, type ValueFiles } from '../../../src/replay/diff/rule-values.js';
import { Group } from '../../../src/replay/diff/selection.js';
import { parseDistribution } from '../../../src/rules/files/distribution-file.js';
import { DISTRIBUTION_VALUES_MAX, LOSS_MAP_RANGES_MAX } from '../../../src/rules/limits.js';
import { parseRule } from '../../../src/rules/parse.js';
import { mean } from '../../support/statistics.js';
import { range } from '../../support/traffic.js';

interface Given {
  readonly sent?: number;
  readonly lost?: number;
  readonly lossBurst?: number;
  readonly delaysNs?: readonly number[];
  readonly correlation?: number;
}

/** The rule that would be written, and its files. */
function written({ sent = 100, lost = 0, lossBurst = 1, delaysNs = [], correlation = 0 }: Given) {
  const neighbours = { lossBurst: lost === 0 ? null : lossBurst, delayCorrelation: correlation };
  const found = {
    ...{ sent, lost, duplicated: 0, corrupted: 0, reordered: 0, overtaken: 0 },
    ...{ neighbours, flowNeighbours: neighbours, delaysNs: Float64Array.from(delaysNs) },
  } as unknown as Findings;
  const files: ValueFiles = new Map();
  const values = ruleValues(found, { lost: null, label: '1', perFlow: false }, files);
  const line = ['udp', ...[...values].map((each) => each.join(' '))].join(' ');
  return { rule: parseRule(line, { read: (name) => files.get(name)! }), files };
}

test('of more delays than a table has values, shares of them: the mean stays, and the tail counts', () => {
  const delaysNs = range(3 * DISTRIBUTION_VALUES_MAX + 5).map((i) =>
    Math.round(10e6 * -Math.log((i + 0.5) / (3 * DISTRIBUTION_VALUES_MAX + 5))),
  );
  const { rule, files } = written({ delaysNs });
  const text = files.get('delay-1.txt')!;
  const samples = text.trim().split('\n').slice(1).map(Number);
  expect(samples).toHaveLength(DISTRIBUTION_VALUES_MAX);
  expect(mean(samples) / mean(delaysNs)).toBeCloseTo(1, 3);
  expect(samples.at(-1)).toBeGreaterThan(10e6 * Math.log(DISTRIBUTION_VALUES_MAX));
  const [{ delayNs, jitter }] = rule.impairments;
  expect(delayNs).toBe(Math.round(mean(samples)));
  // What the engine makes of it: the numbers as they are.
  const again = parseDistribution(text).map((value) => delayNs + value * jitter!.spreadNs);
  const worst = Math.max(...again.map((ns, i) => Math.abs(ns - samples[i]!)));
  expect(worst).toBeLessThan(20);
});

test.each<[string, Given, string]>([
  ['nothing arrived', { sent: 3, lost: 3, lossBurst: 3 }, 'udp loss 100%'],
  ['independent losses', { sent: 1_000, lost: 100, lossBurst: 1.15 }, 'udp loss 10%'],
  ['runs', { sent: 1_000, lost: 100, lossBurst: 1.35 }, 'udp loss 10% burst 1.35'],
  ['runs of nearly all', { sent: 1_000, lost: 990, lossBurst: 330 }, 'udp loss 99% burst 330'],
  ['one delay', { delaysNs: [5e6, 5e6] }, 'udp delay 5ms'],
  ['no delay to speak of', { delaysNs: [0, 0] }, 'udp'],
  ['delays below zero', { delaysNs: [-3, 6, 9] }, 'udp delay 5ns jitter 4ns delay-1.txt'],
  [
    'delays alike by chance',
    { delaysNs: [1, 2, 3, 4].map((ms) => ms * 1e6), correlation: 0.4 },
    'udp delay 2.5ms jitter 1.118034ms delay-1.txt',
  ],
  [
    'delays that hardly change',
    { delaysNs: range(100).map((i) => 1e6 + i), correlation: 1 },
    'udp delay 1.00005ms jitter 29ns delay-1.txt corr 99.9%',
  ],
])('%s', (_, given, text) => {
  expect(written(given).rule.text).toBe(text);
});

test('more runs of losses than a map may have are none', () => {
  const group = new Group('udp', 0);
  group.flows = 1;
  for (let i = 0; i < LOSS_MAP_RANGES_MAX; i++) group.lose(2 * i + 1);
  expect(group.lost).toHaveLength(LOSS_MAP_RANGES_MAX);
  group.lose(2 * LOSS_MAP_RANGES_MAX);
  expect(group.lost).toHaveLength(LOSS_MAP_RANGES_MAX);
  group.lose(2 * LOSS_MAP_RANGES_MAX + 2);
  expect(group.lost).toBeNull();
});
