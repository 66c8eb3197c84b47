/**
 * What results.json must look like to be read: files are edited, cut short and written by other versions.
 * Fields that are not known are kept. Columns are checked by hand, as they may hold millions of numbers.
 */
import { z } from 'zod';
import { PROBE_KINDS } from '../probe/probe.js';
import { type GradientResult, ORDERS, RESULT_FORMAT, RESULT_VERSION } from '../result.js';

const number = z.number();
const count = z.number().int().nonnegative();
const nullable = number.nullable();

function columnOf(isFit: (value: unknown) => boolean, what: string) {
  return z.custom<number[]>((value) => Array.isArray(value) && value.every(isFit), {
    message: `expected an array of ${what}`,
  });
}

const isNumber = (value: unknown) => typeof value === 'number';
const numbers = columnOf(isNumber, 'numbers');
const counts = columnOf((value) => Number.isInteger(value) && (value as number) >= 0, 'counts');
const integers = columnOf(Number.isInteger, 'integers');
const gaps = z.custom<(number | null)[]>(
  (value) => Array.isArray(value) && value.every((each) => each === null || isNumber(each)),
  { message: 'expected an array of numbers and nulls' },
);

const estimate = z.looseObject({ value: nullable, low: nullable, high: nullable });
const interval = z.tuple([number, number]);
const countsByName = z.record(z.string(), number);

const prediction = z.looseObject({
  value: number,
  low: number,
  high: number,
  model: z.string(),
  outside: z.boolean(),
});

const change = z.looseObject({
  difference: nullable,
  ratio: nullable,
  pValue: number,
  significant: z.boolean(),
  test: z.string(),
  worse: z.boolean().nullable(),
});

const summary = z.discriminatedUnion('kind', [
  z.looseObject({
    kind: z.literal('share'),
    count,
    of: count,
    share: estimate.nullable(),
    prediction: prediction.nullable(),
    change: change.nullable(),
  }),
  z.looseObject({
    kind: z.literal('number'),
    count,
    mean: estimate.nullable(),
    p50: estimate.nullable(),
    p95: estimate.nullable(),
    p99: estimate.nullable(),
    max: nullable,
    prediction: prediction.nullable(),
    change: change.nullable(),
  }),
]);

const realized = z.looseObject({
  direction: z.enum(['out', 'in']),
  packets: count,
  lost: count,
  configured: nullable,
  realized: nullable,
  ci95: interval.nullable(),
  ci99: interval.nullable(),
  within99: z.boolean().nullable(),
});

const segment = z
  .looseObject({
    step: count,
    round: count,
    startedAt: z.string(),
    durationMs: number,
    index: counts,
    atMs: numbers,
    failure: integers,
    failureReasons: z.array(z.string()),
    values: z.record(z.string(), gaps),
    series: z.array(
      z.looseObject({ index: count, atMs: numbers, columns: z.record(z.string(), gaps) }),
    ),
    // The emulator's own; nothing reads more of it than that it is there.
    traffic: z.looseObject({}).nullable(),
    emulator: z.looseObject({}).nullable(),
    system: countsByName,
    begunLateMs: z.looseObject({ p50: number, p99: number, max: number }).nullable(),
    cut: z.boolean(),
    error: z.looseObject({ code: z.string(), exitCode: number, message: z.string() }).nullable(),
    notes: z.array(z.string()),
  })
  .refine(
    ({ index, atMs, failure, values }) =>
      [atMs, failure, ...Object.values(values)].every(({ length }) => length === index.length),
    { message: 'its columns are of different lengths' },
  )
  .refine(
    ({ failure, failureReasons }) => failure.every((at) => at >= -1 && at < failureReasons.length),
    { message: 'a failure has no reason' },
  );

const metricSpec = z.looseObject({
  name: z.string(),
  kind: z.enum(['share', 'time', 'bitrate', 'bytes', 'count', 'number']),
  better: z.enum(['lower', 'higher']).nullable(),
  says: z.string(),
  main: z.boolean().optional(),
});

const schema = z
  .looseObject({
    format: z.literal(RESULT_FORMAT),
    version: z.literal(RESULT_VERSION),
    netemu: z.string(),
    startedAt: z.string(),
    endedAt: z.string(),
    complete: z.boolean(),
    machine: z.looseObject({
      node: z.string(),
      kernel: z.string(),
      cpus: number,
      cpuModel: z.string(),
      memoryBytes: number,
    }),
    seed: z.string(),
    paired: z.boolean(),
    order: z.enum(ORDERS),
    rounds: count,
    place: z.looseObject({
      kind: z.enum(['up', 'run', 'demo']),
      devices: z.array(z.string()),
      netns: z.string().nullable(),
      isPrivate: z.boolean(),
    }),
    rule: z.string(),
    ladder: z.string(),
    steppedKey: z.string(),
    probe: z.looseObject({
      kind: z.enum(PROBE_KINDS),
      text: z.string(),
      settings: z.record(z.string(), z.union([z.string(), number, z.boolean(), z.null()])),
      metrics: z.array(metricSpec),
      program: z.string().nullable(),
    }),
    plan: z.looseObject({ steps: z.array(z.looseObject({ step: count })), totalMs: nullable }),
    steps: z
      .array(z.looseObject({ index: count, label: z.string(), value: number, rule: z.string() }))
      .refine((steps) => steps.every(({ index }, at) => index === at), {
        message: 'steps are out of order',
      }),
    segments: z.array(segment),
    analysis: z.looseObject({
      steps: z.array(
        z.looseObject({
          step: count,
          label: z.string(),
          value: number,
          samples: count,
          failures: countsByName,
          metrics: z.record(z.string(), summary),
          realized: z.array(realized),
          system: countsByName,
          warnings: z.array(z.string()),
        }),
      ),
      knees: z.array(
        z.looseObject({
          metric: z.string(),
          figure: z.string(),
          step: count,
          expected: number,
          measured: nullable,
          says: z.string(),
        }),
      ),
    }),
    assertions: z.array(
      z.looseObject({ text: z.string(), passed: z.boolean(), reasons: z.array(z.string()) }),
    ),
  })
  .refine(
    ({ steps, segments, analysis }) =>
      [...segments, ...analysis.steps].every(({ step }) => step < steps.length),
    { message: 'a step is missing' },
  );

/** One of the two is null. */
export function checkResult(value: unknown): { result: GradientResult | null; problem: string } {
  const { data, error } = schema.safeParse(value);
  // The parts that are only looked at for being there make the shape wider than the type.
  if (data !== undefined) return { result: data as unknown as GradientResult, problem: '' };
  const [issue] = error.issues;
  const place = issue?.path.join('.') || 'the whole';
  return { result: null, problem: `${place}: ${issue?.message ?? 'unknown'}` };
}
