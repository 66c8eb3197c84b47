/**
 * Source ports of one segment's lookups over UDP. Sample k has the same port in each step, and no other
 * sample has it before 28,000 have passed: to the emulator, and to servers that share out their load by
 * flow, a step's traffic is the same as the others'.
 */

/** The kernel's own range, in which resolvers' sockets have theirs. */
const FIRST = 32_768;
const COUNT = 28_000;

/** For sockets that not each sample needs; what else is in that range is up to chance. */
const SPARE_FIRST = 24_768;
const SPARE_COUNT = 8_000;

export class DnsPorts {
  #spares = 0;

  of(index: number): number {
    return FIRST + (index % COUNT);
  }

  /** For a further try, or instead of a port that another program has. */
  spare(): number {
    return SPARE_FIRST + (this.#spares++ % SPARE_COUNT);
  }
}
