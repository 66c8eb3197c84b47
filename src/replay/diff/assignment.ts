/**
 * Which of several packets with the same bytes is which. They arrive in the order in which they were sent;
 * where fewer arrive, those are lost whose times fit worst, and where more do, the rest are copies.
 */

/** How badly the delay between two packets fits, of sent packet `sent` and arrived packet `arrived`. */
type Misfit = (sent: number, arrived: number) => number;

export interface Assignment {
  /** By sent packet: which one it arrived as, or −1 when it was lost. */
  readonly arrivals: readonly number[];
  /** By arrived packet: of which sent packet it is a copy, or −1 when it is none. */
  readonly copyOf: readonly number[];
}

export function assign(sent: number, arrived: number, misfit: Misfit): Assignment {
  return sent >= arrived ? withLosses(sent, arrived, misfit) : withCopies(sent, arrived, misfit);
}

function withLosses(sent: number, arrived: number, misfit: Misfit): Assignment {
  const arrivals = new Array<number>(sent).fill(-1);
  let from = 0;
  for (let to = 0; to < arrived; to++) {
    // As long as there are enough left for those that are still to come.
    while (sent - from > arrived - to && misfit(from + 1, to) < misfit(from, to)) from++;
    arrivals[from++] = to;
  }
  return { arrivals, copyOf: new Array<number>(arrived).fill(-1) };
}

function withCopies(sent: number, arrived: number, misfit: Misfit): Assignment {
  const arrivals = new Array<number>(sent).fill(-1);
  const copyOf = new Array<number>(arrived).fill(-1);
  let to = 0;
  for (let from = 0; from < sent; from++) {
    // The first to arrive is the packet itself.
    const before = from - 1;
    while (before >= 0 && arrived - to > sent - from && misfit(before, to) < misfit(from, to)) {
      copyOf[to++] = before;
    }
    arrivals[from] = to++;
  }
  while (to < arrived) copyOf[to++] = sent - 1;
  return { arrivals, copyOf };
}
