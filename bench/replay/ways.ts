/** What is measured: netemu with more and more to do, and others' programs that copy the same file. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { Format } from './capture.js';

const NETEMU = resolve('dist/cli/main.js');
const SEED = ['--seed', 'bench'];
/** Far above the capture's 130 Mbit/s: what is measured is the link's work, not what it drops. */
const RATE = 'rate 500mbit queue 1000p';

/** The rules of netemu's, by what the tables call them. */
const REPLAYS = {
  'no rule': [],
  loss: ['any loss 1%'],
  'loss+delay': ['any loss 1% delay 20ms'],
  'loss+delay+rate': [`any loss 1% delay 20ms ${RATE}`],
} as const satisfies Record<string, readonly string[]>;

export const REPLAY_NAMES = Object.keys(REPLAYS) as (keyof typeof REPLAYS)[];
export const REFERENCE_NAMES = ['tcpdump', 'editcap', 'tshark'] as const;
export const WAY_NAMES = [...REPLAY_NAMES, ...REFERENCE_NAMES] as const;
export type WayName = (typeof WAY_NAMES)[number];

/** Everybody writes the format that was read, and nanoseconds; but tcpdump writes no pcapng. */
export function commandOf(name: WayName, input: string, output: string, format: Format): string[] {
  const type = format === 'pcap' ? 'nsecpcap' : 'pcapng';
  switch (name) {
    case 'tcpdump':
      // It would give up root's rights before it opens the output.
      return ['tcpdump', '-Z', 'root', '--time-stamp-precision=nano', '-r', input, '-w', output];
    case 'editcap':
      return ['editcap', '-F', type, input, output];
    case 'tshark':
      return ['tshark', '-F', type, '-r', input, '-w', output];
    default:
      return [process.execPath, NETEMU, 'replay', input, ...REPLAYS[name], ...SEED, '-w', output];
  }
}

/** `tcpdump 4.99.3` for a program of others that is here, else null. */
export function versionOf(name: (typeof REFERENCE_NAMES)[number]): string | null {
  const { stdout, status } = spawnSync(name, ['--version'], { encoding: 'utf8' });
  const version = /\d+\.\d+(?:\.\d+)*/.exec(stdout ?? '')?.[0];
  return status === 0 && version !== undefined ? `${name} ${version}` : null;
}
