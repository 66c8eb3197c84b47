/**
 * `--record`: what is in the file is what happened, as other programs read it; what befalls the file (a kill, a
 * full disk, a name that cannot be) befalls nothing else. That replays come to the same verdicts is for
 * verified-recordings.test.ts.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import type { InstanceStatus, RuleStatus } from '../../src/control/types.js';
import { readEnd, readHeader } from '../../src/pcap/recording/header.js';
import { readCapture } from '../support/capture-reading.js';
import { startDnsmasq } from '../support/dns.js';
import { NETEMU, type NetnsLab } from '../support/netns-lab.js';
import { test } from '../support/run-lab.js';
import { blockComment, commentOf } from '../support/test-recording.js';
import { pingUdp, startEcho } from '../support/traffic.js';
import { capinfos, tool } from '../support/wireshark.js';

const ECHO_PORT = 7;
/** For answers that were lost. */
const PATIENCE_MS = 500;
const NOBODY = 65534;

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'netemu-recording-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The fields of each packet as tshark reads them. */
function fieldsOf(file: string, ...fields: string[]): string[][] {
  const names = fields.flatMap((field) => ['-e', field]);
  const checks = ['tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
  const text = tool('tshark', '-n', '-r', file, ...checks, '-T', 'fields', ...names);
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => line.split('\t'));
}

/** By rule, direction and what became of them, how many packets the comments tell of. */
function tally(comments: readonly string[], pattern: RegExp): number {
  return comments.filter((comment) => pattern.test(comment)).length;
}

async function verified(lab: NetnsLab, file: string): Promise<void> {
  const args = [NETEMU, 'replay', file, '--verify'];
  const { code, stderr } = await lab.start(lab.near, process.execPath, ...args).finished;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

/** What is said on standard output in the end. */
function lastStatus(stdout: string): InstanceStatus {
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

test('a storm of queries: each packet with its verdict, as other programs read it', async ({
  lab,
}) => {
  const file = join(newFolder(), 'dns.pcapng');
  writeFileSync(file, 'what was there before');
  await startDnsmasq(lab, lab.far, lab.far4, lab.far6);
  const startNs = BigInt(Date.now()) * 1_000_000n;
  const rules = ['udp:53 loss 20% delay 3ms jitter 2ms duplicate 20%', 'tcp:53 duplicate 50%'];
  const up = await lab.up(...rules, '--seed', '7', '--json', '--record', file);
  const dig = 'dig +tries=1 +time=1 +short';
  const script = `for i in $(seq 40); do ${dig} @${lab.far4} x$i.test & ${dig} @${lab.far6} y$i.test &
    ${dig} +tcp @${lab.far4} z$i.test & sleep 0.01; done; wait`;
  await lab.start(lab.near, 'sh', '-c', script).finished;
  // Let what is held leave: in the end it would count as passed, and stand in the file as held.
  await lab.statusWhen(({ rules }) => rules.every((rule) => rule.out.held + rule.in.held === 0));
  const { stdout, stderr, code } = await up.end('SIGINT');
  const endNs = BigInt(Date.now()) * 1_000_000n;
  expect({ code, stderr: stderr.trim().split('\n').length }).toEqual({ code: 0, stderr: 1 });
  const status = lastStatus(stdout);
  const count = status.rules.reduce((sum, rule) => sum + rule.out.seen + rule.in.seen, 0);
  expect(count).toBeGreaterThan(400);
  expect(status.recording).toEqual({
    file,
    packets: count,
    bytes: statSync(file).size,
    lost: 0,
    failure: null,
  });

  expect(Object.values(capinfos(file)[0])).toContain(String(count));
  const fields = fieldsOf(
    file,
    'frame.time_epoch',
    'frame.interface_name',
    'udp.checksum.status',
    'tcp.checksum.status',
    'frame.comment',
  );
  expect(fields).toHaveLength(count);
  const times = fields.map(([time]) => BigInt(time.replace('.', '')));
  expect(times.every((ns) => ns > startNs && ns < endNs)).toBe(true);
  // 1 is good: those that netemu got unfinished, too.
  expect(fields.filter(([, , udp, tcp]) => udp + tcp !== '1')).toEqual([]);
  const comments = fields.map(([, name, , , comment]) => `${name} ${comment}`);
  const expectCounts = (rule: RuleStatus, name: string) => {
    for (const direction of ['out', 'in'] as const) {
      const { seen, dropped, duplicated } = rule[direction];
      const of = (what: string) =>
        tally(comments, new RegExp(`^v0 ${direction} netemu ${what}; rule ${name},`));
      expect([of('.*'), of('dropped by loss'), of('.*, copy after [\\d.]+ ms')]).toEqual([
        seen,
        dropped.loss,
        duplicated,
      ]);
      expect(of('left after [1-9][\\d.]* ms \\(jitter\\).*')).toBe(
        name === 'udp:53' ? seen - dropped.loss : 0,
      );
    }
  };
  expectCounts(status.rules[0], 'udp:53');
  expectCounts(status.rules[1], 'tcp:53');
  await verified(lab, file);
});

test('run: super-packets as they are on the wire, and rules that change', async ({ lab, runs }) => {
  const file = join(newFolder(), 'run.pcapng');
  const report = join(lab.runtimeDir, 'report.json');
  const server = lab.start(lab.far, 'iperf3', '-s', '--forceflush');
  await server.printed(/listening/);
  const iperf = `iperf3 -c ${lab.far4} -n 3M`;
  const { code, stderr } = await runs.script(
    ['tcp loss 0.5%', '--seed', '1', '--record', file, '--report', report],
    `${iperf} && ${process.execPath} ${NETEMU} set "$NETEMU_NAME" 'tcp loss 1% delay 1ms' 'icmp' && ${iperf} -R`,
  );
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/\nrecorded [\d,]+ packets, [\d.]+MiB: .*run\.pcapng\n/);
  const { recording, rules } = JSON.parse(readFileSync(report, 'utf8')) as InstanceStatus;
  const { packets, sections, interfaces, blocks, fault } = readCapture(readFileSync(file));
  expect(fault).toBeNull();
  expect(recording).toMatchObject({ packets: packets.length, lost: 0, failure: null });
  // Each end gives up what it has not sent when it has written all.
  expect(packets.length).toBeGreaterThan(2_000);
  // Counters of changed rules begin anew.
  const later = packets.filter((packet) => interfaces[packet.interface].section === 1);
  expect(tally(later.map(commentOf), /; rule tcp,/)).toBe(rules[0].out.seen + rules[0].in.seen);
  expect(Math.max(...packets.map(({ data }) => data.length))).toBe(1_500);
  expect(fieldsOf(file, 'tcp.checksum.status').every(([status]) => status === '1')).toBe(true);
  expect(sections.map(({ comments }) => readHeader(comments))).toMatchObject([
    { seed: '1', source: { rules: ['tcp loss 0.5%'] }, continues: false },
    { seed: '1', source: { rules: ['tcp loss 1% delay 1ms', 'icmp'] }, continues: true },
  ]);
  expect(interfaces.map(({ name }) => name.replace(/^\S+ /, ''))).toEqual([
    'out',
    'in',
    'out',
    'in',
  ]);
  expect(readEnd(blockComment(blocks.at(-1)!))).toMatchObject({ packets: packets.length, lost: 0 });
  await verified(lab, file);
});

test('a kill leaves what was there a second ago', async ({ lab }) => {
  const file = join(newFolder(), 'killed.pcapng');
  await startEcho(lab, lab.far, lab.far4, ECHO_PORT);
  const up = await lab.up('udp loss 5% delay 2ms', '--record', file);
  await pingUdp(lab, lab.far4, ECHO_PORT, 100, 1, lab.near, PATIENCE_MS);
  const { recording } = await lab.statusWhen(({ recording }) => recording!.packets > 150);
  await sleep(1_000);
  await up.end('SIGKILL');
  const { packets, sections, blocks } = readCapture(readFileSync(file));
  expect(packets.length).toBeGreaterThanOrEqual(recording!.packets);
  expect(readHeader(sections[0].comments)).toMatchObject({ continues: false });
  expect(packets.map(commentOf).every((comment) => comment.startsWith('netemu '))).toBe(true);
  // It does not say that it is whole.
  expect(blocks).toEqual([]);
  expect(capinfos(file)).toHaveLength(1);
});

test('a full disk ends the recording, not the run', async ({ lab, runs }) => {
  await startEcho(lab, lab.far, lab.far4, ECHO_PORT);
  const up = await lab.up('udp loss 5%', '--record', '/dev/full');
  await pingUdp(lab, lab.far4, ECHO_PORT, 50, 1, lab.near, PATIENCE_MS);
  const { recording } = await lab.statusWhen(({ recording }) => recording!.failure !== null);
  expect(recording).toMatchObject({ file: '/dev/full', bytes: 0 });
  const answers = await pingUdp(lab, lab.far4, ECHO_PORT, 50, 1, lab.near, PATIENCE_MS);
  expect(answers.filter((ms) => ms !== null).length).toBeGreaterThan(20);
  const { code, stdout, stderr } = await up.end('SIGINT');
  expect(code).toBe(4);
  const notices = stderr.match(/netemu n1: nothing more is recorded in \/dev\/full: .*ENOSPC.*\n/g);
  expect(notices).toHaveLength(1);
  expect(stderr).toMatch(/the recording \/dev\/full broke off: .*ENOSPC/);
  expect(stdout).toMatch(/\nnote: nothing more is recorded: .*ENOSPC/);
  expect(stdout).toMatch(/\nnote: \d+ packets not recorded, or not to the end/);
  const run = await runs.script(['--record', '/dev/full'], 'exit 0');
  expect(run).toMatchObject({ code: 4, stderr: expect.stringContaining('broke off') });
});

test('names that cannot be are refused before anything begins', async ({ lab, runs }) => {
  const folder = newFolder();
  for (const name of ['-', folder, join(folder, 'none', 'a.pcapng')]) {
    const up = await lab.netemu('up', '--dev', 'v0', 'udp', '--record', name).finished;
    expect(up).toMatchObject({ code: 2, stdout: '' });
    expect(up.stderr).toMatch(/^netemu: cannot record to .*: /);
    const run = await runs.script(['--record', name], 'echo begun');
    expect(run).toMatchObject({ code: 2, stdout: '' });
  }
});

test('in the background, by a relative name, for who typed sudo', async ({ lab }) => {
  const file = join(newFolder(), 'a.pcapng');
  lab.setVariable('SUDO_UID', String(NOBODY));
  lab.setVariable('SUDO_GID', String(NOBODY));
  const args = ['up', '-d', '--dev', 'v0', `icmp@${lab.far4} delay 1ms`, '--record'];
  await lab.netemu(...args, relative(process.cwd(), file)).succeeded();
  lab.run(lab.near, 'ping', '-nqc', '3', '-i', '0.01', lab.far4);
  await lab.statusWhen(({ recording }) => recording?.packets === 6);
  expect((await lab.status()).recording).toMatchObject({ file, lost: 0 });
  await lab.netemu('down', 'n1').succeeded();
  expect(statSync(file)).toMatchObject({ uid: NOBODY, gid: NOBODY });
  const comments = readCapture(readFileSync(file)).packets.map(commentOf);
  expect(comments).toHaveLength(6);
  expect(tally(comments, /^netemu left after 1 ms \(delay\); rule icmp@/)).toBe(6);
});
