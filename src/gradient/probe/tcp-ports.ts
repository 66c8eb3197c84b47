/**
 * Source ports for one connection after the other. The kernel's own choice would be free to give a port
 * twice within a segment, and the emulator would take the second connection for more of the first flow:
 * from there on no sample would meet the same draws as its pairs in other steps.
 *
 * So they go up, through segments too: a server that never got the end of a connection still has it, and
 * answers a new SYN from the same port as a part of the old one (RFC 9293, 3.10.7.4), a second late.
 */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';

const RANGE_FILE = '/proc/sys/net/ipv4/ip_local_port_range';

/** The kernel's default, where it does not tell. */
const RANGE_UNLESS = [32_768, 60_999] as const;

export class TcpPorts {
  readonly #first: number;
  readonly #count: number;
  #next: number;

  /** `start`: how far into the range; somewhere, for the sake of a server that has met an earlier program. */
  constructor([first, last] = localPortRange(), start = randomInt(last - first + 1)) {
    this.#first = first;
    this.#count = last - first + 1;
    this.#next = start;
  }

  /** How many there are before the first comes again. */
  get count(): number {
    return this.#count;
  }

  next(): number {
    const port = this.#first + this.#next;
    this.#next = (this.#next + 1) % this.#count;
    return port;
  }
}

/** First and last port that programs may have without asking for it, in this network namespace. */
function localPortRange(): readonly [number, number] {
  try {
    const [first, last] = readFileSync(RANGE_FILE, 'utf8').trim().split(/\s+/).map(Number);
    return first! > 0 && last! >= first! ? [first!, last!] : RANGE_UNLESS;
  } catch {
    return RANGE_UNLESS;
  }
}
