/**
 * Programs as people use them, as commands of `netemu run`: each works, and the link between it and the rest
 * is the one that was asked for. What the command itself finds is in run-basics.test.ts.
 */
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { HeldRun } from '../support/held-run.js';
import { NETEMU, PROGRAMS } from '../support/netns-lab.js';
import { QUIC_PORT, QuicSite } from '../support/quic-site.js';
import { test } from '../support/run-lab.js';
import { range } from '../support/traffic.js';

/** Of the link, in the command's namespace. */
const NEAR_END4 = '198.19.255.2';
const NEAR_END6 = 'fd00:6e65:ffff::2';
/** In the caller’s, or of the responder. */
const FAR_END4 = '198.19.255.1';
const FAR_END6 = 'fd00:6e65:ffff::1';

/** What a lost query or SYN costs its sender. */
const RETRY_MS = 1_000;

test('dig, getent: the first packet of each flow is lost, and tried again', async ({
  lab,
  runs,
}) => {
  // With a new port for each try, as dig has it by default, each try is a flow of its own.
  const script = `
    dig -b 0.0.0.0#40053 +tries=3 +time=1 +short www.example.test 2>/dev/null | tail -n 1 >"$0.udp" &
    dig +tcp +time=10 +short www.example.test AAAA >"$0.tcp" &
    RES_OPTIONS='timeout:1 attempts:3' getent ahostsv4 www.example.test >"$0.libc" &
    wait; cat "$0.udp" "$0.tcp"; cut -d ' ' -f 1 "$0.libc" | sort -u; echo done; read -r _`;
  const command = ['sh', '-c', script, join(lab.runtimeDir, 'answer')];
  const startMs = performance.now();
  const running = runs.startTalking(['--private', 'dns loss up:first 1', '--', ...command]);
  await running.printed(/^done$/m);
  expect(performance.now() - startMs).toBeGreaterThan(RETRY_MS);
  expect((await lab.statusSample()).rules[0].out.dropped.loss).toBe(3);
  running.child.stdin!.end('\n');
  expect(await running.succeeded()).toBe(`${FAR_END4}\n${FAR_END6}\n${FAR_END4}\ndone\n`);
});

test('curl and ping, by IPv4, IPv6 and name: each way takes its time', async ({ runs }) => {
  const { stdout, stderr } = await runs.script(
    ['-q', '--private', '--delay', '40ms'],
    `for host in 192.0.2.9 '[2001:db8::9]' www.example.test; do
       curl -sS -w '%{time_connect} %{time_starttransfer}\n' "http://$host/ip"
     done
     curl -sS -4 http://www.example.test/ip; curl -sS -6 http://www.example.test/ip
     for host in 192.0.2.9 2001:db8::9; do ping -nc 1 -W 5 $host | grep -o 'time=.*'; done`,
  );
  expect(stderr).toBe('');
  const lines = stdout.split('\n');
  expect([0, 2, 6, 7].map((i) => lines[i])).toEqual([NEAR_END4, NEAR_END6, NEAR_END4, NEAR_END6]);
  // Connection, then request and answer; with a name, its query before that.
  const [by4, by6, byName] = [1, 3, 5].map((i) => lines[i].split(' ').map(Number));
  for (const [connectSeconds, answerSeconds] of [by4, by6]) {
    expect(connectSeconds).toBeGreaterThanOrEqual(0.08);
    expect(answerSeconds).toBeGreaterThanOrEqual(0.16);
  }
  expect(byName[0]).toBeGreaterThanOrEqual(0.16);
  for (const line of lines.slice(8, 10)) {
    expect(Number(/^time=([\d.]+) ms$/.exec(line)?.[1])).toBeGreaterThanOrEqual(80);
  }
});

test('gtlsclient: a QUIC server in the caller’s own namespace', async ({ lab, runs }) => {
  const quic = new QuicSite(lab, 300_000);
  onTestFinished(() => quic.close());
  await quic.serve('*', lab.near);
  for (const address of [lab.near4, FAR_END6]) {
    const client = quic.client('www.example.test', { address });
    const options = [`udp:${QUIC_PORT} delay 10ms loss 2%`, '--seed', 'quic'];
    const held = await HeldRun.start(runs, options, ...client.command);
    const { isConnected, isComplete, log } = client.outcome(held.stdout + held.stderr);
    expect([isConnected, isComplete], log).toEqual([true, true]);
    const { out, in: inward } = (await lab.statusSample()).rules[0];
    expect(out.delayed).toBe(out.passed);
    expect(inward.bytes).toBeGreaterThan(300_000);
    expect(inward.dropped.loss).toBeGreaterThan(0);
    await held.letGo();
  }
});

test('a long session: each line comes back, in order and late, also when the rule changes', async ({
  lab,
  runs,
}) => {
  const session = [process.execPath, join(PROGRAMS, 'tcp-lines.mjs'), '192.0.2.9', '7', '100'];
  const options = ['-q', '--private', 'tcp:7 delay 50ms'];
  const running = runs.startTalking([...options, '--', ...session]);
  await running.printed(/^line 9$/m);
  const linesNow = () => running.stdout.split('\n').length - 1;
  const before = linesNow();
  await lab.set('n1', 'tcp:7 delay 150ms');
  // Some that were sent before are still under way.
  const after = linesNow() + 5;
  await running.printed(new RegExp(`^line ${after + 5}$`, 'm'));
  running.child.stdin!.end();
  const lines = (await running.succeeded()).trimEnd().split('\n');
  const { rttsMs }: { rttsMs: number[] } = JSON.parse(lines.pop()!);
  expect(lines).toEqual(range(lines.length).map((i) => `line ${i}`));
  expect(rttsMs).toHaveLength(lines.length);
  expect(Math.min(...rttsMs.slice(0, before))).toBeGreaterThanOrEqual(100);
  expect(Math.min(...rttsMs.slice(after))).toBeGreaterThanOrEqual(300);
});

test('a command that forks: its children share the link, and it waits for them', async ({
  lab,
  runs,
}) => {
  const script = `for size in 1000 2000 3000; do
      (setsid --wait sh -c "curl -sS http://192.0.2.9/bytes/$size | wc -c"; exit $((size / 1000))) &
      pids="$pids $!"
    done
    for pid in $pids; do wait "$pid"; codes="$codes $?"; done
    echo "codes$codes"; read -r _; exit 9`;
  const running = runs.startTalking(['-q', '--private', 'tcp:80', '--', 'sh', '-c', script]);
  await running.printed(/^codes/m);
  // Of each child: SYN, acknowledgement, request, FIN.
  expect((await lab.statusSample()).rules[0].out.seen).toBeGreaterThanOrEqual(3 * 4);
  running.child.stdin!.end('\n');
  const { code, stdout } = await running.finished;
  const lines = stdout.trimEnd().split('\n');
  expect(code).toBe(9);
  expect(lines.pop()).toBe('codes 1 2 3');
  expect(lines.sort()).toEqual(['1000', '2000', '3000']);
});

test('--private where the caller has no network at all', async ({ lab }) => {
  const run = [process.execPath, NETEMU, 'run', '-q', '--private', '--loss', '1%', '--seed', '1'];
  const script = 'for i in 4 6; do curl -sS -$i http://www.example.test/ip; done';
  const ran = lab.start(lab.near, 'unshare', '--net', ...run, '--', 'sh', '-c', script);
  expect(await ran.finished).toMatchObject({
    code: 0,
    stdout: `${NEAR_END4}\n${NEAR_END6}\n`,
    stderr: '',
  });
});
