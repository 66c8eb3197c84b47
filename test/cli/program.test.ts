/** Commands as a user types them, in this process and without a live path. */

import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runProgram } from '../../src/cli/program.js';
import { type ControlServer, serve } from '../../src/control/server.js';
import { FakeInstance } from '../control/fake-instance.js';
import { CapturedOutput } from './captured-output.js';

let dir: string;
const servers: ControlServer[] = [];

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'netemu-test-'));
  vi.stubEnv('NETEMU_RUNTIME_DIR', dir);
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  vi.unstubAllEnvs();
  fs.rmSync(dir, { recursive: true });
});

async function netemu(...args: string[]) {
  const output = new CapturedOutput();
  const exitCode = await runProgram(args, {
    output,
    onSignal: () => () => {},
    leave: () => {},
    exitCode: 0,
  });
  return { exitCode, stdout: output.stdout, stderr: output.stderr };
}

async function started(...instances: FakeInstance[]): Promise<void> {
  for (const instance of instances) servers.push(await serve(instance));
}

const UP_HELP = '  netemu up --help says what there is';

// Each is one sentence with the wrong part in it, and the mend below it.
test.each([
  ['up --loss 101%', 'netemu: --loss 101%: 101% is more than 100%'],
  ['up --loss 5', 'netemu: --loss 5: 5 has no unit, did you mean 5%?'],
  [
    'up --delay 10',
    'netemu: --delay 10: 10 has no unit, did you mean 10ms?',
    '  units of time: ns, us, ms, s, min, h',
  ],
  ['up --flow udp:99999', 'netemu: --flow udp:99999: "99999" is more than 65535, the highest port'],
  [
    'up --flow upd:53',
    'netemu: --flow upd:53: unknown protocol "upd", did you mean udp?',
    '  protocols: any, tcp, udp, icmp, sctp, quic, dns, tls',
  ],
  ['up --loss', 'netemu: --loss needs a value', UP_HELP],
  ['up --los 1%', 'netemu: unknown option "--los", did you mean --loss?', UP_HELP],
  ['up -x', 'netemu: unknown option "-x"', UP_HELP],
  [
    'up',
    'netemu: up needs a rule: which packets meet what',
    '  netemu up --flow udp:53 --loss 0.5%',
    "  netemu up 'udp:53 loss 0.5%' 'tcp:443 delay 20ms'",
  ],
  [
    'up udp:53 partition',
    'netemu: "partition" is an argument of its own: a rule is one argument, in quotes',
    "  netemu up 'udp:53 partition'",
  ],
  ['up --loss 1% --for 0s', 'netemu: --for 0s: it would end before it begins'],
  [
    'up --loss 1% --for 60',
    'netemu: --for 60: 60 has no unit, did you mean 60s?',
    '  units of time: ns, us, ms, s, min, h',
  ],
  ['up --loss 1% --memory 5kb', 'netemu: --memory 5kb: 16mib is the least it can work with'],
  ['up --loss 1% --memory 900000gb', 'netemu: --memory 900000gb: this machine has *mb'],
  [
    'up --loss 1% --name 1x',
    'netemu: --name "1x": a name is 1 to 11 characters, a letter first, then letters, digits, "_", "." or "-"',
    '  without --name the first free of n1, n2 … is taken',
  ],
  [
    'up --loss 1% --dev nosuch',
    'netemu: --dev nosuch: there is no device "nosuch"',
    '  there are: *',
  ],
  [
    'up --loss 1% --netns nosuch',
    'netemu: --netns nosuch: there is no network namespace "nosuch"',
    '  *',
  ],
  ['upp', 'netemu: unknown command "upp", did you mean up?', '  netemu --help says what there is'],
  ['--foo', 'netemu: unknown option "--foo"', '  netemu --help says what there is'],
  [
    'status a b',
    'netemu: too many arguments for "status": 1 expected, 2 given',
    '  netemu status --help says what there is',
  ],
  ['status', 'netemu: no instance is running*'],
  ['status n7', 'netemu: there is no instance "n7"; no instance is running*'],
  ['down', 'netemu: no instance is running*'],
  ['down n1 --all', 'netemu: down takes a name or --all, not both'],
  ['set', 'netemu: missing required argument "name"', '  netemu set --help says what there is'],
  ['set n1', 'netemu: there is no instance "n1"; no instance is running*'],
])('netemu %s', async (command, ...lines) => {
  const { exitCode, stdout, stderr } = await netemu(...command.split(' '));
  expect(stdout).toBe('');
  // A star stands for what depends on the machine.
  const [said, expected] = [stderr.trimEnd().split('\n'), lines];
  const isOpen = expected.at(-1)!.endsWith('*');
  expect(isOpen ? said.slice(0, expected.length) : said).toEqual(
    expected.map((line, i) => {
      const [before, after] = line.split('*') as [string, string | undefined];
      if (after === undefined) return line;
      const isThere = said[i]?.startsWith(before) && said[i]?.endsWith(after);
      return isThere ? said[i] : line;
    }),
  );
  expect(exitCode).toBe(2);
});

test('a rule points at the character', async () => {
  const { exitCode, stderr } = await netemu('up', 'udp:53 loss 0.5%', 'udp:53 los 1%');
  expect(exitCode).toBe(2);
  expect(stderr.split('\n').slice(0, 3)).toEqual([
    'netemu: unknown impairment "los", did you mean loss?',
    '  udp:53 los 1%',
    '         ^',
  ]);
});

test.each([
  [
    ['udp:53', '--loss', '50%'],
    'netemu: without --flow the flags would be a rule for all packets, beside the rules given\n' +
      "  put them into a rule, as in 'udp:53 loss 50%', or say --flow any\n",
  ],
  [
    ['--profile', 'lte', 'dns loss 5%'],
    'netemu: without --flow the flags would be a rule for all packets, beside the rules given\n' +
      "  put them into a rule, as in 'dns profile lte', or say --flow any\n",
  ],
  [
    ['--loss', 'up:1%', 'down:2%'],
    'netemu: "down:2%" is neither a rule nor part of a flag\'s value\n' +
      "  a flag's value is one argument: --loss 'every 3', --jitter '5ms unordered', --partition\n",
  ],
  [
    ['--flow', 'udp:53', '--loss', '1%', 'partition'],
    'netemu: "partition" is neither a rule nor part of a flag\'s value\n' +
      "  a flag's value is one argument: --loss 'every 3', --jitter '5ms unordered', --partition\n",
  ],
  [
    ['--loss', 'every', '3'],
    'netemu: "3" is neither a rule nor part of a flag\'s value\n' +
      "  a flag's value is one argument: --loss 'every 3', --jitter '5ms unordered', --partition\n",
  ],
])('rules and flags that would impair everything by a slip: %j', async (args, stderr) => {
  expect(await netemu('up', ...args)).toMatchObject({ exitCode: 2, stderr });
});

test('too many rules', async () => {
  const lines = Array.from({ length: 256 }, (_, i) => `udp:${i + 1} loss 1%`);
  expect(await netemu('up', ...lines, '--flow', 'udp:999', '--loss', '1%')).toMatchObject({
    exitCode: 2,
    stderr: 'netemu: 256 rules are too many, the limit is 255\n',
  });
});

test('help goes to standard output, with examples', async () => {
  for (const args of [['--help'], ['help']]) {
    const { exitCode, stdout, stderr } = await netemu(...args);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Usage: netemu /);
    expect(stdout).toContain('sudo netemu up --flow udp:53 --loss 0.5%');
  }
  for (const command of ['up', 'status', 'set', 'down', 'ps', 'check', 'profiles', 'doctor']) {
    const { exitCode, stdout } = await netemu(command, '--help');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: netemu ${command} `));
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  }
});

test('without a command the help goes to standard error', async () => {
  const { exitCode, stdout, stderr } = await netemu();
  expect([exitCode, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^Usage: netemu /);
});

test('the version is that of the package', async () => {
  const { version } = JSON.parse(fs.readFileSync('package.json', 'utf8'));
  expect(await netemu('--version')).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
});

test('status of the only instance', async () => {
  const instance = new FakeInstance();
  await started(instance);
  const shown = await netemu('status');
  expect(shown.exitCode).toBe(0);
  expect(shown.stdout).toMatch(/^netemu n1 up for 12s on eth0, seed 7f3a9c01, pid \d+\nrule /);
  const json = await netemu('status', '--json');
  expect(JSON.parse(json.stdout)).toEqual(instance.status());
  expect(await netemu('status', 'n1', '--json')).toEqual(json);
});

test('status of several instances', async () => {
  await started(new FakeInstance('n1'), new FakeInstance('n2'));
  expect((await netemu('status')).stdout).toMatch(/^name .*\nn1 .*\nn2 .*\n$/);
  expect((await netemu('status', 'n2')).stdout).toMatch(/^netemu n2 up/);
  expect(await netemu('status', '--json')).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: 'netemu: 2 instances are running: n1, n2\n  say which\n',
  });
});

test('ps', async () => {
  expect(await netemu('ps')).toEqual({
    exitCode: 0,
    stdout: '',
    stderr: 'no instance is running\n',
  });
  expect(await netemu('ps', '--json')).toEqual({ exitCode: 0, stdout: '[]\n', stderr: '' });
  const instances = [new FakeInstance('n1'), new FakeInstance('lab')];
  await started(...instances);
  expect((await netemu('ps')).stdout).toMatch(/^name .*\nlab .*\nn1 .*\n$/);
  const { stdout } = await netemu('ps', '--json');
  expect(JSON.parse(stdout)).toEqual([instances[1]!.status(), instances[0]!.status()]);
});

test('set', async () => {
  const instance = new FakeInstance();
  await started(instance);
  expect(await netemu('set', 'n1', 'udp:53  loss 2.0%', 'tcp delay 5ms')).toEqual({
    exitCode: 0,
    stdout: 'netemu n1 set: udp:53 loss 2%; tcp delay 5ms\n',
    stderr: '',
  });
  expect(instance.rules().map(({ text }) => text)).toEqual(['udp:53 loss 2%', 'tcp delay 5ms']);
  const wrong = await netemu('set', 'n1', 'udp:53 loss 2');
  expect(wrong.exitCode).toBe(2);
  expect(wrong.stderr).toContain('did you mean 2%?');
  const unquoted = await netemu('set', 'n1', 'udp:53', 'loss', '2%');
  expect(unquoted.stderr).toContain("  netemu set n1 'udp:53 loss 2%'\n");
});

test('down --all without instances is done already', async () => {
  expect(await netemu('down', '--all')).toMatchObject({ exitCode: 0 });
});

test('what nobody foresaw is one line, and more on request', async () => {
  const run = async () => {
    const output = new CapturedOutput();
    output.columns = () => {
      throw new TypeError('oops\nsecond line');
    };
    const world = { output, onSignal: () => () => {}, leave: () => {}, exitCode: 0 as const };
    return { exitCode: await runProgram(['--help'], world), stderr: output.stderr };
  };
  const { exitCode, stderr } = await run();
  expect(exitCode).toBe(4);
  expect(stderr).toBe(
    'netemu: internal error: oops (E_INTERNAL)\n  NETEMU_DEBUG=1 shows where it comes from\n',
  );
  vi.stubEnv('NETEMU_DEBUG', '1');
  expect((await run()).stderr).toMatch(/\n +at /);
});

test('a full disk is told, a closed pipe is not', async () => {
  const run = async (code: 'ENOSPC' | 'EPIPE') => {
    const output = new CapturedOutput();
    output.break(code);
    const world = { output, onSignal: () => () => {}, leave: () => {}, exitCode: 0 as const };
    return { exitCode: await runProgram(['ps', '--json'], world), stderr: output.stderr };
  };
  expect(await run('ENOSPC')).toEqual({
    exitCode: 4,
    stderr: 'netemu: cannot write to standard output: no space left on device\n',
  });
  expect(await run('EPIPE')).toEqual({ exitCode: 0, stderr: '' });
});
