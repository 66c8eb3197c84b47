/** Rules from flags and files, for `up` (as far as it goes without a live path) and `set`. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type GivenRules, readGivenRules } from '../../src/cli/rule-arguments.js';
import { type ControlServer, serve } from '../../src/control/server.js';
import { IMPAIRMENT_KEYS } from '../../src/rules/registry.js';
import { rulesOf } from '../../src/rules/rule-source.js';
import { FakeInstance } from '../control/fake-instance.js';
import { Folder, netemu, typeIn } from './commands.js';

let folder: Folder;
let server: ControlServer;
let instance: FakeInstance;

beforeEach(async () => {
  folder = new Folder();
  vi.stubEnv('NETEMU_RUNTIME_DIR', folder.path);
  instance = new FakeInstance();
  server = await serve(instance);
});

afterEach(async () => {
  await server.close();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  folder.remove();
});

const texts = () => instance.rules().map(({ text }) => text);

test('set takes flags', async () => {
  const { exitCode, stdout, stderr } = await netemu(
    ...['set', 'n1', '--flow', 'udp:53', '--loss', 'out:1%', '--loss', 'in:2% burst 4', '--ecn'],
    ...['--partition', '--per', 'flow', '--profile', 'simple-p2p --delay=3ms --bandwidth=1Mbps'],
  );
  const rule =
    'udp:53 partition drop loss out:1% in:2% burst 4 ecn rate 1mbit queue 25p delay 3ms per flow';
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout).toBe(`netemu n1 set: ${rule}\n`);
  expect(texts()).toEqual([rule]);
});

test('set takes a file, also with what it names, and standard input', async () => {
  folder.write('traces/a.up', '3\n7\n');
  const text = `rules: [udp trace traces/a.up, tcp:80]
schedule: [{at: 10s, rules: [{match: tcp:80, loss: 5%}]}]
seed: 7`;
  const file = folder.write('a.yaml', text);
  expect(await netemu('set', 'n1', '-f', file)).toEqual({
    exitCode: 0,
    stdout: 'netemu n1 set: udp trace traces/a.up; tcp:80 [at 10s loss 5%]\n',
    stderr: 'netemu: the seed stays as it is, seed: 7 is for up\n',
  });
  expect(instance.rules()[0]!.impairments[0].trace?.opportunitiesMs).toEqual([3, 7]);
  typeIn('rules: [udp loss 1%]');
  expect(await netemu('set', 'n1', '--file', '-')).toMatchObject({ exitCode: 0, stderr: '' });
  expect(texts()).toEqual(['udp loss 1%']);
});

test('set of a rule that names a file sends its text along', async () => {
  const trace = folder.write('a.up', '3\n7\n');
  expect(await netemu('set', 'n1', `udp trace ${trace}`)).toMatchObject({ exitCode: 0 });
  expect(await netemu('set', 'n1', '--trace', `${trace} once`)).toMatchObject({ exitCode: 0 });
  expect(texts()).toEqual([`any trace ${trace} once`]);
});

test('set warns of what compat netem really does', async () => {
  const { exitCode, stderr } = await netemu('set', 'n1', 'udp compat netem loss 10% corr 25%');
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/^netemu: udp: compat netem: .*\n$/);
});

test('what an instance makes of a request is what was read', async () => {
  folder.write('d.dist', '0 1 2 3 4 5 6 7\n');
  folder.write('a.up', '1\n');
  const file = folder.write('a.yaml', 'rules: [{match: udp, trace: a.up once, name: x}, tcp:1]');
  vi.spyOn(process, 'cwd').mockReturnValue(folder.path);
  const read = (lines: string[], options: Record<string, unknown>) =>
    readGivenRules({ lines, options, command: 'netemu up' }) as Promise<GivenRules>;
  for (const [lines, options] of [
    [['udp:53 trace a.up', 'udp:53 loss 1%'], {}],
    [
      ['udp:53 trace a.up', 'udp:53 loss 1%'],
      { flow: 'udp:53', profile: ['lte'], ecn: [''], loss: ['1%'] },
    ],
    [[], { flow: 'tcp', trace: ['a.up'] }],
    [[], { file: [file] }],
  ] as [string[], Record<string, unknown>][]) {
    const { rules, request } = await read(lines, options);
    expect(rulesOf(JSON.parse(JSON.stringify(request)))).toEqual(rules);
  }
});

const BESIDE = 'write it into the file; --seed, --dev and the like may stand beside it';

test.each([
  [['up', '-f', 'nosuch.yaml'], 'cannot read nosuch.yaml: there is no such file'],
  [
    ['up', '-f', 'FILE', 'udp loss 1%'],
    `--file says all rules, and "udp loss 1%" is one more\n  ${BESIDE}`,
  ],
  [
    ['up', '-f', 'FILE', '--flow', 'udp'],
    `--file says all rules, and "--flow" is one more\n  ${BESIDE}`,
  ],
  [
    ['up', '-f', 'FILE', '--loss', '1%'],
    `--file says all rules, and "--loss" is one more\n  ${BESIDE}`,
  ],
  [['up', '-f', 'FILE', '-f', 'FILE'], '--file is given twice, one file says it all'],
  [['set', 'n1', '-f', 'FILE', 'udp'], `--file says all rules, and "udp" is one more\n  ${BESIDE}`],
  [['set', 'n1'], "set needs a rule: which packets meet what\n  netemu set n1 'udp:53 loss 2%'"],
  [
    ['up', '--profile', 'ltd'],
    '--profile ltd: unknown profile "ltd", did you mean lte?\n  netemu profiles lists them',
  ],
  [
    ['up', '--queue', '5p'],
    '--queue 5p: a queue forms before a link, and there is no rate or trace\n  rate 10mbit queue 100p',
  ],
  [['up', '--trace', 'nosuch'], '--trace nosuch: cannot read "nosuch": there is no such file'],
  [
    ['up', '--flow', 'udp', '--loss', '1%', 'burst', '4'],
    '"burst" is neither a rule nor part of a flag\'s value\n' +
      "  a flag's value is one argument: --loss 'every 3', --jitter '5ms unordered', --partition",
  ],
  [
    ['up', '--los', '1%'],
    'unknown option "--los", did you mean --loss?\n  netemu up --help says what there is',
  ],
  [
    ['set', 'n1', '--dely', '1ms'],
    'unknown option "--dely", did you mean --delay?\n  netemu set --help says what there is',
  ],
])('%j', async (args, message) => {
  const file = folder.write('a.yaml', 'rules: [udp]');
  const given = args.map((arg) => (arg === 'FILE' ? file : arg));
  expect(await netemu(...given)).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: `netemu: ${message}\n`,
  });
  expect(texts()).toEqual(['udp:53 loss 0.5%']);
});

test('each impairment has a flag in the help of up and set, and no other command loads them', async () => {
  for (const command of ['up', 'set']) {
    for (const args of [
      [command, '--help'],
      ['help', command],
    ]) {
      const { stdout } = await netemu(...args);
      for (const { name } of IMPAIRMENT_KEYS)
        expect(stdout).toMatch(new RegExp(`^  --${name} `, 'm'));
    }
  }
});
