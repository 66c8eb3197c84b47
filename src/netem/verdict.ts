/** What a driver is told of a packet that it presents to the engine. */

export const Verdict = {
  /** It writes the packet on now. */
  pass: 0,
  /** The engine has a copy. */
  held: 1,
  /** Nobody wants it. */
  drop: 2,
  /** Of a super-packet: it writes some runs of it on. */
  runs: 3,
  /** Of a super-packet: nothing was done, the segments have to be presented one by one. */
  split: 4,
} as const;
