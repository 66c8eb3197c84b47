/** What a detached process is handed; the program itself is tried as a process elsewhere. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { startDetached } from '../../src/cli/detach.js';
import { Folder } from './commands.js';

let folder: Folder;
const before = { argv: process.argv, execArgv: process.execArgv };

/** Reports its standard input as its line. */
const PROGRAM = `
import * as fs from 'node:fs';
const line = fs.readFileSync(0, 'utf8');
fs.writeSync(Number(process.env.NETEMU_REPORT_FD), JSON.stringify({ line, status: { name: 'n1' } }));
`;

beforeEach(() => {
  folder = new Folder();
  process.execArgv = [];
});

afterEach(() => {
  Object.assign(process, before);
  folder.remove();
});

test('the scenario is on its standard input', async () => {
  process.argv = [process.execPath, folder.write('program.mjs', PROGRAM)];
  const text = `rules: [udp]\n${'# as long as no pipe holds\n'.repeat(20_000)}`;
  expect((await startDetached(() => () => {}, text)).line).toBe(text);
  expect((await startDetached(() => () => {}, '')).line).toBe('');
});

test('without one there is nothing', async () => {
  process.argv = [process.execPath, folder.write('program.mjs', PROGRAM)];
  expect((await startDetached(() => () => {})).line).toBe('');
});

test('one that ends before it has read is told as such', async () => {
  process.argv = [process.execPath, folder.write('program.mjs', 'process.exit(5);')];
  await expect(startDetached(() => () => {}, 'x'.repeat(2 ** 20))).rejects.toMatchObject({
    ...{ code: 'E_DETACHED', message: expect.stringContaining('exit code 5') },
  });
});
