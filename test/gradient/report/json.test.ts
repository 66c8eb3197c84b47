import { expect, test } from 'vitest';
import { NetemuError } from '../../../src/errors.js';
import { jsonOf, readResult } from '../../../src/gradient/report/json.js';
import { dnsResult, GRADIENT_RESULTS, tcpResult } from '../../support/gradient-results.js';

function problemOf(text: string): NetemuError {
  try {
    readResult(text, 'old/results.json');
  } catch (error) {
    if (error instanceof NetemuError) return error;
    throw error;
  }
  throw new Error('it was read');
}

/** Changes what stands at a path such as `segments.0.index`. */
function damaged(path: string, value: unknown): string {
  const result = JSON.parse(jsonOf(dnsResult()));
  const keys = path.split('.');
  const last = keys.pop()!;
  const holder = keys.reduce((each, key) => each[key], result);
  holder[last] = value;
  return JSON.stringify(result);
}

test.each(Object.entries(GRADIENT_RESULTS))('%s comes back as it was written', (_name, make) => {
  const text = jsonOf(make());
  const read = readResult(text, 'results.json');
  expect(jsonOf(read)).toBe(text);
  expect(read).toEqual(JSON.parse(text));
});

test('nothing but needless digits is lost', () => {
  const result = dnsResult();
  const read = readResult(jsonOf(result), 'results.json');
  const near = (a: unknown, b: unknown, path: string): void => {
    if (typeof a === 'number' && typeof b === 'number') {
      // Half of a µs, or of the twelfth digit.
      const allowed = Math.max(0.000_5, Math.abs(a) * 1e-11);
      if (Math.abs(a - b) > allowed) throw new Error(`${path}: ${a} became ${b}`);
    } else if (typeof a === 'object' && a !== null) {
      expect(Object.keys(b as object), path).toEqual(Object.keys(a));
      for (const [key, each] of Object.entries(a)) {
        near(each, (b as Record<string, unknown>)[key], `${path}.${key}`);
      }
    } else {
      expect(b, path).toBe(a);
    }
  };
  near(result, read, 'result');
});

test('shares and p-values keep 12 digits, times 1 µs', () => {
  const result = dnsResult();
  const read = readResult(jsonOf(result), 'results.json');
  const [before, after] = [result, read].map((each) => each.analysis.steps[3]!.metrics);
  if (before!.late!.kind !== 'share' || after!.late!.kind !== 'share') throw new Error('a share');
  expect(after!.late!.share!.low).toBe(Number(before!.late!.share!.low!.toPrecision(12)));
  expect(read.segments[1]!.atMs.every((ms) => ms === Number(ms.toFixed(3)))).toBe(true);
  const { latency } = read.segments[1]!.values;
  expect(latency!.every((ms) => ms === null || ms === Number(ms.toFixed(3)))).toBe(true);
});

test('columns stand on one line each, the rest is indented', () => {
  const lines = jsonOf(tcpResult()).split('\n');
  expect(lines.slice(0, 3)).toEqual(['{', '  "format": "netemu-gradient",', '  "version": 1,']);
  expect(lines.filter((line) => /^ {6}"index": \[0,1,2,.*\],$/.test(line))).toHaveLength(6);
  expect(lines.filter((line) => /^ {8}"connect": \[.*\],?$/.test(line))).toHaveLength(6);
  expect(lines.filter((line) => /^ +"cwndBytes": \[\d.*\],$/.test(line))).toHaveLength(12);
  expect(lines.find((line) => line.includes('"p50": { '))).toMatch(
    /"p50": \{ "value": [\d.]+, "low": [\d.]+, "high": [\d.]+ \}/,
  );
});

test('what is not JSON, or something else, is said so', () => {
  expect(problemOf('{"format": "netemu-gra')).toMatchObject({ code: 'E_RESULTS', exitCode: 2 });
  expect(problemOf('{"format"').message).toMatch(/^"old\/results\.json" is not JSON: /);
  for (const text of ['null', '[]', '3', '{}', '{"format":"pcap"}']) {
    const { code, message, mend } = problemOf(text);
    expect([code, message]).toEqual([
      'E_RESULTS',
      '"old/results.json" is no result of netemu gradient',
    ]);
    expect(mend).toBe('name a results.json that netemu gradient --out DIR has written');
  }
});

test('a newer version is for a newer netemu', () => {
  const { code, message, mend } = problemOf(damaged('version', 2));
  expect([code, message]).toEqual([
    'E_RESULTS',
    '"old/results.json" is of format 2, this netemu reads up to 1',
  ]);
  expect(mend).toBe('read it with a newer netemu');
});

test.each([
  ['version', '1', 'version: '],
  ['seed', 7, 'seed: '],
  ['segments.0.index', 'all', 'segments.0.index: expected an array of counts'],
  ['segments.2.index.1', -1, 'segments.2.index: expected an array of counts'],
  [
    'segments.0.values.latency.3',
    'x',
    'segments.0.values.latency: expected an array of numbers and',
  ],
  ['segments.0.atMs', [1], 'segments.0: its columns are of different lengths'],
  ['segments.0.failure.0', 4, 'segments.0: a failure has no reason'],
  ['segments.0.step', 6, 'the whole: a step is missing'],
  ['steps.1.index', 3, 'steps: steps are out of order'],
  ['analysis.steps.1.metrics.late.kind', 'ratio', 'analysis.steps.1.metrics.late.kind: '],
])('damage at %s is named', (path, value, problem) => {
  const { code, message } = problemOf(damaged(path, value));
  expect(code).toBe('E_RESULTS');
  expect(message).toContain(`"old/results.json" is damaged: ${problem}`);
});

test('fields that a later netemu adds are kept', () => {
  const read = readResult(damaged('machine.board', 'x'), 'results.json');
  expect(read.machine).toHaveProperty('board', 'x');
});
