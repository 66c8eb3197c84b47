/**
 * Any command as a probe: run once for each sample, one after the other. How long it took is measured, how it
 * ended says whether it failed, and the numbers that it prints become metrics.
 */
import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { NetemuError, usageError } from '../../errors.js';
import { checkCommand, findExecutable } from '../../host/executable.js';
import { type ChildEnd, runChild } from './child.js';
import { LastLines, lastLineOf } from './command-output.js';
import { type Found, readOutput } from './found.js';
import {
  FAILED,
  type MakeProbe,
  type MetricSpec,
  type Probe,
  type SampleSink,
  type SegmentRequest,
} from './probe.js';

/** Of standard output. A summary stands at the end, so that is kept as well. */
const KEEP_BYTES = 1024 * 1024;
/** All outputs of a ladder together: each metric is a column of a table. */
const METRICS_MAX = 64;
/** Different ones of a segment. */
const FAILURE_NOTES_MAX = 5;
/** After a command that could not even be started; else there are thousands of them in a second. */
const PAUSE_MS = 100;
/** The longest time of node's timers, 24 days. */
const FOREVER_MS = 2 ** 31 - 1;

const DURATION: MetricSpec = {
  name: 'duration',
  kind: 'time',
  better: 'lower',
  says: 'from the start of the command to its end, of those that went well',
  main: true,
};

const CUT = 'the command prints more than 1 MiB: its middle is not read';

const CANNOT_START: Readonly<Record<string, string>> = {
  ENOENT: 'not found',
  EACCES: 'not executable',
};

export const makeCommandProbe: MakeProbe = ({ argv, settings }): Probe => {
  const timeoutMs = Math.min(Number(settings.timeoutMs) || FOREVER_MS, FOREVER_MS);
  const reporter = new Reporter();
  return {
    metrics: [DURATION, FAILED],
    prepare: async () => programOf(argv),
    run: async (segment, sink, signal) => {
      const startMs = performance.now();
      const isMore = (index: number) => {
        if (segment.count !== null) return index < segment.count;
        return index === 0 || performance.now() - startMs < (segment.durationMs ?? 0);
      };
      const failures = new FailureNotes(sink);
      for (let index = 0; isMore(index) && !signal.aborted; index++) {
        const atMs = performance.now() - startMs;
        const last = new LastLines();
        const end = await runChild({
          argv,
          environment: environmentOf(segment, index),
          ...{ timeoutMs, signal, keepBytes: KEEP_BYTES },
          onStdoutLine: (line) => last.add(line),
        });
        if (end.aborted) return;
        const stdout = end.isCut ? `${end.stdout}\n${last.text}` : end.stdout;
        const found = readOutput(stdout);
        const failure = failureOf(end, found);
        if (failure !== null) failures.add(failure, end, stdout);
        // Half of an output says something else than the whole.
        const isWhole = end.code !== null && !end.timedOut;
        const values = isWhole ? reporter.report(found, sink) : {};
        // Warm-up (round −1) is thrown away, and its notes with it.
        if (failure === null && segment.round >= 0) reporter.noteIfNothing(found, sink);
        if (isWhole && end.isCut) sink.note(CUT);
        if (failure === null) values.duration = end.durationMs;
        sink.add({ index, atMs, failure, values });
        if (end.error !== null) await setTimeout(PAUSE_MS);
      }
    },
    close: async () => {},
  };
};

/** Its path. Errors: E_PROGRAM. */
function programOf(argv: readonly string[]): string | null {
  const name = argv[0] ?? '';
  try {
    checkCommand(name);
  } catch (error) {
    if (!(error instanceof NetemuError)) throw error;
    const mend =
      'behind -- stands a program that can be found in PATH, or its path, then its arguments';
    throw usageError('E_PROGRAM', `the command cannot be run: ${error.message}`, mend);
  }
  const path = findExecutable(name);
  return path === null ? null : resolve(path);
}

function environmentOf({ step, label, round }: SegmentRequest, index: number) {
  return {
    NETEMU_STEP: String(step),
    NETEMU_LABEL: label,
    NETEMU_ROUND: String(round),
    NETEMU_SAMPLE: String(index),
  };
}

/** Null: it went well. */
function failureOf({ error, timedOut, signal, code }: ChildEnd, found: Found): string | null {
  if (error !== null) return CANNOT_START[error.code] ?? `cannot start: ${error.code}`;
  if (timedOut) return 'timeout';
  if (signal !== null) return `signal ${signal}`;
  if (found.failure !== null) return found.failure;
  return code === 0 ? null : `exit ${code}`;
}

/** What commands say when they fail: often the same, sometimes with a number that is another each time. */
class FailureNotes {
  readonly #sink: SampleSink;
  readonly #lines = new Set<string>();

  constructor(sink: SampleSink) {
    this.#sink = sink;
  }

  add(failure: string, { error, stderr }: ChildEnd, stdout: string): void {
    if (this.#lines.size === FAILURE_NOTES_MAX) return;
    const line = error?.message ?? (lastLineOf(stderr) || complaintIn(stdout));
    if (line === '') return;
    this.#lines.add(`${failure}: ${line}`);
    this.#sink.note(`${failure}: ${line}`);
  }
}

/** Some complain on standard output, such as wrk; JSON there is no complaint. */
function complaintIn(stdout: string): string {
  const line = lastLineOf(stdout);
  return /[{}]/.test(line) ? '' : line;
}

/** Makes metrics of numbers; what one output has is known for the next. */
class Reporter {
  readonly #specs = new Map<string, MetricSpec>();
  #hasNoted = false;

  report(found: Found, sink: SampleSink): Record<string, number> {
    const values: Record<string, number> = {};
    for (const { spec, value } of found.numbers) {
      const known = this.#specs.get(spec.name);
      if (known === undefined && this.#specs.size === METRICS_MAX) {
        sink.note(
          `the command prints more than ${METRICS_MAX} different numbers: others are left out`,
        );
        continue;
      }
      // The same name in another unit is another thing.
      if (known !== undefined && known.kind !== spec.kind) continue;
      this.#specs.set(spec.name, known ?? spec);
      sink.metric(spec);
      values[spec.name] = value;
    }
    for (const note of found.notes) sink.note(`the command's output: ${note}`);
    return values;
  }

  noteIfNothing({ numbers, notes }: Found, sink: SampleSink): void {
    if (this.#hasNoted || numbers.length + notes.length > 0) return;
    this.#hasNoted = true;
    sink.note('the command printed no numbers that netemu knows: only its duration is measured');
  }
}
