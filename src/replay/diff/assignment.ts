/**
 * Which of several packets with the same bytes is which. They arrive in the order in which they were sent;
 * where fewer arrive, those are lost whose times fit worst, and where more do, the rest are copies. Only
 * where times cannot be right some are lost and others are copies.
 */

/** How badly the delay between two packets fits, of sent packet `sent` and arrived packet `arrived`. */
type Misfit = (sent: number, arrived: number) => number;

export interface Assignment {
  /** By sent packet: which one it arrived as, or −1 when it was lost. */
  readonly arrivals: readonly number[];
  /** By arrived packet: of which sent packet it is a copy, or −1 when it is none. */
  readonly copyOf: readonly number[];
}

/** `misfitMax`: what is worse cannot be. */
export function assign(
  sent: number,
  arrived: number,
  misfit: Misfit,
  misfitMax = Number.POSITIVE_INFINITY,
): Assignment {
  const arrivals = new Array<number>(sent).fill(-1);
  const copyOf = new Array<number>(arrived).fill(-1);
  let [from, to, last] = [0, 0, -1];
  while (from < sent && to < arrived) {
    const surplus = sent - from - (arrived - to);
    const now = misfit(from, to);
    const cannotBe = now > misfitMax;
    const isNext = from + 1 < sent && misfit(from + 1, to) < now;
    const isBefore = last >= 0 && misfit(last, to) < now;
    if (isNext && (surplus > 0 || cannotBe)) {
      from++;
    } else if (isBefore && (surplus < 0 || cannotBe)) {
      copyOf[to++] = last;
    } else {
      last = from;
      arrivals[from++] = to++;
    }
  }
  while (to < arrived) copyOf[to++] = last;
  return { arrivals, copyOf };
}
