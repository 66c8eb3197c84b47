/**
 * The clock of probes: sample k is due k/rate after the segment's start, whatever became of those before
 * (an open loop). A probe that waited for its answers would ask less of a service just when that is slow,
 * and would not notice (coordinated omission).
 */
import type { SampleSink, SegmentRequest } from './probe.js';

/** Timers count whole milliseconds, so that the last one before a sample is due is spent looking. */
const LOOKING_MS = 1;

/** … unless samples follow one another so closely that looking would take up the processor. */
const LOOKING_GAP_MS = 10;

/**
 * Calls `begin` for each sample in order, and tells the sink how late that was; samples that are overdue
 * begin at once. Resolves when the last one has begun, or when the signal aborts.
 */
export async function paced(
  segment: SegmentRequest,
  ratePerSecond: number,
  begin: (index: number, atMs: number) => void,
  sink: SampleSink,
  signal: AbortSignal,
): Promise<void> {
  const startMs = performance.now();
  const dueMs = (index: number) => (index * 1_000) / ratePerSecond;
  const isOver = (index: number) =>
    signal.aborted ||
    index >= (segment.count ?? Number.POSITIVE_INFINITY) ||
    dueMs(index) >= (segment.durationMs ?? Number.POSITIVE_INFINITY);
  const lookingMs = dueMs(1) >= LOOKING_GAP_MS ? LOOKING_MS : 0;
  let next = 0;
  for (;;) {
    // Those that become due meanwhile come after what has been received, so that a probe that
    // cannot keep up still hears the answers.
    const wokenMs = performance.now() - startMs;
    while (!isOver(next) && dueMs(next) <= wokenMs) {
      const atMs = performance.now() - startMs;
      sink.begunLate(atMs - dueMs(next));
      begin(next++, atMs);
    }
    if (isOver(next)) return;
    await soon(dueMs(next) - (performance.now() - startMs) - lookingMs, signal);
  }
}

/** At the latest when the signal aborts; a wait of nothing still lets the event loop turn once. */
function soon(waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (waitMs <= 0) {
      setImmediate(resolve);
      return;
    }
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, waitMs);
    signal.addEventListener('abort', end);
  });
}
