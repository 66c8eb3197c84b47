/** Commands as probes: how they end, what they print, and that nothing of them stays. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { makeCommandProbe } from '../../../src/gradient/probe/command-probe.js';
import type { MetricSpec, Sample, SegmentRequest } from '../../../src/gradient/probe/probe.js';

/** What iperf3 prints when nobody listens. */
const TEXT_FILE = fileURLToPath(new URL('./outputs/iperf3-refused.txt', import.meta.url));

interface Outcome {
  readonly samples: Sample[];
  readonly metrics: Map<string, MetricSpec>;
  readonly notes: string[];
}

function probeOf(argv: readonly string[], timeoutMs = 0) {
  const probe = makeCommandProbe({ kind: 'command', text: '', settings: { timeoutMs }, argv });
  const run = async (
    segment: Partial<SegmentRequest> = {},
    signal = new AbortController().signal,
    onSample: (sample: Sample) => unknown = () => {},
  ) => {
    const outcome: Outcome = { samples: [], metrics: new Map(), notes: [] };
    const request = {
      count: 1,
      durationMs: null,
      step: 0,
      label: 'baseline',
      round: 0,
      ...segment,
    };
    const sink = {
      add: (sample: Sample) => {
        outcome.samples.push(sample);
        onSample(sample);
      },
      metric: (spec: MetricSpec) => void outcome.metrics.set(spec.name, spec),
      note: (line: string) => void outcome.notes.push(line),
      series: () => expect.fail('commands have no series'),
      begunLate: () => expect.fail('commands follow no clock'),
    };
    await probe.run(request, sink, signal);
    return outcome;
  };
  return { ...probe, run };
}

const sh = (script: string, timeoutMs = 0) => probeOf(['sh', '-c', script], timeoutMs);

test('runs one command after the other, each with its place in the environment', async () => {
  const script = 'printf \'{"step":%s,"label":"%s","k":%s%s}\' $NETEMU_STEP "$NETEMU_LABEL"';
  const probe = sh(`${script} $NETEMU_ROUND $NETEMU_SAMPLE; [ "$NETEMU_LABEL" = 0.5% ]`);
  const { samples, metrics } = await probe.run({ count: 3, step: 4, label: '0.5%', round: 2 });
  expect(
    samples.map(({ index, failure, values }) => [index, failure, values.step, values.k]),
  ).toEqual([
    [0, null, 4, 20],
    [1, null, 4, 21],
    [2, null, 4, 22],
  ]);
  for (const [index, { atMs, values }] of samples.entries()) {
    expect(values.duration).toBeGreaterThan(0);
    const { atMs: nextMs } = samples[index + 1] ?? { atMs: Number.POSITIVE_INFINITY };
    expect(nextMs).toBeGreaterThanOrEqual(atMs + values.duration!);
  }
  expect([...metrics.keys()]).toEqual(['step', 'k']);
  expect(probe.metrics.map(({ name, main }) => [name, main])).toEqual([
    ['duration', true],
    ['failed', undefined],
  ]);
});

test('runs for as long as it is told, at least once', async () => {
  const startMs = performance.now();
  const { samples } = await sh('sleep 0.02').run({ count: null, durationMs: 300 });
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(300);
  expect(samples.at(-1)!.atMs).toBeLessThan(300);
  expect((await sh('exit 0').run({ count: null, durationMs: 0 })).samples).toHaveLength(1);
});

test.each([
  ['exit 3', 'exit 3', []],
  ['echo a >&2; echo "connection refused  " >&2; exit 3', 'exit 3', ['exit 3: connection refused']],
  ['kill -SEGV $$', 'signal SIGSEGV', []],
  ['echo unable to connect; exit 1', 'exit 1', ['exit 1: unable to connect']],
  ['echo \'{"n": 1}\'; exit 2', 'exit 2', []],
  ['printf "\\033[31mred\\033[0m\\a\\n" >&2; exit 2', 'exit 2', ['exit 2: red']],
])('%j fails: %s', async (script, failure, notes) => {
  const outcome = await sh(script).run();
  expect(outcome.samples).toMatchObject([{ index: 0, failure }]);
  expect(outcome.samples[0]!.values).not.toHaveProperty('duration');
  expect(outcome.notes.filter((line) => line.startsWith(failure))).toEqual(notes);
});

test('a failing command may have numbers all the same', async () => {
  const { samples } = await sh('echo \'{"lost": 7}\'; exit 1').run();
  expect(samples).toMatchObject([{ failure: 'exit 1', values: { lost: 7 } }]);
});

test('a program may say itself that it failed', async () => {
  const { samples } = await probeOf(['cat', TEXT_FILE]).run();
  expect(samples[0]!.failure).toBe('iperf3: Connection refused');
});

test('of many complaints there are five notes', async () => {
  const { notes, samples } = await sh('echo "attempt $NETEMU_SAMPLE" >&2; exit 1').run({
    count: 8,
  });
  expect(samples).toHaveLength(8);
  const lines = [0, 1, 2, 3, 4].map((n) => `exit 1: attempt ${n}`);
  expect(notes.filter((line) => line.startsWith('exit 1'))).toEqual(lines);
});

test('a command without numbers has a note, once, and not in the warm-up', async () => {
  const probe = sh('echo fine');
  expect((await probe.run({ round: -1 })).notes).toEqual([]);
  expect((await sh('exit 1').run()).notes).toEqual([]);
  const says = ['the command printed no numbers that netemu knows: only its duration is measured'];
  expect((await probe.run({ count: 2 })).notes).toEqual(says);
  expect((await probe.run()).notes).toEqual([]);
  const { notes } = await sh('echo \'{"n": 1}\'').run();
  expect(notes).toEqual([]);
});

test('a command that hangs is ended with all that it has begun', async () => {
  const { samples, notes } = await sh(
    'sleep 1000 & echo $! >&2; echo \'{"n":1}\'; wait',
    1_000,
  ).run();
  expect(samples).toMatchObject([{ failure: 'timeout', values: {} }]);
  expect(Object.keys(samples[0]!.values)).toEqual([]);
  const pid = Number(/^timeout: (\d+)$/.exec(notes[0]!)?.[1]);
  await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false);
});

test('a command that leaves others behind is over when it ends, and so are they', async () => {
  const { samples } = await sh('sleep 1000 & echo "{\\"pid\\": $!}"').run({ count: 2 });
  expect(samples.map(({ failure }) => failure)).toEqual([null, null]);
  for (const { values } of samples) {
    expect(values.pid).toBeGreaterThan(1);
    await expect.poll(() => isRunning(values.pid!), { timeout: 10_000 }).toBe(false);
  }
});

test('of megabytes the beginning and the end are read', async () => {
  const script = [
    'console.log(JSON.stringify({ first: 1, both: 1 }))',
    'for (let n = 0; n < 3e4; n++) console.log("x".repeat(100))',
    'console.log(JSON.stringify({ both: 2, last: 3 }))',
  ].join(';');
  const { samples, notes } = await probeOf([process.execPath, '-e', script]).run();
  expect(samples).toMatchObject([{ failure: null, values: { first: 1, both: 2, last: 3 } }]);
  expect(notes).toEqual(['the command prints more than 1 MiB: its middle is not read']);
});

test('all outputs together have 64 metrics', async () => {
  const many = 'for (let n = 0; n < 40; n++) o["m" + n + "x" + process.env.NETEMU_SAMPLE] = n;';
  const script = `const o = {}; ${many} console.log(JSON.stringify(o))`;
  const { samples, metrics, notes } = await probeOf([process.execPath, '-e', script]).run({
    count: 2,
  });
  expect(metrics.size).toBe(64);
  expect(Object.keys(samples[1]!.values)).toHaveLength(24 + 1);
  expect(new Set(notes)).toEqual(
    new Set(['the command prints more than 64 different numbers: others are left out']),
  );
});

test('is cut short without counting what is open', async () => {
  const control = new AbortController();
  const probe = sh('[ $NETEMU_SAMPLE = 2 ] && sleep 1000; exit 0');
  const cut = ({ index }: Sample) => index === 1 && setTimeout(() => control.abort(), 50);
  const { samples } = await probe.run({ count: 9 }, control.signal, cut);
  expect(samples.map(({ index, failure }) => [index, failure])).toEqual([
    [0, null],
    [1, null],
  ]);
  expect((await sh('exit 0').run({}, AbortSignal.abort())).samples).toEqual([]);
});

test('must be a program that is there', async () => {
  await expect(probeOf(['sh']).prepare()).resolves.toMatch(/^\/.*\/sh$/);
  for (const argv of [['no-such-program', '-x'], [], ['/'], [TEXT_FILE]]) {
    await expect(probeOf(argv).prepare()).rejects.toMatchObject({
      code: 'E_PROGRAM',
      exitCode: 2,
      message: expect.stringContaining(argv[0] ?? '""'),
      mend: expect.stringContaining('PATH'),
    });
  }
  const { samples } = await probeOf(['no-such-program']).run();
  expect(samples).toMatchObject([{ failure: 'not found', values: {} }]);
  expect((await probeOf([TEXT_FILE]).run()).samples).toMatchObject([{ failure: 'not executable' }]);
});

/** Not one that has ended and that nobody has asked about. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
