/**
 * `netemu gradient` on devices that are there and in a namespace of its own, with probes and with a command:
 * it meets the probe's traffic and no other, follows its plan, and what it was asked to assert decides how
 * it ends.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { GradientResult } from '../../src/gradient/result.js';
import { NAME, startDnsmasq } from '../support/dns.js';
import { ECHO_PORT } from '../support/echo.js';
import { failuresOf, PRIVATE, REPORTS, segmentOf, test } from '../support/gradient-runs.js';
import { ip } from '../support/netns-lab.js';
import { pingUdp, startEcho } from '../support/traffic.js';
import { rememberState } from '../support/untouched.js';

const LOOKUPS = 30;
/** Nothing of these is lost: what takes longer is a busy machine's. */
const ASK = '?timeout=2s&attempts=1&rate=100';
/** What all of whose lookups fail waits for. */
const ASK_SHORTLY = '?timeout=200ms&attempts=1&rate=100';

function valuesOf(result: GradientResult, name: string): (number | null)[] {
  return result.segments.flatMap(({ values }) => values[name]!);
}

test('up: IPv4 and IPv6 at once, and only what the probe sends', async ({ lab, gradients }) => {
  await startDnsmasq(lab, lab.far, lab.far4, lab.far6);
  await startEcho(lab, lab.far, lab.far4, ECHO_PORT);
  const untouched = await rememberState(lab);
  const measure = (server: string, ...place: string[]) => {
    const probe = ['--probe', `dns://${server}/${NAME}${ASK_SHORTLY}`];
    const size = ['--count', String(LOOKUPS), '--steps', 'loss 100%', '--warmup', '0'];
    return gradients.start([...place, ...probe, ...size], place.length > 2 ? lab.far : lab.near);
  };
  const both = [
    measure(lab.far4, '--dev', 'v0'),
    measure(`[${lab.far6}]`, '--dev', 'v0', '--netns', lab.near),
  ];
  // As long as they are being measured, packets of others pass.
  let isOver = false;
  const all = Promise.all(both.map((each) => each.ended())).finally(() => {
    isOver = true;
  });
  const echoes: (number | null)[] = [];
  while (!isOver) echoes.push(...(await pingUdp(lab, lab.far4, ECHO_PORT, 20, 20)));
  expect(echoes.length).toBeGreaterThan(20);
  expect(echoes).not.toContain(null);
  for (const [at, { code, stderr, result }] of (await all).entries()) {
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const address = [lab.far4, lab.far6][at];
    expect(result).toMatchObject({ rule: expect.stringMatching(/^udp:53@/), complete: true });
    expect(result.rule).toContain(address);
    expect(result.place).toMatchObject({ kind: 'up', devices: ['v0'] });
    expect(failuresOf(result)).toEqual([{}, { timeout: LOOKUPS }]);
    const { out } = segmentOf(result, 1).traffic!;
    expect(out).toMatchObject({ seen: LOOKUPS, passed: 0, dropped: { loss: LOOKUPS } });
    const ideal = segmentOf(result, 0).traffic!;
    expect([ideal.out.seen, ideal.in.seen]).toEqual([LOOKUPS, LOOKUPS]);
  }
  await untouched.check();
});

test('run: a command’s numbers, by step and round; it sees the way out', async ({
  lab,
  gradients,
}) => {
  ip('-n', lab.near, 'route', 'add', 'default', 'via', lab.far4);
  const untouched = await rememberState(lab);
  const script = `[ "$NETEMU_NAME" = n1 ] || exit 9
    echo "{\\"step\\": $NETEMU_STEP, \\"label\\": \\"$NETEMU_LABEL\\"}"; echo 'no number'
    echo "{\\"round\\": $NETEMU_ROUND, \\"sample\\": $NETEMU_SAMPLE}"; ping -nqc 1 -W 5 ${lab.far4}`;
  const { code, stdout, stderr, result } = await gradients.run(
    ...['icmp', '--run', '--warmup', '0', '--steps', 'delay 10ms,20ms', '--count', '2'],
    ...['--order', 'interleaved', '--repeat', '2', '--', 'sh', '-c', script],
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(result.place).toMatchObject({ kind: 'run', isPrivate: false });
  expect(failuresOf(result)).toEqual([{}, {}, {}]);
  const turns = result.segments.map(({ step, round }) => [step, round]);
  const expected = [0, 1].flatMap((round) => [0, 1, 2].map((step) => [step, round]));
  expect(turns).toEqual(expected);
  // Each is run twice.
  expect(valuesOf(result, 'step')).toEqual(expected.flatMap(([step]) => [step, step]));
  expect(valuesOf(result, 'round')).toEqual(expected.flatMap(([, round]) => [round, round]));
  expect(valuesOf(result, 'sample')).toEqual(expected.flatMap(() => [0, 1]));
  // There and back.
  for (const { step, values } of result.segments) {
    for (const ms of values.duration!) expect(ms).toBeGreaterThanOrEqual([0, 20, 40][step]!);
  }
  expect(stdout).toMatch(/^baseline .*\n10ms .*\n20ms /m);
  await untouched.check();
});

test('--precision: each step has the samples that its expected share needs', async ({
  gradients,
}) => {
  const { code, result } = await gradients.run(
    ...[...PRIVATE, '--precision', '50%', '--steps', 'loss 3%,30%'],
    ...['--probe', 'dns://198.19.255.1/{}.test?timeout=100ms&retry=single&rate=500'],
  );
  expect(code).toBe(0);
  // (1.96 / 0.5)² (1 − P) / P of P = 1 − 0.97²; at least 100; the baseline as many as the most.
  const needed = Math.ceil((1.96 / 0.5) ** 2 * (0.97 ** 2 / (1 - 0.97 ** 2)));
  const sizes = result.segments.map(({ index }) => index.length);
  expect(sizes).toEqual([needed, needed, 100]);
  expect(result.plan.steps.map(({ samples }) => samples)).toEqual(sizes);
  expect(result.plan.steps.map(({ needed }) => needed)).toEqual([null, needed, 15]);
});

test('--plan: says it all, does nothing, and needs no rights', async ({ lab, gradients }) => {
  const untouched = await rememberState(lab);
  const { running } = gradients.start(['--demo', 'quic', '--repeat', '3', '--plan']);
  const stdout = await running.succeeded();
  expect(stdout).toMatch(/^6 steps with the baseline, about 2 min.*\n/);
  expect(stdout).toMatch(/^5% +360 +late 9\.75% /m);
  const rights = ['--bounding-set', '-all', '--inh-caps', '-all', process.execPath];
  const { words } = gradients.command('--demo', '--plan');
  const powerless = lab.start(lab.near, 'setpriv', ...rights, ...words);
  expect(await powerless.succeeded()).toMatch(/^5% +7,000 +late 9\.75% /m);
  expect(readdirSync(gradients.folder)).toEqual([]);
  await untouched.check();
});

test('--assert and --json: what does not hold is listed, and the exit code is 1', async ({
  gradients,
}) => {
  const ladder = ['--steps', 'loss 100%', '--count', '20'];
  const probe = ['--probe', `dns://198.19.255.1/x.test${ASK_SHORTLY}`];
  const holding = ['dns.failed < 1% at baseline', 'dns.p95 < 200ms at baseline'];
  const failing = ['failed <= 50%', 'p50 < 1s at 100%'];
  const asserting = (texts: string[]) => texts.flatMap((text) => ['--assert', text]);
  const { code, stdout, stderr, result, folder } = await gradients.run(
    ...[...PRIVATE, ...ladder, ...probe, '--json'],
    ...asserting([...holding, 'realized within 99%', ...failing]),
  );
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toEqual(result);
  // The plan stands there, so that standard output is JSON and nothing else.
  expect(stderr).toMatch(/^2 steps with the baseline, /);
  expect(result.assertions.map(({ passed }) => passed)).toEqual([true, true, true, false, false]);
  expect(result.assertions[3].reasons).toEqual(['at 100%: failed is 100%, not <= 50%']);
  expect(result.assertions[4].reasons).toHaveLength(1);
  expect(readdirSync(folder).sort()).toEqual(REPORTS);
  const junit = readFileSync(join(folder, 'junit.xml'), 'utf8');
  const cases = junit.split('<testcase ');
  for (const text of [...holding, ...failing]) {
    const named = cases.filter((each) => each.includes(`name="${text.replaceAll('<', '&lt;')}"`));
    expect(named, text).toHaveLength(1);
    expect(named[0].includes('<failure '), text).toBe(failing.includes(text));
  }

  const [again, wordy] = await Promise.all([
    gradients.run(...PRIVATE, ...ladder, ...probe, ...asserting(holding)),
    gradients.run(...PRIVATE, ...ladder, ...probe, ...asserting(failing)),
  ]);
  expect(again).toMatchObject({ code: 0, stderr: '' });
  expect(wordy.code).toBe(1);
  for (const text of failing) expect(wordy.stdout).toContain(text);
  expect(wordy.stdout).toContain('at 100%: failed is 100%, not <= 50%');
});

test('what cannot be is refused before anything begins', async ({ lab, gradients }) => {
  const untouched = await rememberState(lab);
  const probe = ['--probe', `dns://${lab.far4}/${NAME}${ASK}`];
  const all: [string, string[]][] = [
    ['there is no step "7%"', [...PRIVATE, ...probe, '--assert', 'late < 5% at 7%']],
    ['"latenes"', [...PRIVATE, ...probe, '--assert', 'latenes < 5%']],
    ['gradient needs a probe', [...PRIVATE]],
    ['--steps', [...PRIVATE, ...probe, '--steps', 'loss']],
    ['there is no probe "dnss", did you mean dns?', ['--probe', `dnss://${lab.far4}/x`]],
    ['--demo brings its own', ['--demo', ...probe]],
    ['--count and --duration', [...probe, '--count', '1', '--duration', '1s']],
  ];
  const ends = await Promise.all(all.map(([, args]) => gradients.refused(...args)));
  for (const [at, { code, stdout, stderr }] of ends.entries()) {
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(all[at][0]);
  }
  await untouched.check();
});
