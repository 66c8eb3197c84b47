/**
 * The way out of a `netemu run` is for its command alone: what others on the uplink's network reach, with runs
 * of several runtime directories side by side; and what a command is handed besides.
 */
import { execFileSync } from 'node:child_process';
import { chownSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { ip, NETEMU, type NetnsLab } from '../support/netns-lab.js';
import { BEGUN, test } from '../support/run-lab.js';
import { rememberState } from '../support/untouched.js';

const NEAR_END = '198.19.255.2';
const FAR_END = '198.19.255.1';
const FAR_END6 = 'fd00:6e65:ffff::1';
const OTHER_HOST = '203.0.113.1';
const NOBODY = 65534;

function reaches(lab: NetnsLab, from: string, address: string): boolean {
  try {
    lab.run(from, 'ping', '-nqc', '1', '-W', '0.4', address);
    return true;
  } catch {
    return false;
  }
}

/** A second network of near's, and far as a neighbour that knows the ways to it and to the runs. */
function connectNeighbour(lab: NetnsLab): void {
  lab.run(
    lab.near,
    'sh',
    '-c',
    `ip link add other type veth peer name beyond
     sysctl -qw net.ipv6.conf.other.disable_ipv6=1 net.ipv6.conf.beyond.disable_ipv6=1
     ip addr add 203.0.113.2/24 dev other; ip link set other up; ip link set beyond up
     ip neigh add ${OTHER_HOST} lladdr 02:00:00:00:00:01 dev other`,
  );
  ip('-n', lab.far, 'route', 'add', '198.19.0.0/16', 'via', lab.near4);
  ip('-n', lab.far, 'route', 'add', '203.0.113.0/24', 'via', lab.near4);
  ip('-n', lab.far, 'route', 'add', 'fd00:6e65:ffff::/64', 'via', lab.near6);
}

/** Whether a packet of far's comes out on near's second network, where nobody answers. */
function crosses(lab: NetnsLab): boolean {
  const sent = () =>
    Number(lab.run(lab.near, 'cat', '/sys/class/net/other/statistics/tx_packets').trim());
  const before = sent();
  reaches(lab, lab.far, OTHER_HOST);
  return sent() > before;
}

function neighbourReaches(lab: NetnsLab) {
  return {
    command: reaches(lab, lab.far, NEAR_END),
    farEnd: reaches(lab, lab.far, FAR_END),
    farEnd6: reaches(lab, lab.far, FAR_END6),
    other: crosses(lab),
  };
}

const NOTHING = { command: false, farEnd: false, farEnd6: false, other: false };

test('neighbours reach neither the command, nor its far end, nor other networks', async ({
  lab,
  runs,
}) => {
  connectNeighbour(lab);
  const untouched = await rememberState(lab);
  const first = runs.start('--uplink', 'other', '--', 'sleep', '1000');
  await first.printed(BEGUN);
  expect(reaches(lab, lab.near, NEAR_END)).toBe(true);
  expect(neighbourReaches(lab)).toEqual(NOTHING);

  // Of another directory: it shares the uplink, reaches the first, and goes on when that has ended.
  const directory = { NETEMU_RUNTIME_DIR: `${lab.runtimeDir}-other` };
  const script = `ping -nqc 1 -W 5 ${NEAR_END} >/dev/null && echo first; read -r _
    ping -nqc 1 -W 5 ${lab.far4} >/dev/null && echo world`;
  const second = runs.startTalking(['--name', 'second', '--', 'sh', '-c', script], directory);
  await second.printed(/^first$/m);
  await first.end();
  expect(runs.forwarding()).toBe('1');
  expect(neighbourReaches(lab)).toEqual(NOTHING);
  second.child.stdin!.end('\n');
  expect(await second.finished).toMatchObject({ code: 0, stdout: 'first\nworld\n' });
  rmSync(directory.NETEMU_RUNTIME_DIR, { recursive: true });
  await untouched.check();
});

test('what was a router before goes on as one', async ({ lab, runs }) => {
  connectNeighbour(lab);
  expect(crosses(lab)).toBe(false);
  lab.sysctl(lab.near, 'net.ipv4.ip_forward', 1);
  const untouched = await rememberState(lab);
  const running = runs.start('--uplink', 'other', '--', 'sleep', '1000');
  await running.printed(BEGUN);
  expect(neighbourReaches(lab)).toEqual({ ...NOTHING, other: true });
  await running.end();
  await untouched.check();
});

test('descriptors of the caller; reports on what is no new file', async ({ lab, runs }) => {
  const script = `${process.execPath} ${NETEMU} run -q -- cat <(echo handed over)`;
  expect(await lab.start(lab.near, 'bash', '-c', script).succeeded()).toBe('handed over\n');

  const sudo = { SUDO_UID: `${NOBODY}`, SUDO_GID: `${NOBODY}` };
  const old = `${lab.runtimeDir}-old.json`;
  writeFileSync(old, 'what was there');
  chownSync(old, 0, 0);
  await runs.startTalking(['-q', '--private', '--report', old, '--', 'true'], sudo).succeeded();
  expect(JSON.parse(readFileSync(old, 'utf8'))).toMatchObject({ kind: 'run' });
  expect(statSync(old).uid).toBe(0);
  rmSync(old);

  const pipe = `${lab.runtimeDir}-pipe`;
  execFileSync('mkfifo', [pipe]);
  const reader = lab.start(lab.near, 'cat', pipe);
  await runs.startTalking(['-q', '--private', '--report', pipe, '--', 'true'], sudo).succeeded();
  expect(JSON.parse(await reader.succeeded())).toMatchObject({ kind: 'run' });
  expect(statSync(pipe).uid).toBe(0);
  rmSync(pipe);
});
