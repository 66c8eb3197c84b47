/**
 * The life of a gradient: say the plan, open the link, measure, take the link away, and report. The first
 * signal ends the measuring early and keeps what there is, the second ends the process.
 */
import { ExitCode, fromPlainError, type NetemuError } from '../errors.js';
import { analyse } from '../gradient/analysis/analyse.js';
import { type Assertion, judge, parseAssertion } from '../gradient/analysis/assertions.js';
import { type MeasureProgress, measureGradient } from '../gradient/gradient.js';
import { type GradientLink, openLink } from '../gradient/link.js';
import { thisMachine } from '../gradient/machine.js';
import { PLAN_DURATION_MS, plan } from '../gradient/plan.js';
import { makeProbe } from '../gradient/probe/make-probe.js';
import type { ProbeRequest } from '../gradient/probe/probe.js';
import { jsonOf } from '../gradient/report/json.js';
import { planLines } from '../gradient/report/plan-lines.js';
import { progressLines } from '../gradient/report/progress.js';
import { reportLines } from '../gradient/report/terminal.js';
import { prepareDirectory, writeReports } from '../gradient/report/write.js';
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
  const directory = prepareDirectory(request.directory ?? datedName(new Date()));
  const { record, failure, signalCode } = await measure(request, planned, context);
  const result = resultOf(record, request, assertions);
  let report = '';
  try {
    const files = writeReports(directory, result);
    report = `report: ${files.html}`;
  } finally {
    // Also when the disk is full.
    if (request.json) output.print(jsonOf(result));
    else say(...reportLines(result, columnsOf(output)));
  }
  say('', report);
  if (failure !== null) throw failure;
  if (signalCode !== null) return signalCode;
  const holds = result.assertions.every(({ passed }) => passed);
  return holds ? ExitCode.ok : ExitCode.differs;
}

/** Of a file or a pipe: tables that people can still read. */
const COLUMNS_MAX = 140;

function columnsOf(output: Output): number {
  return Math.min(output.columns(), COLUMNS_MAX);
}

/** Such as `gradient-20261123-014500`, in local time. */
function datedName(now: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const date = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return `gradient-${date}-${time}`;
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
  readonly record: GradientRecord;
  readonly failure: NetemuError | null;
  /** 128 and the number of the signal that cut it short. */
  readonly signalCode: number | null;
}

async function measure(
  request: GradientRequest,
  planned: Plan,
  context: Context,
): Promise<Outcome> {
  const { output } = context;
  const table = new LiveTable(output);
  const control = new AbortController();
  let signalCode: number | null = null;
  const undo = context.onSignal((code) => {
    if (signalCode !== null) context.leave(code);
    signalCode = code;
    control.abort();
  });
  const notice = (line: string) => {
    table.erase();
    output.complain(`netemu: ${line}`);
  };
  const startedAt = new Date().toISOString();
  const { ladder, rounds, order, seed, paired, warmupMs, durationMs } = request;
  const { steps, rules } = ladder;
  let link: GradientLink | null = null;
  let closeDemo: () => Promise<void> = async () => {};
  try {
    link = await openLink(request.link, notice);
    if (request.demo !== null) closeDemo = await request.demo.open(link.far!);
    const probe = request.demo?.probe(link.far!.ipv4) ?? request.probe;
    const measured = await measureGradient(
      link,
      {
        ...{ probe, steps, rules, rounds, order, seed, paired, warmupMs },
        counts: countsOf(request, planned),
        durationMs: durationMs ?? PLAN_DURATION_MS,
      },
      control.signal,
      (progress) => show(progress, planned, request, table, context),
    );
    const { metrics } = link.prober;
    const { segments, complete, program } = measured;
    const [failed] = segments.flatMap(({ error }) => (error === null ? [] : [error]));
    const record: GradientRecord = {
      format: RESULT_FORMAT,
      version: RESULT_VERSION,
      netemu: packageVersion(),
      ...{ startedAt, endedAt: new Date().toISOString(), complete, machine: thisMachine() },
      ...{ seed, paired, order, rounds, place: request.place, rule: request.rule },
      ...{ ladder: ladder.text, steppedKey: ladder.steppedKey },
      probe: { ...describe(probe), metrics, program },
      ...{ plan: planned, steps, segments },
    };
    return { record, failure: failed ? fromPlainError(failed) : null, signalCode };
  } finally {
    table.erase();
    undo();
    await closeDemo();
    await link?.close();
  }
}

function describe({ kind, text, settings }: ProbeRequest) {
  return { kind, text, settings };
}

/** In one segment of each step. */
function countsOf(
  { precision, rounds, count }: GradientRequest,
  { steps }: Plan,
): (number | null)[] {
  if (precision === null) return steps.map(() => count);
  return steps.map(({ samples }) => (samples === null ? null : Math.ceil(samples / rounds)));
}

function show(
  progress: MeasureProgress,
  planned: Plan,
  request: GradientRequest,
  table: LiveTable,
  { output }: Context,
): void {
  if (!output.isTerminal || request.json) return;
  table.draw(progressLines(progress, planned, request.ladder.steps, output.columns() - 1));
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
