/**
 * Two instances in one namespace that do not know of each other, because their runtime directories
 * differ (another user's, a container's): neither may touch what the other has made.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { ECHO_PORT, echoes } from '../support/echo.js';
import { test } from '../support/live-test.js';
import { startEcho } from '../support/traffic.js';
import { rememberState } from '../support/untouched.js';

test('names that are taken in the namespace are left alone', async ({ lab }) => {
  const untouched = await rememberState(lab);
  await startEcho(lab, lab.far, lab.far4, ECHO_PORT);
  const first = await lab.up('--flow', `udp:${ECHO_PORT}`, '--partition');
  const elsewhere = mkdtempSync(join(tmpdir(), 'netemu-test-'));
  onTestFinished(() => rmSync(elsewhere, { recursive: true }));
  lab.setVariable('NETEMU_RUNTIME_DIR', elsewhere);

  const refused = await lab.netemu('up', '--dev', 'v0', 'tcp loss 1%', '--name', 'n1').finished;
  expect(refused).toMatchObject({
    code: 2,
    stdout: '',
    stderr:
      'netemu: --name n1: an instance of that name is running\n' +
      '  without --name a free name is chosen\n',
  });
  const second = await lab.up('tcp loss 1%');
  expect(second.stdout).toMatch(/^netemu n2 up /);
  expect((await second.end()).code).toBe(0);

  expect(first.isRunning).toBe(true);
  expect(await echoes(lab)).toBe(false);
  expect((await first.end()).code).toBe(0);
  expect(await echoes(lab)).toBe(true);
  await untouched.check();
});
