import * as fs from 'node:fs';
import * as os from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { checkCommand, commandExitCode, findExecutable } from '../../src/host/executable.js';

let dir: string;

beforeEach(() => {
  dir = fs.mkdtempSync(join(os.tmpdir(), 'netemu-test-'));
  fs.writeFileSync(join(dir, 'tool'), '', { mode: 0o755 });
  fs.writeFileSync(join(dir, 'text'), '', { mode: 0o644 });
  fs.mkdirSync(join(dir, 'folder'));
  vi.stubEnv('PATH', `/nonexistent:${dir}`);
});

afterEach(() => {
  vi.unstubAllEnvs();
  fs.rmSync(dir, { recursive: true });
});

test('what a shell finds', () => {
  expect(findExecutable('tool')).toBe(join(dir, 'tool'));
  expect(findExecutable(join(dir, 'tool'))).toBe(join(dir, 'tool'));
  for (const name of ['text', 'folder', 'nothing', '', './tool']) {
    expect(findExecutable(name), name).toBeNull();
  }
});

test.each([
  ['nothing', 127, 'nothing: there is no such command'],
  ['', 127, '""'],
  ['text', 126, 'may not be executed'],
  ['folder', 126, 'is a directory'],
])('%s: exit code %i', (name, exitCode, words) => {
  let thrown: unknown;
  try {
    checkCommand(name);
  } catch (error) {
    thrown = error;
  }
  expect((thrown as Error).message).toContain(words === '""' ? 'no such command' : words);
  expect(commandExitCode(thrown)).toBe(exitCode);
});

test('other errors have exit codes of their own', () => {
  expect(commandExitCode(new Error('x'))).toBeNull();
});
