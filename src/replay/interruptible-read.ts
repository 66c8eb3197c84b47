/** Reading from a source that may have nothing for an hour, for somebody who may be told to stop. */
import type { CaptureSource } from '../pcap/capture-source.js';

/** As `source.read`, and 0 as soon as `signal` says so: what comes then is nobody's. */
export function readUnlessAborted(
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
