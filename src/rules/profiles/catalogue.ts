/** The profiles there are, and what stands in place of those that netemu cannot offer. */

import { ACCESS_LINKS } from './access-links.js';
import { INTEROP_CASES } from './interop-runner.js';
import type { Profile } from './profile.js';
import { SIMULATOR_SCENARIOS } from './simulator.js';

export const PROFILES: readonly Profile[] = [
  ...ACCESS_LINKS,
  ...SIMULATOR_SCENARIOS,
  ...INTEROP_CASES,
];

export const PROFILE_NAMES: readonly string[] = PROFILES.map(({ name }) => name);

/** Names that users of the simulator and the runner know, and why they are none here. */
export const NOT_OFFERED: Readonly<Record<string, string>> = {
  'tcp-cross-traffic': 'netemu makes no traffic of its own: run iperf3 -C reno through simple-p2p',
  'udp-cross-traffic': 'netemu makes no traffic of its own: run iperf3 -u through simple-p2p',
  crosstraffic: 'netemu makes no traffic of its own: run iperf3 -C cubic through goodput',
};

export function findProfile(name: string): Profile | undefined {
  return PROFILES.find((profile) => profile.name === name.toLowerCase());
}
