/** `netemu gradient compare`: what it prints, and its exit codes. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { analyse } from '../../src/gradient/analysis/analyse.js';
import { jsonOf } from '../../src/gradient/report/json.js';
import type { GradientResult } from '../../src/gradient/result.js';
import { record, segment, stepsOf, type Values } from '../gradient/analysis/records.js';
import { Folder, netemu } from './commands.js';

let folder: Folder;

beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.remove());

const USUAL = Array.from({ length: 200 }, (_, i) => 20 + i / 100);

/** A file with these latencies in each step; null: the step was not measured. */
function results(name: string, columns: readonly (Values | null)[], labels = ['1%', '5%']): string {
  const { steps, rules } = stepsOf(labels);
  const segments = columns.flatMap((values, step) => (values ? [segment(step, values)] : []));
  const of = record(steps, segments, { ladder: `loss ${labels.join(',')}` });
  const result: GradientResult = { ...of, analysis: analyse(of, rules), assertions: [] };
  return folder.write(name, jsonOf(result));
}

const slower = (by: number) => USUAL.map((value) => by * value);

test('0: nothing got worse', async () => {
  const file = results('a.json', [USUAL, USUAL, USUAL]);
  const { exitCode, stdout } = await netemu('gradient', 'compare', file, file);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('no regressions, no improvements in 12 figures');
});

test('1: something got worse by more than the minimum', async () => {
  const files = [
    results('a.json', [USUAL, USUAL, USUAL]),
    results('b.json', [USUAL, USUAL, slower(1.2)]),
  ];
  const worse = await netemu('gradient', 'compare', ...files);
  expect(worse.exitCode).toBe(1);
  expect(worse.stdout).toContain('3 regressions');
  const enough = await netemu('gradient', 'compare', ...files, '--minimum', '30%');
  expect(enough.exitCode).toBe(0);
  expect(enough.stdout).toContain('below 30%');
  const json = await netemu('gradient', 'compare', ...files, '--minimum', '0.1%', '--json');
  expect(json.exitCode).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({ minimum: 0.001, regressions: 3 });
});

test('1: the second lacks what the first has', async () => {
  const files = [results('a.json', [USUAL, USUAL, USUAL]), results('b.json', [USUAL, USUAL, null])];
  const { exitCode, stdout } = await netemu('gradient', 'compare', ...files);
  expect(exitCode).toBe(1);
  expect(stdout).toContain('4 missing in the second');
  expect(stdout).toContain('5%: no samples in the second');
  const back = await netemu('gradient', 'compare', ...files.reverse());
  expect(back.exitCode).toBe(0);
});

test('2: nothing can be compared, and minimums that are none', async () => {
  const [a, b] = [
    results('a.json', [null, USUAL, USUAL]),
    results('b.json', [null, USUAL, USUAL], ['2%', '3%']),
  ];
  const other = await netemu('gradient', 'compare', a, b);
  expect(other.exitCode).toBe(2);
  expect(other.stderr).toContain('no step with samples in common');
  for (const minimum of ['0%', '100%', '-5%', 'much']) {
    const { exitCode } = await netemu('gradient', 'compare', a, a, `--minimum=${minimum}`);
    expect(exitCode, minimum).toBe(2);
  }
});
