import { expect, test } from 'vitest';
import { checkDevices, checkNetns } from '../../src/control/preflight.js';
import type { NetemuError } from '../../src/errors.js';

test('a device that is there passes', () => {
  expect(() => checkDevices([])).not.toThrow();
  expect(() => checkDevices(['lo'])).not.toThrow();
});

test.each(['nosuch', '', 'lo ', 'l\x1b[2J'])(
  'the device %j is refused with those there are',
  (device) => {
    const error = thrownBy(() => checkDevices(['lo', device]));
    expect(error.exitCode).toBe(2);
    expect(error.message).toMatch(/^--dev .*: there is no device "/);
    expect(error.message).not.toContain('\x1b');
    expect(error.mend).toMatch(/^there are: (.*, )?lo(,|$)/);
  },
);

test('a namespace by process id and by path', () => {
  expect(() => checkNetns(String(process.pid))).not.toThrow();
  expect(() => checkNetns('/proc/self/ns/net')).not.toThrow();
});

test.each([
  ['4194305', '--netns 4194305: there is no process 4194305'],
  ['/nosuch/net', '--netns /nosuch/net: there is no such file'],
  ['nosuch', '--netns nosuch: there is no network namespace "nosuch"'],
  ['', '--netns : there is no network namespace ""'],
])('the namespace %j is refused', (netns, message) => {
  expect(() => checkNetns(netns)).toThrow(message);
});

function thrownBy(action: () => void): NetemuError {
  try {
    action();
  } catch (error) {
    return error as NetemuError;
  }
  throw new Error('nothing was thrown');
}
