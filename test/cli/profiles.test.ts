/** `netemu profiles`: the list, one of them, and what is not there. */

import { expect, test } from 'vitest';
import { NOT_OFFERED, PROFILE_NAMES } from '../../src/rules/profiles/catalogue.js';
import { netemu } from './commands.js';

test('the list has each profile with what it stands for and its source', async () => {
  const { exitCode, stdout, stderr } = await netemu('profiles');
  expect([exitCode, stderr]).toEqual([0, '']);
  const names = stdout.split('\n').flatMap((line) => /^(\S+) {2,}\S/.exec(line)?.[1] ?? []);
  expect(names).toEqual([...PROFILE_NAMES, ...Object.keys(NOT_OFFERED)]);
  expect(stdout.match(/^ +source: \S/gm)).toHaveLength(PROFILE_NAMES.length);
  expect(stdout.match(/^ += \S/gm)).toHaveLength(PROFILE_NAMES.length);
});

test('one of them', async () => {
  expect(await netemu('profiles', 'drop-rate')).toEqual({
    exitCode: 0,
    stdout: `drop-rate            loses packets at random, so many in a row at most
                     profile drop-rate --rate_to_client=10 --rate_to_server=10 --burst_to_client=3 --burst_to_server=3
                     = loss 10% max 3 rate 10mbit queue 25p delay 15ms
                     --delay --bandwidth --queue --rate_to_client --rate_to_server --burst_to_client --burst_to_server
                     source: quic-network-simulator
`,
    stderr: '',
  });
  expect((await netemu('profiles', 'blackhole')).stdout).toContain(
    '  note: --repeat is 1 when nothing is said',
  );
});

test('--json', async () => {
  const all = JSON.parse((await netemu('profiles', '--json')).stdout);
  expect(all.map(({ name }: { name: string }) => name)).toEqual(PROFILE_NAMES);
  const [lte] = JSON.parse((await netemu('profiles', 'lte', '--json')).stdout);
  expect(lte).toEqual({
    name: 'lte',
    summary: expect.any(String),
    source: 'the connection of that name at webpagetest.org',
    parameters: [],
    notes: [],
    example: 'lte',
    expandsTo: 'rate 12mbit queue 50p delay 35ms',
  });
});

test.each([
  ['lt', 'unknown profile "lt", did you mean lte?\n  netemu profiles lists them'],
  ['xyzzy', 'unknown profile "xyzzy"\n  netemu profiles lists them'],
  ['crosstraffic', `there is no profile crosstraffic\n  ${NOT_OFFERED.crosstraffic}`],
])('profiles %s', async (name, message) => {
  expect(await netemu('profiles', name)).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: `netemu: ${message}\n`,
  });
});
