/** Changes against the baseline on a machine that is not quiet: simulated ladders with fixed seeds. */
import seedrandom from 'seedrandom';
import { describe, expect, test } from 'vitest';
import { analyse } from '../../../src/gradient/analysis/analyse.js';
import { compare } from '../../../src/gradient/analysis/compare.js';
import { FAILED } from '../../../src/gradient/probe/probe.js';
import type {
  Analysis,
  GradientRecord,
  GradientResult,
  SegmentRecord,
} from '../../../src/gradient/result.js';
import { signedRank } from '../../../src/gradient/statistics/tests.js';
import { EMULATOR, GOODPUT, LATE, LATENCY, probe, record, segment, stepsOf } from './records.js';

const { steps, rules } = stepsOf(['1%', '2%', '3%']);

interface Machine {
  readonly rounds: number;
  readonly samples: number;
  /** Of the times, from one end of a slow wave to the other. */
  readonly drift: number;
  /** Or each segment has its own moment of the wave. */
  readonly isMoody?: boolean;
  /** Of an exponential tail that a segment's samples have, and which it knows of. */
  readonly latenessMs: number;
}

/** What the service does at the steps after the baseline: nothing, unless told. */
interface Service {
  readonly slower?: number;
  readonly late?: number;
}

/** Whatever the step. */
const ALWAYS_LATE = 0.005;

const QUIET: Machine = { rounds: 1, samples: 300, drift: 0.01, latenessMs: 0 };

/** A machine whose drift is more than its lateness explains, but comes and goes. */
const DRIFTING: Machine = { rounds: 8, samples: 50, drift: 0.05, isMoody: true, latenessMs: 0.02 };
const BUSY: Machine = { rounds: 1, samples: 300, drift: 0.01, latenessMs: 0.1 };

/** Segments one after the other in time, while the machine goes its own way. */
function measured(seed: string, machine: Machine, service: Service = {}): GradientRecord {
  const draw = seedrandom.alea(seed);
  const phase = 2 * Math.PI * draw();
  const order = Array.from({ length: machine.rounds * steps.length }, (_, at) => at);
  const segments = order.map((at) => {
    const step = at % steps.length;
    const wave =
      1 + (machine.drift / 2) * Math.sin(phase + 2 * Math.PI * (machine.isMoody ? draw() : at / 7));
    const factor = wave * (step === 0 ? 1 : (service.slower ?? 1));
    const busyMs = machine.latenessMs * (draw() < 0.5 ? 1 : 0.1);
    return segmentOf(draw, step, Math.floor(at / steps.length), machine.samples, {
      ...{ factor, busyMs, late: ALWAYS_LATE + (step === 0 ? 0 : (service.late ?? 0)) },
    });
  });
  return record(steps, segments, {
    rounds: machine.rounds,
    ...probe([LATENCY, LATE, FAILED]),
  });
}

function segmentOf(
  draw: () => number,
  step: number,
  round: number,
  count: number,
  { factor, busyMs, late }: { factor: number; busyMs: number; late: number },
): SegmentRecord {
  const exponential = () => -Math.log(1 - draw());
  const passages: number[] = [];
  const isLate: number[] = [];
  const latencies = Array.from({ length: count }, () => {
    const passed = [busyMs * exponential() ** 2 * 0.2, busyMs * exponential() ** 2 * 0.2];
    passages.push(...passed);
    isLate.push(draw() < late ? 1 : 0);
    const tookMs = (20 + 0.1 * exponential()) * factor;
    return tookMs + passed[0]! + passed[1]! + isLate.at(-1)! * 1_000;
  });
  passages.sort((a, b) => a - b);
  const at = (q: number) => passages[Math.ceil(q * passages.length) - 1]! * 1e6;
  const latenessNs = { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
  return segment(step, latencies, {
    round,
    values: { latency: latencies, late: isLate },
    emulator: { ...EMULATOR, latenessNs },
  });
}

/** In how many of the seeds it is so. */
function timesOf(seeds: number, isSo: (seed: string) => boolean): number {
  return Array.from({ length: seeds }, (_, seed) => isSo(`seed ${seed}`)).filter(Boolean).length;
}

function hasChanged({ steps }: Analysis, metric: string): boolean {
  return steps.some(({ metrics }) => metrics[metric]!.change?.significant === true);
}

const MACHINES = [
  ['that is quiet', QUIET],
  ['that is busy', BUSY],
  ['that drifts', DRIFTING],
] as const;

describe.each(MACHINES)('on a machine %s', (_, machine) => {
  test('nothing changes where nothing did, though its drift is beyond chance', () => {
    let drifts = 0;
    const changes = timesOf(200, (seed) => {
      const of = measured(seed, machine);
      const [a, b] = [0, 2].map((step) =>
        of.segments.filter((each) => each.step === step).flatMap(({ values }) => values.latency!),
      );
      if (signedRank(a!.map((value, i) => b![i]! - value!)) < 0.01 / 3) drifts++;
      const analysis = analyse(of, rules);
      return hasChanged(analysis, 'latency') || hasChanged(analysis, 'late');
    });
    expect(drifts).toBeGreaterThan(40);
    // 1 % is allowed for each of the two, and that would be 4.
    expect(changes).toBeLessThanOrEqual(4);
  });

  test('10 % slower is found, and which way', () => {
    const found = timesOf(20, (seed) => {
      const { steps } = analyse(measured(seed, machine, { slower: 1.1 }), rules);
      return steps.slice(1).every(({ metrics }) => {
        const { change } = metrics.latency!;
        return change!.significant && change!.worse === true && change!.ratio! > 1.05;
      });
    });
    expect(found).toBeGreaterThanOrEqual(18);
  });

  test('10 % more late are found, in their share and in the tail of the times', () => {
    const found = timesOf(20, (seed) => {
      const { steps } = analyse(measured(seed, machine, { late: 0.1 }), rules);
      return ['late', 'latency'].every((metric) =>
        steps.some(({ metrics }) => {
          const { change } = metrics[metric]!;
          const isTail = metric === 'late' || change?.test.includes('of the tail');
          return change?.significant && change.worse === true && isTail;
        }),
      );
    });
    expect(found).toBeGreaterThanOrEqual(18);
  });

  test('two measurements are compared alike', () => {
    const of = (seed: string, service?: Service): GradientResult => ({
      ...measured(seed, machine, service),
      ...{ analysis: { steps: [], knees: [] }, assertions: [] },
    });
    const worse = (service?: Service) => (seed: string) =>
      compare(of(seed), of(`${seed} later`, service)).regressions > 0;
    expect(timesOf(100, worse())).toBeLessThanOrEqual(2);
    expect(timesOf(20, worse({ slower: 1.1 }))).toBeGreaterThanOrEqual(19);
    expect(timesOf(20, worse({ late: 0.1 }))).toBeGreaterThanOrEqual(19);
  });
});

describe('rounds', () => {
  const usual = Array.from({ length: 100 }, (_, i) => 20 + i / 1_000);
  const two = stepsOf(['1%']);

  /** Of so many rounds, of which the first have another latency in the step. */
  function changeOf(rounds: number, slow: number) {
    const segments = Array.from({ length: rounds }, (_, round) => [
      segment(0, usual, { round }),
      segment(1, round < slow ? usual.map((value) => value + 10 + round) : usual, { round }),
    ]);
    const of = record(two.steps, segments.flat(), { rounds });
    return analyse(of, two.rules).steps[1]!.metrics.latency!.change!;
  }

  test('agree, or it is the machine: slow in 4 of 6 is slow in the median of all', () => {
    expect(changeOf(6, 6)).toMatchObject({
      significant: true,
      worse: true,
      test: 'signed rank, paired, and t of 6 rounds',
    });
    expect(changeOf(6, 4)).toMatchObject({ significant: false, ratio: expect.closeTo(1.6, 0) });
  });

  test('fewer than 6 do not know', () => {
    expect(changeOf(5, 4)).toMatchObject({ significant: true, test: 'signed rank, paired' });
  });

  test("one where the two differ the other way is what Student's t says", () => {
    // 10, 11, 12, 13, 14 and 15: mean 12.5, sd 1.871, t = 16.37 of 5 degrees; two questions.
    expect(changeOf(6, 6).pValue).toBeCloseTo(2 * 1.57e-5, 6);
  });
});

describe('margins', () => {
  const usual = Array.from({ length: 200 }, (_, i) => 100 + i / 1_000);
  const two = stepsOf(['1%']);

  function changeOf(
    values: readonly number[],
    more: Partial<SegmentRecord> = {},
    metric = LATENCY,
  ) {
    const columns = [usual, values].map((each, step) =>
      segment(step, each, { values: { [metric.name]: each }, ...more }),
    );
    const of = record(two.steps, columns, probe([metric, FAILED]));
    return analyse(of, two.rules).steps[1]!.metrics[metric.name]!.change!;
  }

  test("are 1 % of the baseline's median at least", () => {
    expect(changeOf(usual.map((value) => value + 0.95))).toMatchObject({ pValue: 1 });
    expect(changeOf(usual.map((value) => value + 1.2))).toMatchObject({ significant: true });
    expect(changeOf(usual.map((value) => value - 1.2))).toMatchObject({
      significant: true,
      worse: false,
    });
  });

  test('are what netemu and the probe were late', () => {
    const latenessNs = { p50: 0, p99: 2e6, p999: 2e6, max: 5e6 };
    const late = { emulator: { ...EMULATOR, latenessNs }, begunLateMs: { p50: 0, p99: 1, max: 1 } };
    // Twice 2 ms on the way, and 1 ms at the beginning.
    expect(
      changeOf(
        usual.map((value) => value + 4.9),
        late,
      ).significant,
    ).toBe(false);
    expect(
      changeOf(
        usual.map((value) => value + 5.3),
        late,
      ).significant,
    ).toBe(true);
    // A tail has to be beyond all that was late: 2 × 5 + 1 ms, and once more.
    const tail = (by: number) => usual.map((value, i) => (i % 10 === 0 ? value + by : value));
    expect(changeOf(tail(10), late).significant).toBe(false);
    expect(changeOf(tail(25), late)).toMatchObject({
      ...{ significant: true, worse: true, test: 'McNemar, paired, of the tail' },
      difference: expect.closeTo(0, 1),
    });
  });

  test('of rates are on the other side', () => {
    const slower = usual.map((value, i) => (i % 10 === 0 ? value / 3 : value));
    expect(changeOf(slower, {}, GOODPUT)).toMatchObject({
      ...{ significant: true, worse: true, test: 'McNemar, paired, of the tail' },
    });
  });
});
