/**
 * Source ports of one segment's lookups over UDP. Sample k has the same port at each step, and no other of
 * the first 28,000 has it: to the emulator, and to servers that share out their load by flow, lookup k is
 * the same flow at each step. It is not where lookups go on from further ports (`pairingOf` in
 * dns-settings.ts).
 */
import { PAIRED_SAMPLES_MAX } from './pairing.js';

/** The kernel's own range, in which resolvers' sockets have theirs. */
const FIRST = 32_768;

/** For sockets that not each sample needs; what else is in that range is up to chance. */
const SPARE_FIRST = 24_768;
const SPARE_COUNT = 8_000;

export class DnsPorts {
  #spares = 0;

  of(index: number): number {
    return FIRST + (index % PAIRED_SAMPLES_MAX);
  }

  /** For a further try, or instead of a port that another program has. */
  spare(): number {
    return SPARE_FIRST + (this.#spares++ % SPARE_COUNT);
  }
}
