/**
 * The device changes under a running `up`: it goes down and comes back, gets another name or address,
 * goes away, or somebody takes netemu's own TAP. Either it goes on under what the device has become,
 * or it ends with a line that says why, exit code 4, and nothing left.
 */
import { expect } from 'vitest';
import { ECHO_PORT, echoes } from '../support/echo.js';
import { differences, readKernelState } from '../support/kernel-watch.js';
import { test } from '../support/live-test.js';
import { ip, type NetnsLab, type Running } from '../support/netns-lab.js';
import { becomes, guardianOf, isGone } from '../support/processes.js';
import { pingUdp, startEcho } from '../support/traffic.js';

const CUT_OFF = ['--flow', `udp:${ECHO_PORT}`, '--partition'];
const PATIENCE_MS = 20_000;

/** Impairment begins a moment after an event, when the chains hook the device again. */
async function expectCutOff(lab: NetnsLab, host = lab.far4): Promise<void> {
  expect(await becomes(async () => !(await echoes(lab, host)), PATIENCE_MS)).toBe(true);
  const before = (await lab.statusSample()).rules[0].out.dropped.partition;
  await echoes(lab, host);
  const after = (await lab.statusSample()).rules[0].out.dropped.partition;
  expect(after - before, 'dropped by the rule, not otherwise').toBe(3);
}

async function expectEnd(running: Running, line: string): Promise<void> {
  const { code, stdout, stderr } = await running.finished;
  expect(stderr).toBe(`${line}\n`);
  expect(stdout).toMatch(/^netemu n1 up on .*\nnetemu n1 down after /);
  expect(code).toBe(4);
}

async function expectNothingLeft(lab: NetnsLab, running: Running, before: string): Promise<void> {
  expect(guardianOf(running.pid)).toBeNull();
  const mine = lab.pids(lab.near).filter((pid) => !isGone(pid));
  expect(mine).toEqual([]);
  const after = await readKernelState(lab.near);
  expect(differences(before, after)).toBe('');
}

test('down and up again: said, and impaired as before', async ({ lab }) => {
  await startEcho(lab, lab.far, lab.far4, ECHO_PORT);
  const before = await readKernelState(lab.near);
  const running = await lab.up(...CUT_OFF);
  await expectCutOff(lab);

  ip('-n', lab.near, 'link', 'set', 'v0', 'down');
  await running.printed(
    /^netemu n1: device v0 is down; its traffic is impaired again when it is up$/m,
  );
  ip('-n', lab.near, 'link', 'set', 'v0', 'up');
  await running.printed(/^netemu n1: device v0 is up again$/m);
  await expectCutOff(lab);

  const { code } = await running.end();
  expect(code).toBe(0);
  expect(await echoes(lab)).toBe(true);
  // Going down has cost the device its IPv6 address, which is not ours to bring back.
  ip('-n', lab.near, 'addr', 'add', `${lab.near6}/64`, 'dev', 'v0', 'nodad');
  await expectNothingLeft(lab, running, before);
});

test('renamed: goes on under the new name', async ({ lab }) => {
  await startEcho(lab, lab.far, lab.far4, ECHO_PORT);
  const running = await lab.up(...CUT_OFF);
  ip('-n', lab.near, 'link', 'set', 'v0', 'down');
  ip('-n', lab.near, 'link', 'set', 'v0', 'name', 'wan');
  ip('-n', lab.near, 'link', 'set', 'wan', 'up');
  await running.printed(/^netemu n1: device v0 is now called wan$/m);
  await expectCutOff(lab);
  expect((await lab.status()).devices).toEqual(['wan']);
  expect((await running.end()).code).toBe(0);
  expect(await echoes(lab)).toBe(true);
});

test('renamed back and forth: the last name holds', async ({ lab }) => {
  await startEcho(lab, lab.far, lab.far4, ECHO_PORT);
  const running = await lab.up(...CUT_OFF);
  ip('-n', lab.near, 'link', 'set', 'v0', 'down');
  for (const [from, to] of [
    ['v0', 'lan'],
    ['lan', 'dmz'],
    ['dmz', 'v0'],
    ['v0', 'wan'],
  ]) {
    ip('-n', lab.near, 'link', 'set', from, 'name', to);
  }
  ip('-n', lab.near, 'link', 'set', 'wan', 'up');
  await expectCutOff(lab);
  expect((await lab.status()).devices).toEqual(['wan']);
  expect((await running.end()).code).toBe(0);
});

test('another MAC address: what comes in still comes in', async ({ lab }) => {
  await startEcho(lab, lab.far, lab.far4, ECHO_PORT);
  await lab.up('--flow', `udp:${ECHO_PORT}`, '--delay', '20ms');
  ip('-n', lab.near, 'link', 'set', 'v0', 'address', '02:00:5e:10:00:01');
  const [first] = await pingUdp(lab, lab.far4, ECHO_PORT, 1);
  expect(first).not.toBeNull();
  const rtts = await pingUdp(lab, lab.far4, ECHO_PORT, 20);
  for (const rtt of rtts) expect(rtt).toBeGreaterThan(39.9);
  const { rules } = await lab.status();
  expect(rules[0].in.passed).toBe(21);
});

test('deleted: ends with the reason', async ({ lab }) => {
  const running = await lab.up(...CUT_OFF);
  ip('-n', lab.near, 'link', 'delete', 'v0');
  await expectEnd(running, 'netemu: device v0 is gone (deleted or moved away)');
  await expectNothingLeft(lab, running, await readKernelState(lab.near));
  expect(await readKernelState(lab.near)).not.toMatch(/netemu|nt0-n1|nr0-n1/);
});

test('moved to another namespace: ends with the reason, and it works there', async ({ lab }) => {
  const running = await lab.up(...CUT_OFF);
  ip('-n', lab.near, 'link', 'set', 'v0', 'netns', lab.far);
  await expectEnd(running, 'netemu: device v0 is gone (deleted or moved away)');
  expect(await readKernelState(lab.near)).not.toMatch(/netemu|nt0-n1|nr0-n1/);
  expect(await readKernelState(lab.far)).not.toMatch(/netemu|ingress/);
});

test('one of two is deleted: goes on with the other', async ({ lab }) => {
  await startEcho(lab, lab.far, '0.0.0.0', ECHO_PORT);
  addSecondPair(lab);
  const running = await lab.up('--dev', 'w0', '--dev', 'v0', ...CUT_OFF);
  await expectCutOff(lab);
  await expectCutOff(lab, '198.19.255.2');
  ip('-n', lab.near, 'link', 'delete', 'w0');
  await running.printed(/^netemu n1: device w0 is gone \(deleted or moved away\)$/m);
  await expectCutOff(lab);
  expect((await lab.status()).devices).toEqual(['v0']);
  expect((await running.end()).code).toBe(0);
  expect(await echoes(lab)).toBe(true);
});

test('both of two are deleted at once: ends with the reason', async ({ lab }) => {
  addSecondPair(lab);
  const running = await lab.up('--dev', 'w0', '--dev', 'v0', ...CUT_OFF);
  ip('netns', 'exec', lab.near, 'sh', '-c', 'ip link delete w0; ip link delete v0');
  const { code, stderr } = await running.finished;
  expect(stderr).toBe(
    'netemu n1: device w0 is gone (deleted or moved away)\n' +
      'netemu: device v0 is gone (deleted or moved away)\n',
  );
  expect(code).toBe(4);
});

test('the name of the namespace is deleted: goes on, and ends in good order', async ({ lab }) => {
  const before = await readKernelState(lab.near);
  const running = await lab.up(...CUT_OFF);
  // Its processes keep the namespace itself; another name lets the test look into it.
  const name = `${lab.near}-again`;
  ip('netns', 'attach', name, String(running.pid));
  ip('netns', 'delete', lab.near);
  try {
    expect((await lab.statusSample()).devices).toEqual(['v0']);
    const { code, stderr } = await running.end();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(differences(before, await readKernelState(name))).toBe('');
  } finally {
    ip('netns', 'delete', name);
    ip('netns', 'add', lab.near); // The lab takes it away.
  }
});

for (const tap of ['nt0-n1', 'nr0-n1']) {
  test(`${tap} is deleted by somebody else: ends, traffic passes`, async ({ lab }) => {
    await startEcho(lab, lab.far, lab.far4, ECHO_PORT);
    const before = await readKernelState(lab.near);
    const running = await lab.up(...CUT_OFF);
    ip('-n', lab.near, 'link', 'delete', tap);
    await expectEnd(running, 'netemu: the way for v0 was taken away, traffic flows untouched');
    expect(await echoes(lab)).toBe(true);
    await expectNoProcess(lab);
    expect(differences(before, await readKernelState(lab.near))).toBe('');
  });
}

async function expectNoProcess(lab: NetnsLab): Promise<void> {
  expect(lab.pids(lab.near).filter((pid) => !isGone(pid))).toEqual([]);
}

/** A second veth: w0 198.19.255.1 in near, w1 198.19.255.2 in far. */
function addSecondPair(lab: NetnsLab): void {
  ip('link', 'add', 'w0', 'netns', lab.near, 'type', 'veth', 'peer', 'w1', 'netns', lab.far);
  for (const [namespace, device, end] of [
    [lab.near, 'w0', 1],
    [lab.far, 'w1', 2],
  ] as const) {
    ip('-n', namespace, 'addr', 'add', `198.19.255.${end}/24`, 'dev', device);
    ip('-n', namespace, 'link', 'set', device, 'up');
  }
}
