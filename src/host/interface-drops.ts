/**
 * Frames that the kernel dropped on their way into a device, for example because a TAP's queue was
 * full: the transmit-drop column of /proc/net/dev, which unlike /sys shows the namespace that this
 * process is in.
 */
import { readFileSync } from 'node:fs';

/** Receive has eight columns, then transmit: bytes, packets, errs, drop. */
const TRANSMIT_DROP_COLUMN = 11;

export function transmitDrops(names: readonly string[]): number {
  return parseTransmitDrops(readFileSync('/proc/self/net/dev', 'latin1'), names);
}

export function parseTransmitDrops(text: string, names: readonly string[]): number {
  let drops = 0;
  for (const line of text.split('\n')) {
    // "  eth0: 1 2 …"; names hold no colon but in aliases, which are not listed.
    const colon = line.indexOf(':');
    if (colon < 0 || !names.includes(line.slice(0, colon).trim())) continue;
    const columns = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/);
    drops += Number(columns[TRANSMIT_DROP_COLUMN]);
  }
  return drops;
}
