/**
 * Both captures, compared by the same bytes: where one of them cut its packets short (tcpdump -s), only
 * so much of each packet counts in the other one, too. That shows while reading, so they may be read
 * twice.
 */

import { usageError } from '../../errors.js';
import { type Capture, type CaptureOptions, readCapture } from './capture.js';

export interface Captures {
  readonly sent: Capture;
  readonly received: Capture;
  /** Bytes of each packet that were compared, from its IP header on; Infinity: all. */
  readonly bytesMax: number;
}

/** Errors: E_FILE, E_ZSTD, E_DIFF_LIMIT, E_DIFF_STDIN. */
export async function readCaptures(
  sentPath: string,
  receivedPath: string,
  options: Omit<CaptureOptions, 'bytesMax'>,
): Promise<Captures> {
  if (sentPath === '-' && receivedPath === '-') {
    throw usageError('E_FILE', 'both captures cannot come from standard input', 'give a file');
  }
  let bytesMax = Number.POSITIVE_INFINITY;
  for (;;) {
    const sent = await readCapture(sentPath, { ...options, bytesMax });
    if (sent.shortestBytes < bytesMax) {
      bytesMax = sent.shortestBytes;
      refuseAgain(sentPath);
      continue;
    }
    const received = await readCapture(receivedPath, { ...options, bytesMax });
    if (received.shortestBytes >= bytesMax) return { sent, received, bytesMax };
    bytesMax = received.shortestBytes;
    refuseAgain(sentPath);
    refuseAgain(receivedPath);
  }
}

function refuseAgain(path: string): void {
  if (path !== '-') return;
  throw usageError(
    'E_DIFF_STDIN',
    'packets are cut short, so both captures have to be read again, which standard input cannot',
    'write it to a file first',
  );
}
