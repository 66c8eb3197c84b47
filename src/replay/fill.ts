/** How a reader comes by its bytes, from a source that may have nothing for an hour. */
import type { CaptureReader } from '../pcap/capture-reader.js';
import { CaptureFault, type CaptureSource } from '../pcap/capture-source.js';

/**
 * Reads what comes next into the reader's `window`, or finishes the reader: where there is no more, when
 * `signal` says so, and at a fault of the source, which is returned. Errors: those of the source but
 * faults.
 */
export async function fill(
  reader: CaptureReader,
  source: CaptureSource,
  window: Uint8Array,
  signal?: AbortSignal,
): Promise<CaptureFault | null> {
  const room = reader.room();
  try {
    const count = await readUnlessAborted(source, window, reader.fillAt, room, signal);
    if (count === 0) reader.finish();
    else reader.filled(count);
    return null;
  } catch (error) {
    if (!(error instanceof CaptureFault)) throw error;
    reader.finish();
    return error;
  }
}

/** As `source.read`, and 0 as soon as `signal` says so: what comes then is nobody's. */
function readUnlessAborted(
  source: CaptureSource,
  into: Uint8Array,
  at: number,
  count: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  if (signal?.aborted) return Promise.resolve(0);
  const reading = source.read(into, at, count);
  if (signal === undefined) return reading;
  return new Promise((resolve, reject) => {
    const end = () => resolve(0);
    signal.addEventListener('abort', end);
    const settled = () => signal.removeEventListener('abort', end);
    reading.then(resolve, reject).finally(settled);
  });
}
