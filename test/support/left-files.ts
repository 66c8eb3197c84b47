/** The files that instances of a lab have left: in their runtime directory, and in the one that all runs share. */
import { readdirSync } from 'node:fs';
import { commonDir } from '../../src/control/runtime-dir.js';
import { FORWARDING_STATE } from '../../src/host/state-files.js';
import { check, close, O_RDONLY, open } from '../../src/tun/sys.js';
import { enterNetworkNamespace, networkCookie } from '../../src/tun/sys-process.js';
import type { NetnsLab } from './netns-lab.js';

export function leftFiles({ near, runtimeDir }: NetnsLab): string[] {
  const own = `-${cookieOf(near)}-`;
  const shared = readdirSync(commonDir()).filter(
    (file) => file.startsWith(FORWARDING_STATE) && file.includes(own),
  );
  return [...readdirSync(runtimeDir).filter((file) => file !== 'lock'), ...shared];
}

function cookieOf(namespace: string): bigint {
  const home = check(open('/proc/thread-self/ns/net', O_RDONLY), 'open the own namespace');
  const there = check(open(`/run/netns/${namespace}`, O_RDONLY), `open ${namespace}`);
  try {
    check(enterNetworkNamespace(there), `enter ${namespace}`);
    return networkCookie();
  } finally {
    check(enterNetworkNamespace(home), 'go home');
    close(there);
    close(home);
  }
}
