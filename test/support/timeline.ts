/**
 * What a receiver misses of a steady stream, and when: the times are those at which the sender sent, so
 * that delays on the way do not blur them.
 */
import type { NetnsLab, Running } from './netns-lab.js';
import { type Received, Receiver } from './traffic.js';

/** No stream is longer, whatever becomes of the test. */
const SECONDS_MAX = 60;

/** Packets that did not come, between two that did. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
  readonly lost: number;
}

export interface Timeline {
  readonly received: Received;
  readonly gaps: readonly Gap[];
  /** When each packet was sent, from the first one to the last one that came; those lost by their neighbours. */
  readonly sent: readonly { readonly ms: number; readonly isLost: boolean }[];
}

/** One packet each millisecond from near to far until `stop`. */
export class Stream {
  readonly #sender: Running;
  readonly #receiver: Receiver;

  constructor(sender: Running, receiver: Receiver) {
    this.#sender = sender;
    this.#receiver = receiver;
  }

  /** Resolves when packets flow. */
  static async start(lab: NetnsLab, address: string, port: number, bytes = 64): Promise<Stream> {
    const receiver = await Receiver.start(lab, lab.far, address, port);
    const args = [address, port, SECONDS_MAX * 1_000, 1, bytes];
    return new Stream(lab.program(lab.near, 'udp-send.mjs', ...args), receiver);
  }

  async stop(): Promise<Timeline> {
    await this.#sender.end('SIGTERM');
    const received = await this.#receiver.stop();
    return timelineOf(received);
  }
}

/** `nowMs` of the times in a timeline. */
export function nowMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

function timelineOf(received: Received): Timeline {
  const inOrder = received.numbers
    .map((number, i) => ({ number, ms: received.sentMs[i] }))
    .sort((a, b) => a.number - b.number);
  const gaps: Gap[] = [];
  const sent: { ms: number; isLost: boolean }[] = [];
  for (const [i, { number, ms }] of inOrder.entries()) {
    const before = inOrder[i - 1] ?? { number: number - 1, ms };
    const steps = number - before.number;
    if (steps > 1) gaps.push({ fromMs: before.ms, toMs: ms, lost: steps - 1 });
    for (let step = 1; step <= steps; step++) {
      sent.push({ ms: before.ms + ((ms - before.ms) * step) / steps, isLost: step < steps });
    }
  }
  return { received, gaps, sent };
}
