/**
 * Devices and namespaces that the user names are looked up before anything is touched, so that a
 * slip of the pen is told as such (exit 2), also to those who forgot sudo.
 */

import * as fs from 'node:fs';
import { usageError } from '../errors.js';
import { printable, quoted } from '../rules/problem.js';

/** Errors: E_NO_DEVICE. Only for devices of the caller's own namespace. */
export function checkDevices(devices: readonly string[]): void {
  const there = deviceNames();
  for (const device of devices) {
    if (there.length === 0 || there.includes(device)) continue;
    const message = `--dev ${printable(device)}: there is no device ${quoted(device)}`;
    throw usageError('E_NO_DEVICE', message, `there are: ${there.join(', ')}`);
  }
}

/** /proc/self/net follows the network namespace; /sys/class/net shows that of its mount. */
function deviceNames(): string[] {
  let text: string;
  try {
    text = fs.readFileSync('/proc/self/net/dev', 'utf8');
  } catch {
    return [];
  }
  const lines = text.trim().split('\n').slice(2);
  return lines.map((line) => line.slice(0, line.lastIndexOf(':')).trim());
}

/** A process id, a path, or a name of ip-netns(8). Errors: E_NETNS when it is not there. */
export function checkNetns(netns: string): void {
  const spelled = `--netns ${printable(netns)}`;
  if (/^\d+$/.test(netns)) {
    if (fs.existsSync(`/proc/${netns}`)) return;
    throw usageError('E_NETNS', `${spelled}: there is no process ${netns}`);
  }
  const isPath = netns.includes('/');
  if (netns !== '' && !isMissing(isPath ? netns : `/run/netns/${netns}`)) return;
  if (isPath) throw usageError('E_NETNS', `${spelled}: there is no such file`);
  const names = namespaceNames();
  const message = `${spelled}: there is no network namespace ${quoted(netns)}`;
  const mend = names.length > 0 ? `there are: ${names.join(', ')}` : 'ip netns lists them';
  throw usageError('E_NETNS', message, mend);
}

/** What may not be looked at is there, for all we know: whoever opens it will tell. */
function isMissing(file: string): boolean {
  try {
    return fs.statSync(file, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

function namespaceNames(): string[] {
  try {
    return fs.readdirSync('/run/netns').sort();
  } catch {
    return [];
  }
}
