import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NetemuError } from '../../../src/errors.js';
import { csvOf } from '../../../src/gradient/report/csv.js';
import { jsonOf } from '../../../src/gradient/report/json.js';
import { junitOf } from '../../../src/gradient/report/junit.js';
import { prepareDirectory, writeReports } from '../../../src/gradient/report/write.js';
import type { GradientResult } from '../../../src/gradient/result.js';
import { commandResult, quicResult } from '../../support/gradient-results.js';

const NAMES = ['junit.xml', 'report.html', 'results.csv', 'results.json'];
const isRoot = process.getuid?.() === 0;

/** The page's scripts are only there when they are compiled. */
const toHtml = (result: GradientResult) => `<!doctype html>${result.seed}`;

let top: string;

beforeEach(() => {
  top = fs.mkdtempSync(path.join(tmpdir(), 'netemu-reports-'));
});

afterEach(() => {
  vi.unstubAllEnvs();
  fs.rmSync(top, { recursive: true });
});

function problemOf(action: () => unknown): NetemuError {
  try {
    action();
  } catch (error) {
    if (error instanceof NetemuError) return error;
    throw error;
  }
  throw new Error('it went well');
}

test('four files, in a directory that is made with those above it', () => {
  const result = quicResult();
  const directory = prepareDirectory(path.join(top, 'a', 'b'));
  expect(fs.readdirSync(directory)).toEqual([]);
  const files = writeReports(directory, result, toHtml);
  expect(fs.readdirSync(directory).sort()).toEqual(NAMES);
  expect(fs.readFileSync(files.json, 'utf8')).toBe(jsonOf(result));
  expect(fs.readFileSync(files.csv, 'utf8')).toBe(csvOf(result));
  expect(fs.readFileSync(files.junit, 'utf8')).toBe(junitOf(result));
  expect(fs.readFileSync(files.html, 'utf8')).toBe(toHtml(result));
});

test('a relative directory is made absolute', () => {
  const relative = path.relative(process.cwd(), path.join(top, 'reports'));
  expect(prepareDirectory(relative)).toBe(path.join(top, 'reports'));
});

test('the files of an earlier gradient are replaced, and so is what a kill left', () => {
  writeReports(top, quicResult(), toHtml);
  fs.writeFileSync(path.join(top, '.results.json.partial'), 'half');
  fs.writeFileSync(path.join(top, 'notes.txt'), 'kept');
  writeReports(prepareDirectory(top), commandResult(), toHtml);
  expect(fs.readdirSync(top).sort()).toEqual([...NAMES, 'notes.txt'].sort());
  expect(fs.readFileSync(path.join(top, 'results.json'), 'utf8')).toBe(jsonOf(commandResult()));
});

test('somebody’s link is not written through', () => {
  const victim = path.join(top, 'victim');
  fs.writeFileSync(victim, 'as it was');
  const directory = path.join(top, 'reports');
  fs.mkdirSync(directory);
  fs.symlinkSync(victim, path.join(directory, '.results.json.partial'));
  fs.symlinkSync(victim, path.join(directory, 'results.csv'));
  writeReports(prepareDirectory(directory), quicResult(), toHtml);
  expect(fs.readFileSync(victim, 'utf8')).toBe('as it was');
  expect(fs.lstatSync(path.join(directory, 'results.csv')).isFile()).toBe(true);
});

test('a directory that went meanwhile is made again', () => {
  const directory = prepareDirectory(path.join(top, 'reports'));
  fs.rmSync(directory, { recursive: true });
  writeReports(directory, quicResult(), toHtml);
  expect(fs.readdirSync(directory).sort()).toEqual(NAMES);
});

test('a file in its place is said before anything is measured', () => {
  const file = path.join(top, 'file');
  fs.writeFileSync(file, '');
  for (const name of [file, path.join(file, 'below')]) {
    const { code, exitCode, message, mend } = problemOf(() => prepareDirectory(name));
    expect([code, exitCode]).toEqual(['E_OUTPUT', 2]);
    expect(message).toMatch(/^no reports can be written to ".*: it is a file$/);
    expect(mend).toBe('name a directory that you may write to: --out DIR');
  }
});

test('a directory that nobody may write to is said before anything is measured', () => {
  if (isRoot) {
    // Root may write everywhere but into the kernel's own file systems.
    expect(problemOf(() => prepareDirectory('/proc/self/netemu')).code).toBe('E_OUTPUT');
    return;
  }
  fs.chmodSync(top, 0o500);
  expect(problemOf(() => prepareDirectory(top)).message).toContain('it is not allowed');
  fs.chmodSync(top, 0o700);
});

test('a file that cannot be written is named, nothing half is left, the others stand', () => {
  fs.mkdirSync(path.join(top, 'results.csv'));
  const { code, exitCode, message } = problemOf(() => writeReports(top, quicResult(), toHtml));
  expect([code, exitCode]).toEqual(['E_OUTPUT', 4]);
  expect(message).toContain(path.join(top, 'results.csv'));
  expect(fs.readdirSync(top).sort()).toEqual(['results.csv', 'results.json']);
});

test.runIf(isRoot)('what sudo makes belongs to who typed it', () => {
  vi.stubEnv('SUDO_UID', '12345');
  vi.stubEnv('SUDO_GID', '23456');
  const directory = prepareDirectory(path.join(top, 'a', 'b'));
  const files = writeReports(directory, quicResult(), toHtml);
  for (const file of [path.join(top, 'a'), directory, ...Object.values(files)]) {
    const { uid, gid } = fs.statSync(file);
    expect({ file, uid, gid }).toEqual({ file, uid: 12345, gid: 23456 });
  }
  expect(fs.statSync(top).uid).toBe(0);
});
