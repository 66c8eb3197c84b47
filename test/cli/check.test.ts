/** `netemu check`: what rules and files mean, and what is wrong with them. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseRules } from '../../src/rules/parse.js';
import { scenarioSchema } from '../../src/rules/scenario/json-schema.js';
import { Folder, netemu, typeIn } from './commands.js';

let folder: Folder;

beforeEach(() => {
  folder = new Folder();
});

afterEach(() => {
  vi.restoreAllMocks();
  folder.remove();
});

const SCENARIO = `rules:
  - udp:53  loss 0.50%
  - {match: tcp:443, name: web, profile: lte}
schedule:
  - at: 10s
    rules: [{match: web, delay: 35ms -> 100ms over 20s}]
loop: 60s
`;

const CANONICAL =
  'udp:53 loss 0.5%\n' +
  'tcp:443 rate 12mbit queue 50p delay 35ms [at 10s delay 35ms -> 100ms over 20s; loop 1min]\n';

test('a file: its rules in canonical spelling, with their schedules', async () => {
  const file = folder.write('a.yaml', SCENARIO);
  expect(await netemu('check', file)).toEqual({ exitCode: 0, stdout: CANONICAL, stderr: '' });
});

test('standard input', async () => {
  typeIn(SCENARIO);
  expect(await netemu('check', '-')).toEqual({ exitCode: 0, stdout: CANONICAL, stderr: '' });
  typeIn('rules: [udp loss 5]');
  expect(await netemu('check', '-')).toEqual({
    exitCode: 2,
    stdout: '',
    stderr:
      'netemu: <stdin>:1:18: 5 has no unit, did you mean 5%?\n' +
      '  rules: [udp loss 5]\n' +
      '                   ^\n',
  });
});

test('rules', async () => {
  expect(await netemu('check', 'udp:53  loss 1.0%', 'dns', 'dsn', 'any@fd00::1')).toEqual({
    exitCode: 2,
    stdout: 'udp:53 loss 1%\ndns\nany@fd00::1\n',
    stderr:
      'netemu: there is no file "dsn"\n  a rule is one argument, as in \'udp:53 loss 0.5%\'\n',
  });
});

test('all that is wrong is said, and the rest is printed', async () => {
  const right = folder.write('right.yaml', 'rules: [udp:53]');
  const wrong = folder.write('wrong.yaml', 'rules:\n  - match: udp\n    loss: 5\n');
  const { exitCode, stdout, stderr } = await netemu('check', wrong, 'udp los 1%', 'x.yaml', right);
  expect([exitCode, stdout]).toEqual([2, 'udp:53\n']);
  expect(stderr).toBe(
    `netemu: ${wrong}:3:11: 5 has no unit, did you mean 5%?\n      loss: 5\n            ^\n` +
      'netemu: unknown impairment "los", did you mean loss?\n  udp los 1%\n      ^\n' +
      `  impairments: ${stderr.match(/impairments: (.*)/)![1]}\n` +
      'netemu: there is no file "x.yaml"\n' +
      "  a rule is one argument, as in 'udp:53 loss 0.5%'\n",
  );
});

test('--json prints the rules as they are used, and nothing when one is wrong', async () => {
  const lines = ['udp:53 loss 1%', 'tcp delay in:5ms'];
  const { exitCode, stdout } = await netemu('check', '--json', ...lines);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toEqual(parseRules(lines));
  const file = folder.write('a.yaml', SCENARIO);
  const [, web] = JSON.parse((await netemu('check', '--json', file)).stdout);
  expect(web.schedule.steps).toHaveLength(1);
  const wrong = await netemu('check', '--json', 'udp:53 loss 1%', 'udp:53 loss 1');
  expect([wrong.exitCode, wrong.stdout]).toEqual([2, '']);
});

test('--schema', async () => {
  const { exitCode, stdout, stderr } = await netemu('check', '--schema');
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toEqual(scenarioSchema());
});

test('files that a scenario names lie beside it, those of a rule where netemu is called', async () => {
  folder.write('traces/a.up', '1\n2\n');
  const file = folder.write('a.yaml', 'rules: [udp trace traces/a.up]');
  expect(await netemu('check', file)).toEqual({
    exitCode: 0,
    stdout: 'udp trace traces/a.up\n',
    stderr: '',
  });
  expect(await netemu('check', 'udp trace traces/a.up')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('cannot read "traces/a.up": there is no such file'),
  });
  vi.spyOn(process, 'cwd').mockReturnValue(folder.path);
  expect(await netemu('check', 'udp trace traces/a.up')).toMatchObject({ exitCode: 0 });
});

test('what is no file of rules at all', async () => {
  expect(await netemu('check', folder.path)).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: `netemu: cannot read ${folder.path}: illegal operation on a directory\n`,
  });
  const binary = folder.write('b.yaml', '\u0000\u0001\ufffd\n');
  expect(await netemu('check', binary)).toMatchObject({ exitCode: 2, stdout: '' });
  expect(await netemu('check')).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: 'netemu: check needs a file, or a rule\n  netemu check scenario.yaml\n',
  });
});

test('what compat netem makes of the values is a warning', async () => {
  const rule = 'udp:53 compat netem loss 10% corr 25%';
  const warning = /^netemu: udp:53: compat netem: loss 10% corr 25% really loses 1\.\d%.*\n$/;
  const { exitCode, stdout, stderr } = await netemu('check', rule);
  expect([exitCode, stdout]).toEqual([0, 'udp:53 loss 10% corr 25% compat netem\n']);
  expect(stderr).toMatch(warning);
  const file = folder.write('a.yaml', `rules: [${rule}]`);
  expect((await netemu('check', file)).stderr).toBe(
    stderr.replace('netemu: ', `netemu: ${file}: `),
  );
});
