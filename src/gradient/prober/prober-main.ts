/**
 * The prober's process: runs one probe, segment by segment, where the traffic is (it inherits its network
 * namespace), and says what it found. It has a process of its own so that neither the emulator nor the
 * report disturbs its timing; it ends with the channel to netemu.
 */
import { setMaxListeners } from 'node:events';
import { runtimeError, toPlainError } from '../../errors.js';
import { makeProbe } from '../probe/make-probe.js';
import type { MetricSpec, Probe, ProbeRequest, SegmentRequest } from '../probe/probe.js';
import { grown, readSystemCounters } from '../probe/system-counters.js';
import { Collector } from './collector.js';
import type { ProbedSegment, ProberOrder, ProberReport } from './protocol.js';

/** Often enough for a bar that moves. */
const PROGRESS_MS = 200;

let probe: Probe | null = null;
let running: AbortController | null = null;
let isLeaving = false;
const metrics = new Map<string, MetricSpec>();

function say(report: ProberReport, then: () => void = () => {}): void {
  if (process.connected) process.send!(report, then);
}

process.on('message', (order: ProberOrder) => {
  if (order.kind === 'prepare') void prepare(order.request);
  else if (order.kind === 'segment') void measure(order.segment);
  else running?.abort();
});
process.on('disconnect', () => {
  running?.abort();
  void leave();
});
// These reach all processes of a terminal; netemu says when this one is to end.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
// An instance of `run` that is ended asks its command to end: what was measured is said before.
process.on('SIGTERM', () => {
  isLeaving = true;
  if (running === null) void leave();
  else running.abort();
});

async function leave(): Promise<void> {
  try {
    await probe?.close();
  } finally {
    process.exit(0);
  }
}

async function prepare(request: ProbeRequest): Promise<void> {
  try {
    const made = await makeProbe(request);
    probe = made;
    const program = await made.prepare();
    for (const spec of made.metrics) metrics.set(spec.name, spec);
    say({ kind: 'ready', metrics: [...metrics.values()], program });
  } catch (error) {
    say({ kind: 'failed', error: toPlainError(error) });
  }
}

async function measure(segment: SegmentRequest): Promise<void> {
  const collector = new Collector(metrics);
  const control = new AbortController();
  // Each sample that is open listens for the end.
  setMaxListeners(0, control.signal);
  running = control;
  const progress = setInterval(
    () => say({ kind: 'progress', samples: collector.count, failed: collector.failed }),
    PROGRESS_MS,
  );
  const before = readSystemCounters();
  const beganMs = performance.now();
  let error: ProbedSegment['error'] = null;
  try {
    if (probe === null) throw runtimeError('E_PROBER', 'the probe was not prepared');
    await probe.run(segment, collector, control.signal);
  } catch (thrown) {
    error = toPlainError(thrown);
  }
  clearInterval(progress);
  running = null;
  const isCut = control.signal.aborted || error !== null;
  const probed: ProbedSegment = {
    ...collector.collected(isCut),
    durationMs: performance.now() - beganMs,
    system: grown(before, readSystemCounters()),
    cut: isCut,
    error,
  };
  const report = { kind: 'segment', probed, metrics: [...metrics.values()] } as const;
  say(report, () => isLeaving && void leave());
}
