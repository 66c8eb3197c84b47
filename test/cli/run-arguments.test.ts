import { describe, expect, test } from 'vitest';
import { missingDashes, splitArguments } from '../../src/cli/run-arguments.js';

const split = (line: string) => splitArguments(line.split(' '));

test.each([
  ['run --loss 1% -- curl -s x', ['run', '--loss', '1%'], ['curl', '-s', 'x']],
  ['run -- sh -c -- x', ['run'], ['sh', '-c', '--', 'x']],
  ['run --loss 1%', ['run', '--loss', '1%'], null],
  ['run --', ['run'], []],
  // Of other commands everything is their own.
  ['up -- udp', ['up', '--', 'udp'], null],
])('%s', (line, own, command) => {
  expect(split(line)).toEqual({ own, command });
});

describe('a program where rules are read', () => {
  test.each([
    ['run sh -c true', 'netemu run -- sh -c true'],
    ['run --loss 1% sh x', 'netemu run --loss 1% -- sh x'],
    ['run sh -- x', 'netemu run -- sh x'],
    ['run /bin/sh', 'netemu run -- /bin/sh'],
  ])('%s', (line, mend) => {
    expect(missingDashes(line.split(' '))).toMatchObject({ code: 'E_DASHES', mend });
  });

  test('its arguments are quoted for a shell', () => {
    expect(missingDashes(['run', 'sh', '-c', "echo 'a b'; x"])?.mend).toBe(
      "netemu run -- sh -c 'echo '\\''a b'\\''; x'",
    );
  });

  test.each(['run udp:53', 'run --loss 101%', 'run --help sh', 'up sh', 'run tcp -- sh', 'run'])(
    '%s is something else',
    (line) => {
      expect(missingDashes(line.split(' '))).toBeNull();
    },
  );
});
