/**
 * Frames that the kernel dropped at a device: on the way into it, for example because a TAP's queue was full
 * (transmit), or on the way out of it (receive). From /proc/net/dev, which unlike /sys shows the namespace
 * that this process is in.
 */
import { readFileSync } from 'node:fs';

/** Receive has eight columns, then transmit: bytes, packets, errs, drop. */
const RECEIVE_DROP_COLUMN = 3;
const TRANSMIT_DROP_COLUMN = 11;

interface Drops {
  readonly received: number;
  readonly transmitted: number;
}

/** Summed over the devices; those that are gone count nothing. */
export function readDrops(names: readonly string[]): Drops {
  return parseDrops(readFileSync('/proc/self/net/dev', 'latin1'), names);
}

export function parseDrops(text: string, names: readonly string[]): Drops {
  let received = 0;
  let transmitted = 0;
  for (const line of text.split('\n')) {
    // "  eth0: 1 2 …"; names hold no colon but in aliases, which are not listed.
    const colon = line.indexOf(':');
    if (colon < 0 || !names.includes(line.slice(0, colon).trim())) continue;
    const columns = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/);
    received += Number(columns[RECEIVE_DROP_COLUMN]);
    transmitted += Number(columns[TRANSMIT_DROP_COLUMN]);
  }
  return { received, transmitted };
}
