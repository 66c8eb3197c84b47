import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { netemTable } from '../../../src/netem/compat/tables.js';
import { jitterQuantile } from '../../../src/netem/distribution/quantile.js';

const KINDS = ['normal', 'pareto', 'paretonormal'] as const;

/** Where distributions keep iproute2's tables. */
const FOLDERS = ['/usr/lib/tc', '/usr/lib64/tc', '/usr/share/tc', '/usr/lib/x86_64-linux-gnu/tc'];

function shipped(kind: string): number[] | null {
  const path = FOLDERS.map((folder) => `${folder}/${kind}.dist`).find(existsSync);
  if (path === undefined) return null;
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines
    .filter((line) => !line.startsWith('#'))
    .join(' ')
    .trim()
    .split(/\s+/)
    .map(Number);
}

test.each(KINDS)('%s is the table that iproute2 ships, where it is here to compare', (kind) => {
  const table = [...netemTable({ kind })!];
  expect(table).toHaveLength(4096);
  const theirs = shipped(kind);
  if (theirs !== null) expect(table).toEqual(theirs);
});

test('some entries of the shipped tables, for where they are not', () => {
  const entries = KINDS.map((kind) => {
    const table = netemTable({ kind })!;
    return [0, 1, 1000, 2048, 3500, 4095].map((i) => table[i]);
  });
  expect(entries).toEqual([
    [-32768, -28307, -5677, 0, 8651, 28858],
    [-5461, -5460, -4393, -2622, 4383, 32767],
    [-12305, -11171, -4714, -1966, 5450, 31789],
  ]);
});

test.each(KINDS)('%s follows its law in between', (kind) => {
  const table = netemTable({ kind })!;
  // Beyond 3900 entries the tail is cut, and an entry is not of the middle of its share.
  for (let i = 100; i < 3900; i += 50) {
    expect(Math.abs(table[i] / 8192 - jitterQuantile({ kind }, (i + 0.125) / 4096))).toBeLessThan(
      0.003,
    );
  }
});

test('uniform has none; a table of a file is in the same units, and made once', () => {
  expect(netemTable({ kind: 'uniform' })).toBe(null);
  const values = [-5, -1, 0.5 / 8192, 1.5 / 8192, 2, 100];
  const table = netemTable({ kind: 'table', file: 'x', values })!;
  expect([...table]).toEqual([-32768, -8192, 0, 2, 16384, 32767]);
  expect(netemTable({ kind: 'table', file: 'y', values })).toBe(table);
});
