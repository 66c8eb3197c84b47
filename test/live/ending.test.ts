/**
 * Every way in which `up` ends other than being killed: by a signal, by the clock, by `down`, because
 * nobody can read what it says any more, in the background. Each time there is a clear line, the right
 * exit code, and nothing left.
 */
import { linkSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { ECHO_PORT, echoes } from '../support/echo.js';
import { test } from '../support/live-test.js';
import { NETEMU, type NetnsLab, type Running } from '../support/netns-lab.js';
import { becomes, guardianOf, isGone, signal } from '../support/processes.js';
import { pingUdp, startEcho } from '../support/traffic.js';
import { rememberState } from '../support/untouched.js';

const RULE = ['--flow', `udp:${ECHO_PORT}`, '--delay', '5ms'];
const PATIENCE_MS = 20_000;
const SUMMARY =
  /^netemu n1 up on v0, seed \w+: udp:7 delay 5ms\nnetemu n1 down after [\d.]+s\nrule /;

/** `netemu up` as a shell would start it, with what follows it on the line. */
function upInShell(lab: NetnsLab, ...rest: string[]): Running {
  const up = [process.execPath, NETEMU, 'up', '--dev', 'v0', ...RULE, ...rest].join(' ');
  return lab.start(lab.near, 'bash', '-c', up);
}

/** On a terminal of its own, which script(1) makes; what is written to its input is typed. */
function upOnTerminal(lab: NetnsLab): Running {
  const up = `exec ${process.execPath} ${NETEMU} up --dev v0 ${RULE.join(' ')}`;
  return lab.startTalking(lab.near, 'env', 'TERM=xterm', 'script', '-qec', up, '/dev/null');
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${name}: summary, exit code 0`, async ({ lab }) => {
    const untouched = await rememberState(lab);
    const running = await lab.up(...RULE);
    const { code, stdout, stderr } = await running.end(name);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(SUMMARY);
    await untouched.check();
  });
}

test('a second signal ends it at once, and still nothing is left', async ({ lab }) => {
  const untouched = await rememberState(lab);
  const running = await lab.up(...RULE);
  // Two of the same kind could reach it as one.
  signal(running.pid, 'SIGINT');
  signal(running.pid, 'SIGTERM');
  const { code } = await running.finished;
  expect([128 + 2, 128 + 15]).toContain(code);
  await becomes(() => lab.pids(lab.near).length === 0, PATIENCE_MS);
  // It had no time for its files: the next command clears them.
  await lab.netemu('ps').succeeded();
  await untouched.check();
});

test('--for: ends by itself', async ({ lab }) => {
  const untouched = await rememberState(lab);
  const startMs = performance.now();
  const { code, stdout, stderr } = await (await lab.up(...RULE, '--for', '300ms')).finished;
  expect(performance.now() - startMs).toBeGreaterThan(300);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(SUMMARY);
  await untouched.check();
});

test('down: ends it and waits until it is gone', async ({ lab }) => {
  const untouched = await rememberState(lab);
  const running = await lab.up(...RULE);
  const said = await lab.netemu('down').succeeded();
  expect(said).toMatch(/^netemu n1 down after [\d.]+s\nrule /);
  expect(isGone(running.pid)).toBe(true);
  expect((await running.finished).code).toBe(0);
  await untouched.check();
});

test('held packets are released at once', async ({ lab }) => {
  await startEcho(lab, lab.far, lab.far4, ECHO_PORT);
  const running = await lab.up('--flow', `udp:${ECHO_PORT}`, '--delay', 'out:1h');
  const rtts = pingUdp(lab, lab.far4, ECHO_PORT, 10, 1);
  await lab.statusWhen(({ rules }) => rules[0].out.held === 10);
  const { stdout } = await running.end();
  expect(await rtts).not.toContain(null);
  expect(stdout).toMatch(/held 0$/m);
});

test('the disk is full: said, exit code 4', async ({ lab }) => {
  const untouched = await rememberState(lab);
  const { code, stderr } = await upInShell(lab, '> /dev/full').finished;
  expect(stderr).toBe('netemu: cannot write to standard output: no space left on device\n');
  expect(code).toBe(4);
  await untouched.check();
});

test('the reader has gone: no error', async ({ lab }) => {
  const untouched = await rememberState(lab);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: bash expands it.
  const statuses = '| head -n 1; echo "${PIPESTATUS[@]}"';
  const { stdout, stderr } = await upInShell(lab, '--for', '300ms', statuses).finished;
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^netemu n1 up on v0, .*\n0 0\n$/);
  await untouched.check();
});

test('nobody reads from the start: no error', async ({ lab }) => {
  const untouched = await rememberState(lab);
  const { code, stderr } = await upInShell(lab, '> >(exec true)').finished;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  await untouched.check();
});

test('on a terminal one table is kept up to date; Ctrl-C ends it', async ({ lab }) => {
  await startEcho(lab, lab.far, lab.far4, ECHO_PORT);
  const untouched = await rememberState(lab);
  const running = upOnTerminal(lab);
  await running.printed(/udp:7 delay 5ms +out +0 /);
  await pingUdp(lab, lab.far4, ECHO_PORT, 7, 1);
  await running.printed(/udp:7 delay 5ms +out +7 /);
  running.child.stdin!.write('\x03');
  const { code, stdout } = await running.finished;
  expect(code).toBe(0);

  // Each table, and in the end the summary, is written over the one before: the cursor goes up by its lines.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: cursor movements are the matter here.
  const [first, ...redrawn] = stdout.split(/\r\x1b\[(?=\d+A)/);
  expect(redrawn.length).toBeGreaterThan(1);
  const linesOf = (table: string) => table.split('\x1b[K\r\n').length - 1;
  expect(linesOf(first)).toBe(4);
  for (const [i, table] of redrawn.entries()) {
    expect(Number.parseInt(table, 10)).toBe(linesOf(redrawn[i - 1] ?? first));
    // All but the summary begin with the title.
    if (i < redrawn.length - 1) expect(table).toMatch(/^\d+Arule /);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
  expect(redrawn.at(-1)).toMatch(/^\d+A\x1b\[Jnetemu n1 down after [^\x1b]*\n$/);
  await untouched.check();
});

test('Ctrl-C while it starts, which reaches the programs that it runs, too', async ({ lab }) => {
  const untouched = await rememberState(lab);
  for (const afterMs of [200, 350, 500]) {
    const running = upOnTerminal(lab);
    await sleep(afterMs);
    running.child.stdin!.write('\x03');
    const { code, stdout } = await running.finished;
    // Ended by the kernel, interrupted, or live for a moment.
    expect([0, 4, 128 + 2]).toContain(code);
    if (code === 4) expect(stdout).toMatch(/netemu: interrupted before the path was live/);
    expect(stdout).not.toMatch(/^ {4}at |E_INTERNAL|Error:/m);
    await untouched.check();
  }
});

test('the terminal closes', async ({ lab }) => {
  const untouched = await rememberState(lab);
  const running = upOnTerminal(lab);
  await running.printed(/udp:7 delay 5ms +out +0 /);
  await running.end('SIGKILL');
  await untouched.check();
});

test('-d returns when the path is live, and is reached by the other commands', async ({ lab }) => {
  await startEcho(lab, lab.far, lab.far4, ECHO_PORT);
  const untouched = await rememberState(lab);
  const started = await lab.netemu('up', '--dev', 'v0', ...RULE, '-d').finished;
  expect(started.stdout).toMatch(/^netemu n1 up on v0, seed \w+: udp:7 delay 5ms\n$/);
  expect({ code: started.code, stderr: started.stderr }).toEqual({ code: 0, stderr: '' });

  const rtts = await pingUdp(lab, lab.far4, ECHO_PORT, 5);
  for (const rtt of rtts) expect(rtt).toBeGreaterThan(9.9);
  expect(await lab.netemu('status').succeeded()).toMatch(
    /^netemu n1 up for .* on v0, seed \w+, pid \d+\n.*\nudp:7 delay 5ms +out +5 /,
  );
  expect(await lab.netemu('ps').succeeded()).toMatch(/^name .*\nn1 +\d+ .* v0 +10 .*delay 5ms\n$/);
  await lab.set('n1', `udp:${ECHO_PORT} partition`);
  expect(await echoes(lab)).toBe(false);

  expect(await lab.netemu('down').succeeded()).toMatch(/^netemu n1 down after /);
  expect((await pingUdp(lab, lab.far4, ECHO_PORT, 1))[0]).toBeLessThan(9.9);
  await untouched.check();
});

test('-d: what the child fails with is told as our own', async ({ lab }) => {
  await lab.up(...RULE);
  const fail = async (...args: string[]) => {
    const { code, stdout, stderr } = await lab.netemu('up', '-d', '--dev', 'v0', ...args).finished;
    return { code, stdout, stderr };
  };
  expect(await fail('tcp loss 1%', '--name', 'n1')).toEqual({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(
      /^netemu: --name n1: an instance of that name is running \(pid \d+\)\n {2}netemu down n1 stops it; .*\n$/,
    ),
  });
  expect(await fail('udp loss 1%')).toEqual({
    code: 2,
    stdout: '',
    stderr:
      'netemu: "udp" overlaps the rule "udp:7 delay 5ms" of the instance n1 on v0\n' +
      '  netemu set n1 RULE... changes its rules, netemu down n1 ends it\n',
  });
  await lab.netemu('down').succeeded();
  lab.run(lab.near, 'ip', 'link', 'set', 'v0', 'down');
  expect(await fail('udp loss 1%')).toEqual({
    code: 3,
    stdout: '',
    stderr: 'netemu: the device v0 is down\n  sudo ip link set v0 up\n',
  });
  expect(readdirSync(lab.runtimeDir)).toEqual(['lock']);
  expect(lab.pids(lab.near)).toEqual([]);
});

test('what a killed instance has left is cleared by the next command', async ({ lab }) => {
  const untouched = await rememberState(lab);
  const running = await lab.up(...RULE);
  const guardian = guardianOf(running.pid)!;
  await running.end('SIGKILL');
  expect(await becomes(() => isGone(guardian), PATIENCE_MS)).toBe(true);
  const left = readdirSync(lab.runtimeDir).filter((file) => file !== 'lock');
  expect(left.sort()).toEqual(['n1.pid', 'n1.sock']);
  // Under second names they outlive the command that clears them, and are there again for the next one.
  const kept = mkdtempSync(join(tmpdir(), 'netemu-test-'));
  onTestFinished(() => rmSync(kept, { recursive: true }));
  const link = (from: string, to: string) =>
    left.forEach((file) => {
      linkSync(join(from, file), join(to, file));
    });
  link(lab.runtimeDir, kept);
  const nobody = 'netemu: no instance is running\n';
  const named = 'netemu: there is no instance "n1"; no instance is running\n';
  for (const [args, code, stderr] of [
    [['ps'], 0, 'no instance is running\n'],
    [['status'], 2, nobody],
    [['status', 'n1'], 2, named],
    [['set', 'n1', 'udp loss 1%'], 2, named],
    [['down', 'n1'], 2, named],
    [['down', '--all'], 0, 'no instance is running\n'],
  ] as const) {
    const ended = await lab.netemu(...args).finished;
    expect({ args, ...ended }).toMatchObject({ args, code, stdout: '', stderr });
    await untouched.check();
    link(kept, lab.runtimeDir);
  }
  // The name is free again.
  await (await lab.up(...RULE)).end();
  await untouched.check();
});
