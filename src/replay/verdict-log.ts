/**
 * What became of each packet, as one line of JSON each, in the order of the capture. Times are nanoseconds
 * after the first packet's.
 *
 *     {"packet":17,"timeNs":20000312,"flow":"udp 192.0.2.1:5353 > 192.0.2.2:53","direction":"out",
 *      "rule":"udp:53","flowNumber":3,"ordinal":2,"verdict":"passed","stage":"delay","releaseNs":40000312,
 *      "effects":["corrupted"]}
 */
import type { Fate } from '../netem/fates.js';
import { Endpoints } from './endpoints.js';
import { verdictOf } from './packet-verdict.js';
import type { Arrival, ReplayObserver } from './passage.js';
import { TextFile } from './text-file.js';

export class VerdictLog implements ReplayObserver {
  /** The replay's, which is made after this. */
  ruleNames: readonly string[] = [];
  readonly #file: TextFile;
  readonly #endpoints = new Endpoints();
  /** [0]: the engine's time of the first packet. */
  readonly #zeroNs = new Float64Array(1);
  #arrived = 0;
  #decided = 0;

  /** `-` is standard output. Errors: E_FILE. */
  constructor(path: string) {
    this.#file = TextFile.open(path);
  }

  arrived(arrival: Arrival): void {
    if (this.#arrived++ === 0) this.#zeroNs[0] = arrival.nowNs[0];
    this.#endpoints.push(arrival);
  }

  /** Errors: E_OUTPUT. */
  decided(fate: Fate): void {
    const flow = this.#endpoints.shift();
    const verdict = verdictOf(fate, this.#decided++, flow, this.ruleNames, this.#zeroNs[0]);
    this.#file.write(`${JSON.stringify(verdict)}\n`);
  }

  /** The last call. Errors: E_OUTPUT. */
  close(): void {
    this.#file.close();
  }

  /** The last call where the replay failed, which is what matters then. */
  abandon(): void {
    try {
      this.#file.close();
    } catch {}
  }
}
