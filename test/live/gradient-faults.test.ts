/**
 * `netemu gradient` beside servers that are absent, die, are mad or silent, and commands that fail, hang and
 * say nothing: each failure has its reason, the report has a line about it, and nothing measured is lost.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import {
  type Ended,
  failuresOf,
  familyOf,
  PRIVATE,
  REPORTS,
  segmentOf,
  startResponder,
  test,
} from '../support/gradient-runs.js';
import { becomes, commandLine, isGone } from '../support/processes.js';
import { rememberState } from '../support/untouched.js';

const ASKED = 20;
const PATIENCE_MS = 10_000;

/** What failed, for which reason and where, as the terminal says it. */
function failureLines({ stdout }: Ended): string[] {
  return stdout.split('\n').filter((line) => line.startsWith('failed, '));
}

function expectWhole({ code, stderr, result, folder }: Ended): void {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(result.complete).toBe(true);
  expect(readdirSync(folder).sort()).toEqual(REPORTS);
}

test('DNS servers: absent, killed half-way, mad, silent', async ({ lab, gradients }) => {
  const [absent, dying, mad, silent] = [5300, 5301, 5302, 5303];
  // Else the kernel tells a client only six times, and then once a second, that nobody listens.
  lab.sysctl(lab.far, 'net.ipv4.icmp_ratelimit', 0);
  await Promise.all([
    // It answers at the baseline and ten times at the next step, and ends with the query after that.
    startResponder(lab, dying!, 'good', ASKED + 10),
    startResponder(lab, mad!, 'mad'),
    startResponder(lab, silent!, 'silent'),
  ]);
  const untouched = await rememberState(lab);
  const measure = (port: number, steps = 'delay 1ms', settings = '') => {
    const url = `dns://${lab.far4}:${port}/x.test?timeout=1s&attempts=1&rate=50${settings}`;
    const size = ['--count', String(ASKED), '--warmup', '0', '--steps', steps];
    return gradients.run('--dev', 'v0', '--probe', url, ...size);
  };
  const ends = await Promise.all([
    measure(absent!),
    measure(dying!, 'delay 1ms,2ms'),
    measure(mad!),
    measure(silent!),
  ]);
  for (const end of ends) expectWhole(end);
  // The query that it dies of, and those that come before it is gone.
  const { timeout: unheard = 0 } = failuresOf(ends[1].result)[1]!;
  expect(unheard).toBeGreaterThanOrEqual(1);
  expect(unheard).toBeLessThan(10);
  const refused = 10 - unheard;
  expect(ends.map(({ result }) => failuresOf(result))).toEqual([
    [{ refused: ASKED }, { refused: ASKED }],
    [{}, { timeout: unheard, refused }, { refused: ASKED }],
    [{ timeout: ASKED }, { timeout: ASKED }],
    [{ timeout: ASKED }, { timeout: ASKED }],
  ]);
  expect(ends.map(failureLines)).toEqual([
    [`failed, refused: ${ASKED} at baseline, ${ASKED} at 1ms`],
    [`failed, refused: ${refused} at 1ms, ${ASKED} at 2ms`, `failed, timeout: ${unheard} at 1ms`],
    [`failed, timeout: ${ASKED} at baseline, ${ASKED} at 1ms`],
    [`failed, timeout: ${ASKED} at baseline, ${ASKED} at 1ms`],
  ]);
  const allFailed =
    /^warning: at (all steps|baseline, 1ms): all samples failed: is the service there\?$/m;
  expect(ends.map(({ stdout }) => allFailed.test(stdout))).toEqual([true, false, true, true]);
  expect(ends[1].stdout).toMatch(/^warning: at 2ms: all samples failed/m);

  // What was measured before the server died stands.
  const { failure, values } = segmentOf(ends[1].result, 1);
  expect(failure.map((reason) => reason < 0)).toEqual(
    Array.from({ length: ASKED }, (_, index) => index < 10),
  );
  expect(values.latency!.map((ms) => ms !== null)).toEqual(failure.map((reason) => reason < 0));
  const garbage = [2, 3].map((at) => segmentOf(ends[at].result, 0).values.garbage);
  expect(garbage).toEqual([1, 0].map((count) => Array(ASKED).fill(count)));
  await untouched.check();
});

test('HTTP and TCP servers: absent, mad, silent', async ({ lab, gradients }) => {
  const [absent, other, mad, silent] = [5310, 5311, 5312, 5313];
  await Promise.all([startResponder(lab, mad!, 'mad'), startResponder(lab, silent!, 'silent')]);
  const measure = (url: string) => {
    const size = ['--count', '3', '--warmup', '0', '--steps', 'delay 1ms'];
    return gradients.run('--dev', 'v0', '--probe', url, ...size);
  };
  const web = (port: number) => `http://${lab.far4}:${port}/#timeout=700ms&rate=50`;
  const ends = await Promise.all([
    measure(`tcp://${lab.far4}:${absent}?timeout=2s&rate=50`),
    measure(web(other!)),
    measure(web(mad!)),
    measure(web(silent!)),
  ]);
  for (const end of ends) expectWhole(end);
  const reasons = ['refused', 'refused', 'not HTTP', 'timeout'];
  expect(ends.map(({ result }) => failuresOf(result))).toEqual(
    reasons.map((reason) => [{ [reason]: 3 }, { [reason]: 3 }]),
  );
  expect(ends.map(failureLines)).toEqual(
    reasons.map((reason) => [`failed, ${reason}: 3 at baseline, 3 at 1ms`]),
  );
});

test('commands: say nothing, fail, hang with their children, are killed', async ({
  lab,
  gradients,
}) => {
  const untouched = await rememberState(lab);
  const pids = join(gradients.folder, 'pids');
  const script = `case $NETEMU_STEP in
    1) echo 'out of soup' >&2; exit 3;;
    2) sleep 1000 & echo $! $$ >>${pids}; trap '' TERM; sleep 1000; sleep 1000;;
    3) kill -9 $$;;
    4) echo '{"soup": 4}'; exec 2>&-;;
  esac`;
  const end = await gradients.run(
    ...[...PRIVATE, '--steps', 'loss 1%,2%,3%,4%', '--count', '2', '--timeout', '300ms'],
    ...['--', 'sh', '-c', script],
  );
  expectWhole(end);
  const { result, stdout } = end;
  expect(failuresOf(result)).toEqual([
    {},
    { 'exit 3': 2 },
    { timeout: 2 },
    { 'signal SIGKILL': 2 },
    {},
  ]);
  expect(failureLines(end).sort()).toEqual([
    'failed, exit 3: 2 at 1%',
    'failed, signal SIGKILL: 2 at 3%',
    'failed, timeout: 2 at 2%',
  ]);
  expect(stdout).toMatch(/baseline: the command printed no numbers that netemu knows/);
  expect(stdout).toMatch(/1%: exit 3: out of soup/);
  expect(result.segments.map(({ values }) => values.soup ?? null)).toEqual([
    ...[null, null, null, null],
    [4, 4],
  ]);
  const hung = readFileSync(pids, 'utf8').split(/\s+/).filter(Boolean).map(Number);
  expect(hung).toHaveLength(4);
  expect(hung.filter((pid) => !isGone(pid))).toEqual([]);
  const absent = await gradients.start([...PRIVATE, '--', 'no-such-program']).running.finished;
  expect(absent).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^netemu: no-such-program: there is no such command/),
  });
  await untouched.check();
});

test('a prober that is killed: said, exit code 4, and what was measured stands', async ({
  lab,
  gradients,
}) => {
  const untouched = await rememberState(lab);
  const pids = join(gradients.folder, 'pids');
  const begun = gradients.start([
    ...[...PRIVATE, '--steps', 'loss 1%,2%', '--count', '2', '--', 'sh', '-c'],
    `[ $NETEMU_STEP = 0 ] || { echo $$ >${pids}; sleep 1000; }`,
  ]);
  expect(await becomes(() => readdirSync(gradients.folder).includes('pids'), PATIENCE_MS)).toBe(
    true,
  );
  const isProber = (pid: number) => commandLine(pid).includes('prober-main.js');
  process.kill(familyOf(begun.running.pid).findLast(isProber)!, 'SIGKILL');
  const { code, stdout, stderr, result, folder } = await begun.ended();
  expect(code).toBe(4);
  expect(stderr).toMatch(/^netemu: the prober's process has ended: SIGKILL\n$/);
  expect(result).toMatchObject({
    complete: false,
    segments: [
      { step: 0, error: null, cut: false, index: [0, 1] },
      { step: 1, error: { code: 'E_PROBER' }, cut: true, index: [] },
    ],
  });
  expect(stdout).toMatch(/^baseline .*\n/m);
  expect(readdirSync(folder).sort()).toEqual(REPORTS);
  const command = Number(readFileSync(pids, 'utf8'));
  expect(await becomes(() => isGone(command), PATIENCE_MS)).toBe(true);
  await untouched.check();
});
