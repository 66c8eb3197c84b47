/**
 * Plausible results of `netemu gradient` for tests of its reports: always the same ones, as the models of
 * `gradient-models.ts` draw by a seed. Their figures are rough (normal approximations), as the statistics
 * have tests of their own; their shape is what the program writes.
 */
import seedrandom from 'seedrandom';
import { FAILED, type SeriesRecord } from '../../src/gradient/probe/probe.js';
import {
  type AssertionResult,
  type GradientResult,
  type Knee,
  RESULT_FORMAT,
  RESULT_VERSION,
  type SegmentRecord,
  type Step,
} from '../../src/gradient/result.js';
import { COMMAND_MODEL, DNS_MODEL, type Model, QUIC_MODEL, TCP_MODEL } from './gradient-models.js';
import { summarize, trafficOf } from './gradient-summaries.js';

/** A resolver on the classical ladder: two rounds, a knee, a warning, assertions. */
export function dnsResult(seed = '7f3a'): GradientResult {
  return resultOf(DNS_MODEL, seed, {
    assertions: [
      { text: 'dns.p95 < 200ms at 1%', passed: true, reasons: [] },
      {
        text: 'dns.late < 1%',
        passed: false,
        reasons: ['at 1%: late is 1.67%, not below 1%', 'at 2.5%: late is 4.17%, not below 1%'],
      },
    ],
    knees: [
      {
        metric: 'latency',
        figure: 'p99',
        step: 3,
        expected: 22.1,
        measured: 121.3,
        says: 'latency p99 departs from its trend at 1%: 121ms, where the steps before lead to 22.1ms',
      },
    ],
    warnings: { 5: ['the emulator released packets late: 1.2ms at p99'] },
    system: { 4: { 'Udp.InErrors': 3 }, 5: { 'Udp.InErrors': 12, 'Udp.RcvbufErrors': 12 } },
  });
}

/** Handshakes up to 30 % loss: ladders of seconds, timeouts and a client that fails. */
export function quicResult(): GradientResult {
  return resultOf(QUIC_MODEL);
}

/** Transfers with series of the congestion window and predictions of their goodput. */
export function tcpResult(): GradientResult {
  return resultOf(TCP_MODEL, '7f3a', { system: { 5: { 'Tcp.RetransSegs': 1_234 } } });
}

/** A command whose metrics were found in its output, under stepped delay. */
export function commandResult(): GradientResult {
  const result = resultOf(COMMAND_MODEL);
  return {
    ...result,
    place: { kind: 'up', devices: ['eth9', 'wlan9'], netns: 'lab', isPrivate: false },
  };
}

/** The user ended it in the second round; one segment could not go on. */
export function cutShortResult(): GradientResult {
  const model = { ...DNS_MODEL, samples: 40 };
  const result = resultOf(model, '7f3a', {}, (segments) =>
    segments.slice(0, 9).map((segment, at) => {
      if (at === 7) {
        const message = 'the resolver at 198.18.0.2 has gone: connection refused';
        return { ...shortened(segment, 25), error: { code: 'E_PROBE', exitCode: 4, message } };
      }
      return at === 8 ? shortened(segment, 11) : segment;
    }),
  );
  return { ...result, complete: false };
}

/** Nothing ever answered. */
export function allFailedResult(): GradientResult {
  return resultOf(
    {
      ...DNS_MODEL,
      samples: 50,
      sample: () => ({ tookMs: 200, failure: 'timeout', values: { tries: 2 } }),
    },
    '7f3a',
    { assertions: [{ text: 'dns.failed < 1%', passed: false, reasons: ['at baseline: 100%'] }] },
  );
}

/** So many samples fail at the last steps that p95, or only p99, is beyond every number. */
export function infiniteP99Result(): GradientResult {
  return resultOf({
    ...DNS_MODEL,
    sample: (draw, loss) =>
      draw() < 1.5 * loss
        ? { tookMs: 200, failure: draw() < 0.8 ? 'timeout' : 'servfail', values: { tries: 2 } }
        : DNS_MODEL.sample(draw, loss),
  });
}

/** All of the above by name. */
export const GRADIENT_RESULTS: Readonly<Record<string, () => GradientResult>> = {
  dns: dnsResult,
  quic: quicResult,
  tcp: tcpResult,
  command: commandResult,
  'cut short': cutShortResult,
  'all failed': allFailedResult,
  'infinite p99': infiniteP99Result,
};

function shortened(segment: SegmentRecord, count: number): SegmentRecord {
  return {
    ...segment,
    index: segment.index.slice(0, count),
    atMs: segment.atMs.slice(0, count),
    failure: segment.failure.slice(0, count),
    values: Object.fromEntries(
      Object.entries(segment.values).map(([name, column]) => [name, column.slice(0, count)]),
    ),
    cut: true,
  };
}

const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

interface Extras {
  readonly assertions?: readonly AssertionResult[];
  readonly knees?: readonly Knee[];
  /** By step. */
  readonly warnings?: Readonly<Record<number, readonly string[]>>;
  readonly system?: Readonly<Record<number, Readonly<Record<string, number>>>>;
}

/** A whole result of a model; `change` is what happens to the segments before they are analysed. */
function resultOf(
  model: Model,
  seed = '7f3a',
  extras: Extras = {},
  change = (segments: SegmentRecord[]) => segments,
): GradientResult {
  const steps = model.steps.map(({ label, value }, index): Step => {
    const stepped = index === 0 ? '' : ` ${model.steppedKey} ${label}`;
    return { index, label, value, rule: `any delay 10ms${stepped}` };
  });
  const segments: SegmentRecord[] = [];
  let atMs = START_MS;
  for (let round = 0; round < model.rounds; round++) {
    for (const step of steps) {
      const segment = segmentOf(model, step, round, seed, atMs, extras.system?.[step.index] ?? {});
      segments.push(segment);
      atMs += segment.durationMs + 500;
    }
  }
  const record = {
    format: RESULT_FORMAT,
    version: RESULT_VERSION,
    netemu: '0.1.0',
    startedAt: new Date(START_MS).toISOString(),
    endedAt: new Date(atMs).toISOString(),
    complete: true,
    machine: {
      node: 'v20.19.0',
      kernel: '6.8.0',
      cpus: 2,
      cpuModel: 'Example CPU @ 2.00GHz',
      memoryBytes: 8 * 2 ** 30,
    },
    seed,
    paired: true,
    order: 'interleaved',
    rounds: model.rounds,
    place: { kind: 'demo', devices: [], netns: null, isPrivate: true },
    rule: 'any delay 10ms',
    ladder: model.ladder,
    steppedKey: model.steppedKey,
    probe: model.probe,
    plan: {
      steps: steps.map(({ index, value }) => ({
        step: index,
        samples: model.rounds * model.samples,
        metric: model.expect === undefined ? null : 'late',
        expected: model.expect?.('late', value)?.value ?? null,
        precision: index === 0 || model.expect === undefined ? null : 0.4 / index,
        needed: index === 0 || model.expect === undefined ? null : Math.round(38_000 / index),
      })),
      totalMs: atMs - START_MS,
    },
    steps,
    segments: change(segments),
  } satisfies Omit<GradientResult, 'analysis' | 'assertions'>;
  return {
    ...record,
    analysis: {
      steps: summarize(record, model).map((summary) => ({
        ...summary,
        warnings: extras.warnings?.[summary.step] ?? [],
      })),
      knees: extras.knees ?? [],
    },
    assertions: extras.assertions ?? [],
  };
}

/** The same draws for each step of a round, as the paired steps of a gradient have them. */
function segmentOf(
  model: Model,
  { index: step, value }: Step,
  round: number,
  seed: string,
  startMs: number,
  system: Readonly<Record<string, number>>,
): SegmentRecord {
  const failureReasons: string[] = [];
  const index: number[] = [];
  const atMs: number[] = [];
  const failure: number[] = [];
  const names = model.probe.metrics.map(({ name }) => name).filter((name) => name !== FAILED.name);
  const values: Record<string, (number | null)[]> = Object.fromEntries(names.map((n) => [n, []]));
  const series: SeriesRecord[] = [];
  for (let at = 0; at < model.samples; at++) {
    const draw = seedrandom(`${seed} ${round} ${at}`);
    const sample = model.sample(draw, value);
    if (sample.failure !== null && !failureReasons.includes(sample.failure))
      failureReasons.push(sample.failure);
    index.push(at);
    atMs.push(at * 20 + draw());
    failure.push(sample.failure === null ? -1 : failureReasons.indexOf(sample.failure));
    for (const name of names) values[name]!.push(sample.values[name] ?? null);
    if (model.series !== undefined && at < 2) series.push(model.series(draw, value, at));
  }
  return {
    step,
    round,
    startedAt: new Date(startMs).toISOString(),
    durationMs: model.samples * 20 + 12.5,
    index,
    atMs,
    failure,
    failureReasons,
    values,
    series,
    traffic: trafficOf(model, value, `${seed} ${round}`),
    emulator: {
      latenessNs: { p50: 21_000, p99: 140_000, p999: 310_000, max: 480_000 },
      stallNs: 0,
      overflow: 0,
      kernelDrops: 0,
      malformed: 0,
      distortions: [],
    },
    system,
    begunLateMs: { p50: 0.02, p99: 0.31, max: 1.4 },
    cut: false,
    error: null,
    notes: [],
  };
}
