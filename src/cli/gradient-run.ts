/**
 * The life of a gradient: say the plan, open the link, measure, take the link away, and report. The first
 * signal ends the measuring early and keeps what there is, the second ends the process.
 */
import { ExitCode, fromPlainError, type NetemuError, runtimeError } from '../errors.js';
import { analyse } from '../gradient/analysis/analyse.js';
import { type Assertion, judge, parseAssertion } from '../gradient/analysis/assertions.js';
import { type MeasureProgress, measureGradient } from '../gradient/gradient.js';
import { type GradientLink, openLink } from '../gradient/link.js';
import { thisMachine } from '../gradient/machine.js';
import { PLAN_DURATION_MS, plan } from '../gradient/plan.js';
import { makeProbe } from '../gradient/probe/make-probe.js';
import { jsonOf } from '../gradient/report/json.js';
import { planLines } from '../gradient/report/plan-lines.js';
import { progressLines } from '../gradient/report/progress.js';
import { reportLines } from '../gradient/report/terminal.js';
import { prepareDirectory, writeReports, writeResults } from '../gradient/report/write.js';
import {
  type GradientRecord,
  type GradientResult,
  type Plan,
  RESULT_FORMAT,
  RESULT_VERSION,
} from '../gradient/result.js';
import { requireForRun, requireForUp } from '../host/requirements.js';
import type { Context } from './context.js';
import type { GradientRequest } from './gradient-request.js';
import { LiveTable } from './live-table.js';
import type { Output } from './output.js';
import { packageVersion } from './version.js';

/** What opening the link and swapping rules takes between two segments, seen on a small machine. */
const BETWEEN_MS = 250;

/** What there is is written down so often while it is measured: a kill -9 costs no more than that. */
const KEEP_MS = 20_000;

/** Of a file or a pipe: tables that people can still read. */
const COLUMNS_MAX = 140;

/** Returns the exit code: of the assertions, of what failed, or of the signal that ended it. */
export async function runGradient(request: GradientRequest, context: Context): Promise<number> {
  const { output } = context;
  const say = (...lines: string[]) =>
    request.json ? output.complain(...lines) : output.print(...lines);
  for (const warning of request.warnings) output.complain(`netemu: ${warning}`);
  const assertions = await readAssertions(request);
  const planned = planOf(request);
  say(...planLines(planned, request.ladder.steps, columnsOf(output)));
  if (request.planOnly) return ExitCode.ok;
  if (request.link.kind === 'up') requireForUp();
  else requireForRun(request.link.options.isPrivate);
  const stop = stopRequests(context);
  try {
    const { result, directory } = await measure(request, planned, assertions, stop, context);
    let report = '';
    try {
      report = `report: ${writeReports(directory, result).html}`;
    } finally {
      // Also when the disk is full.
      if (request.json) output.raw(jsonOf(result));
      else say(...reportLines(result, columnsOf(output)));
    }
    say('', report);
    const failure = failureOf(result);
    if (failure !== null) throw failure;
    if (stop.code() !== null) return stop.code()!;
    const holds = result.assertions.every(({ passed }) => passed);
    return holds ? ExitCode.ok : ExitCode.differs;
  } finally {
    stop.done();
  }
}

interface StopRequests {
  readonly signal: AbortSignal;
  /** 128 and the number of the signal that came; null: none. */
  code(): number | null;
  done(): void;
}

/** Until the reports are written: a signal that comes late must not lose them. */
function stopRequests(context: Context): StopRequests {
  const control = new AbortController();
  let first: number | null = null;
  const done = context.onSignal((code) => {
    if (first !== null) context.leave(code);
    first = code;
    control.abort();
  });
  return { signal: control.signal, code: () => first, done };
}

function columnsOf(output: Output): number {
  return Math.min(output.columns(), COLUMNS_MAX);
}

/** Before anything begins: a slip of the pen must not cost a long measurement. */
async function readAssertions({
  assertions,
  probe,
  ladder,
}: GradientRequest): Promise<readonly Assertion[]> {
  const { metrics } = await makeProbe(probe);
  return assertions.map((text) => parseAssertion(text, metrics, probe.kind, ladder.steps));
}

function planOf(request: GradientRequest): Plan {
  const { ladder, probe, count, durationMs, rounds, precision, warmupMs } = request;
  const { kind, settings } = probe;
  const { steps, rules } = ladder;
  return plan({
    ...{ steps, rules, kind, settings, count, durationMs, rounds, precision },
    ...{ betweenMs: BETWEEN_MS, warmupMs },
  });
}

interface Outcome {
  readonly result: GradientResult;
  readonly directory: string;
}

/** What ends it early is in the result; throws what leaves nothing to report. */
async function measure(
  request: GradientRequest,
  planned: Plan,
  assertions: readonly Assertion[],
  { signal }: StopRequests,
  { output }: Context,
): Promise<Outcome> {
  const table = new LiveTable(output);
  const notice = (line: string) => {
    table.erase();
    output.complain(`netemu: ${line}`);
  };
  const startedAt = new Date().toISOString();
  let link: GradientLink | null = null;
  let closeDemo: () => Promise<void> = async () => {};
  try {
    link = await openLink(request.link, [request.ladder.rules[0]!], notice);
    const { far, prober } = link;
    if (request.demo !== null) closeDemo = await request.demo.open(far!);
    const probe = request.demo?.probe(far!.ipv4) ?? request.probe;
    const program = await prober.prepare(probe);
    const directory = prepareDirectory(request.directory ?? datedName(new Date()));
    const recordOf = (segments: GradientRecord['segments'], complete: boolean): GradientRecord => {
      const { kind, text, settings } = probe;
      const { seed, paired, order, rounds, place, rule, ladder } = request;
      return {
        ...{ format: RESULT_FORMAT, version: RESULT_VERSION, netemu: packageVersion() },
        ...{ startedAt, endedAt: new Date().toISOString(), complete, machine: thisMachine() },
        ...{ seed, paired, order, rounds, place, rule },
        ...{ ladder: ladder.text, steppedKey: ladder.steppedKey },
        probe: { kind, text, settings, metrics: prober.metrics, program },
        ...{ plan: planned, steps: ladder.steps, segments },
      };
    };
    const keep = everyNow(KEEP_MS, (segments: GradientRecord['segments']) => {
      try {
        writeResults(directory, resultOf(recordOf(segments, false), request, assertions));
      } catch (error) {
        // Perhaps there is room again in the end.
        notice((error as Error).message);
      }
    });
    const measured = await measureGradient(link, measureRequest(request, planned), signal, {
      onProgress: (progress) => show(progress, planned, request, table, output),
      onSegment: keep,
    });
    const { segments, complete } = measured;
    if (segments.length === 0) {
      throw runtimeError('E_INTERRUPTED', 'interrupted before the first sample');
    }
    return { result: resultOf(recordOf(segments, complete), request, assertions), directory };
  } finally {
    table.erase();
    await closeDemo();
    await link?.close();
  }
}

/** Such as `gradient-20261123-014500`, in local time. */
function datedName(now: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const date = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return `gradient-${date}-${time}`;
}

/** Calls `action` when the last time is at least `periodMs` ago. */
function everyNow<T>(periodMs: number, action: (value: T) => void): (value: T) => void {
  let lastMs = performance.now();
  return (value) => {
    if (performance.now() - lastMs < periodMs) return;
    action(value);
    lastMs = performance.now();
  };
}

function measureRequest(
  { ladder, rounds, order, seed, paired, warmupMs, durationMs, precision, count }: GradientRequest,
  planned: Plan,
): Parameters<typeof measureGradient>[1] {
  const { steps, rules } = ladder;
  const perSegment = ({ samples }: Plan['steps'][number]) =>
    samples === null ? null : Math.ceil(samples / rounds);
  return {
    ...{ steps, rules, rounds, order, seed, paired, warmupMs },
    counts: planned.steps.map((step) => (precision === null ? count : perSegment(step))),
    durationMs: durationMs ?? PLAN_DURATION_MS,
  };
}

function show(
  progress: MeasureProgress,
  planned: Plan,
  { json, ladder }: GradientRequest,
  table: LiveTable,
  output: Output,
): void {
  if (!output.isTerminal || json) return;
  table.draw(progressLines(progress, planned, ladder.steps, output.columns() - 1));
}

function resultOf(
  record: GradientRecord,
  { ladder }: GradientRequest,
  assertions: readonly Assertion[],
): GradientResult {
  const analysis = analyse(record, ladder.rules);
  return {
    ...record,
    analysis,
    assertions: assertions.map((assertion) => judge(assertion, record, analysis)),
  };
}

function failureOf({ segments }: GradientResult): NetemuError | null {
  const failed = segments.find(({ error }) => error !== null);
  return failed === undefined ? null : fromPlainError(failed.error!);
}
