/**
 * The prober as netemu sees it: a process that somebody has started where the traffic is. It is asked for one
 * thing at a time; when it dies, what was asked for last fails.
 */
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { fromPlainError, type NetemuError, runtimeError } from '../../errors.js';
import type { MetricSpec, ProbeRequest, SegmentRequest } from '../probe/probe.js';
import type { ProbedSegment, ProberOrder, ProberReport } from './protocol.js';

/** The program and its argument. */
export const PROBER: readonly string[] = [
  process.execPath,
  fileURLToPath(new URL('./prober-main.js', import.meta.url)),
];

/**
 * A prober that was asked to end, or to cut a segment, is given so long: it closes what its probe has open.
 */
const PATIENCE_MS = 4_000;

type ReadyReport = Extract<ProberReport, { kind: 'ready' }>;

export class Prober {
  metrics: readonly MetricSpec[] = [];
  onProgress: (samples: number, failed: number) => void = () => {};
  readonly #child: ChildProcess;
  readonly #ended: Promise<NetemuError>;
  #answer: (report: ProberReport) => void = () => {};
  #isAsked = false;
  #impatience: NodeJS.Timeout | undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      const end = (how: string) =>
        resolve(runtimeError('E_PROBER', `the prober's process has ended: ${how}`));
      child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
      child.once('error', ({ message }) => end(message));
    });
    child.on('message', (report: ProberReport) => {
      if (report.kind === 'progress') this.onProgress(report.samples, report.failed);
      else this.#answer(report);
    });
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Returns version and path of the program that the probe drives, or null. Errors: the probe's. */
  async prepare(request: ProbeRequest): Promise<string | null> {
    const { metrics, program } = (await this.#ask({ kind: 'prepare', request })) as ReadyReport;
    this.metrics = metrics;
    return program;
  }

  async measure(segment: SegmentRequest): Promise<ProbedSegment> {
    const report = await this.#ask({ kind: 'segment', segment });
    const { probed, metrics } = report as Extract<ProberReport, { kind: 'segment' }>;
    this.metrics = metrics;
    return probed;
  }

  /** The segment that is being measured ends early; a prober that does not answer any more is ended. */
  cut(): void {
    if (!this.#isAsked || !this.#child.connected) return;
    this.#child.send({ kind: 'cut' } satisfies ProberOrder);
    this.#impatience ??= setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS);
  }

  async end(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    if (this.hasEnded) return;
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS);
    await this.#ended;
    clearTimeout(kill);
  }

  async #ask(order: ProberOrder): Promise<ProberReport> {
    const answered = new Promise<ProberReport>((resolve) => {
      this.#answer = resolve;
    });
    if (this.#child.connected) this.#child.send(order);
    this.#isAsked = true;
    const report = await Promise.race([answered, this.#ended]);
    this.#isAsked = false;
    clearTimeout(this.#impatience);
    this.#impatience = undefined;
    if (report instanceof Error) throw report;
    if (report.kind === 'failed') throw fromPlainError(report.error);
    return report;
  }
}
