/**
 * `netemu gradient` that does not come to its end: interrupted, ended by `down`, killed. What was measured is
 * in its results, but for a kill, and nothing else is left, not even what its probes and demos have started.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import {
  type Ended,
  familyOf,
  PRIVATE,
  REPORTS,
  rulePackets,
  segmentOf,
  startResponder,
  test,
} from '../support/gradient-runs.js';
import type { NetnsLab } from '../support/netns-lab.js';
import { becomes, commandLine, isGone, signal } from '../support/processes.js';
import { rememberState } from '../support/untouched.js';

const PATIENCE_MS = 10_000;
/** Samples of a step of this demo: 2.5 s, in which `netemu down` starts on a busy machine, too. */
const MANY = 2_500;
const DEMO = ['--demo', 'dns', '--steps', 'loss 5%,20%', '--warmup', '0', '--count', String(MANY)];
/** The same of a server on the far side. */
const PORT = 5300;
const probeOf = ({ far4 }: NetnsLab) => [
  ...['--probe', `dns://${far4}:${PORT}/{}.test?timeout=100ms&attempts=2&rate=1000`],
  ...DEMO.slice(2),
];

async function expectGone(pids: readonly number[]): Promise<void> {
  await becomes(() => pids.every(isGone), PATIENCE_MS);
  expect(pids.filter((pid) => !isGone(pid)).map(commandLine)).toEqual([]);
}

/** One of a step that took its time, and of one that was cut in the middle. */
function expectKept({ result, folder, stdout }: Ended): void {
  expect(readdirSync(folder).sort()).toEqual(REPORTS);
  expect(result.complete).toBe(false);
  expect(result.segments.map(({ step, cut }) => [step, cut])).toEqual([
    [0, false],
    [1, true],
  ]);
  expect(segmentOf(result, 0).index).toHaveLength(MANY);
  const { length } = segmentOf(result, 1).index;
  expect(length).toBeGreaterThan(0);
  expect(length).toBeLessThan(MANY);
  expect(stdout).toMatch(/^cut short: 1 of 3 parts /m);
  expect(stdout).toMatch(/^baseline .*\n5% .*\n20% /m);
  expect(stdout).toMatch(/^warning: at 5%: ended early$/m);
  expect(stdout).toMatch(/^warning: at 20%: it was not measured$/m);
  expect(stdout).toMatch(/\nreport: .*report\.html\n$/);
}

test('SIGINT: what was measured is kept, exit code 130', async ({ lab, gradients }) => {
  const untouched = await rememberState(lab);
  const begun = gradients.start(DEMO);
  await rulePackets(lab, 'loss 5%', 300);
  const family = familyOf(begun.running.pid);
  signal(begun.running.pid, 'SIGINT');
  const end = await begun.ended();
  expect({ code: end.code, stderr: end.stderr }).toEqual({ code: 128 + 2, stderr: '' });
  expectKept(end);
  await expectGone(family);
  await untouched.check();
});

for (const place of ['demo', 'up'] as const) {
  test(`down of ${place}: the same, with exit code 4 and the reason`, async ({
    lab,
    gradients,
  }) => {
    await startResponder(lab, PORT, 'good');
    const untouched = await rememberState(lab);
    const begun = gradients.start(place === 'demo' ? DEMO : ['--dev', 'v0', ...probeOf(lab)]);
    await rulePackets(lab, 'loss 5%', 300);
    expect(await lab.netemu('down', 'n1').succeeded()).toMatch(/^netemu n1 down after /);
    const end = await begun.ended();
    expect({ code: end.code, stderr: end.stderr }).toEqual({
      code: 4,
      stderr: 'netemu: the instance was ended by netemu down\n',
    });
    expectKept(end);
    expect(segmentOf(end.result, 1).error).toMatchObject({ code: 'E_ENDED' });
    await untouched.check();
  });
}

test('a second signal ends it at once', async ({ lab, gradients }) => {
  const untouched = await rememberState(lab);
  const pids = join(gradients.folder, 'pids');
  const { running, folder } = gradients.start([
    ...[...PRIVATE, '--count', '1', '--', 'sh', '-c'],
    `trap '' TERM INT; echo $$ >${pids}; while :; do sleep 1; done`,
  ]);
  expect(await becomes(() => pidsIn(pids).length === 1, PATIENCE_MS)).toBe(true);
  const family = familyOf(running.pid);
  signal(running.pid, 'SIGINT');
  // Two of the same kind could reach it as one; the first gives the command a second to end.
  await sleep(100);
  signal(running.pid, 'SIGTERM');
  expect((await running.finished).code).toBe(128 + 15);
  expect(readdirSync(folder)).toEqual([]);
  await expectGone([...family, ...pidsIn(pids)]);
  // It had no time for its files: the next command clears them.
  await lab.netemu('ps').succeeded();
  await untouched.check();
});

test('Ctrl-C on a terminal: a progress bar until then, and all of it kept', async ({
  lab,
  gradients,
}) => {
  const untouched = await rememberState(lab);
  const { words, folder } = gradients.command(...DEMO);
  const line = ['exec', process.execPath, ...words].map((word) => `'${word}'`).join(' ');
  const argv = ['TERM=xterm', 'script', '-qec', line.replace("'exec'", 'exec'), '/dev/null'];
  const running = lab.startTalking(lab.near, 'env', ...argv);
  await rulePackets(lab, 'loss 5%', 300);
  await running.printed(/5%.*\b2 of 3\b|2\/3/);
  running.child.stdin!.write('\x03');
  const end = await running.finished;
  expect(end.code).toBe(128 + 2);
  const result = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'));
  expectKept({ ...end, stdout: end.stdout.replaceAll('\r\n', '\n'), result, folder });
  await untouched.check();
});

test('kill -9 of a demo: its server, its clients and its namespaces go with it', async ({
  lab,
  gradients,
}) => {
  const untouched = await rememberState(lab);
  const before = temporary();
  const ladder = ['--steps', 'loss 50%', '--warmup', '0', '--count', '20', '--seed', '1'];
  const begun = gradients.start(['--demo', 'quic', ...ladder]);
  // At the baseline handshakes are over too quickly to be seen.
  await rulePackets(lab, 'loss 50%', 20);
  const family = familyOf(begun.running.pid);
  const programs = family.map(commandLine).join('\n');
  for (const name of ['prober-main', 'gtlsserver', 'gtlsclient', 'netemu-guardian']) {
    expect(programs).toContain(name);
  }
  await begun.running.end('SIGKILL');
  await expectGone(family);
  await lab.netemu('ps').succeeded();
  await untouched.check();
  // The server's key and pages stay, as nobody is there to remove them; nothing of the handshakes does.
  const left = temporary().filter((name) => !before.includes(name));
  for (const name of left) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  expect(left.filter((name) => !name.startsWith('netemu-quic-'))).toEqual([]);
  expect(left.length).toBeLessThanOrEqual(1);
});

test('kill -9 beside a command: it goes with it, in a namespace of its own or not', async ({
  lab,
  gradients,
}) => {
  const untouched = await rememberState(lab);
  const pids = join(gradients.folder, 'pids');
  // Among devices that are there, processes that the command itself has started may stay.
  const parent = `sleep 1000 & echo $! $$ >>${pids}; sleep 1000; true`;
  const single = `echo $$ >>${pids}; exec sleep 1000`;
  const begun = [
    gradients.start([...PRIVATE, '--count', '1', '--', 'sh', '-c', parent]),
    gradients.start(['--dev', 'v0', '--warmup', '0', '--count', '1', '--', 'sh', '-c', single]),
  ];
  expect(await becomes(() => pidsIn(pids).length === 3, PATIENCE_MS)).toBe(true);
  const families = begun.flatMap(({ running }) => familyOf(running.pid));
  await Promise.all(begun.map(({ running }) => running.end('SIGKILL')));
  await expectGone([...families, ...pidsIn(pids)]);
  for (const { folder } of begun) expect(readdirSync(folder)).toEqual([]);
  await lab.netemu('ps').succeeded();
  await untouched.check();
});

function pidsIn(file: string): number[] {
  try {
    return readFileSync(file, 'utf8').split(/\s+/).filter(Boolean).map(Number);
  } catch {
    return []; // Not yet.
  }
}

function temporary(): string[] {
  return readdirSync(tmpdir()).filter((name) => /^netemu-(?:quic|probe)-/.test(name));
}
