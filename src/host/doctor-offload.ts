/**
 * How packets cross a TUN or TAP here: whole trains or one by one, many to a system call or each in a call
 * of its own. Where it is the lesser, nothing is missing; packets are only dearer. Found out by trying, on
 * a device in a network namespace that is thrown away.
 */

import * as fs from 'node:fs';
import { NetemuError } from '../errors.js';
import { BATCH_CALLS, CallBatch } from '../tun/batch.js';
import { openBatch } from '../tun/ring.js';
import { addressOf, close, ioUringSetup } from '../tun/sys.js';
import { Offload, openTun, TunKind } from '../tun/tun-device.js';
import type { Check } from './doctor.js';
import { UnnamedNamespace } from './unnamed-namespace.js';

const DEVICE = 'netemu-doctor';

/** By the kernel's names, as ethtool has them. */
const OFFLOADS = [
  ['CSUM', Offload.checksum],
  ['TSO4', Offload.tcp4],
  ['TSO6', Offload.tcp6],
  ['USO4', Offload.udp4],
  ['USO6', Offload.udp6],
] as const;

/** One line of the report on the calls, one on the trains. */
export function tryTunDevice(): Check[] {
  try {
    return inNamespace(() => {
      const { fd, offload } = openTun(DEVICE, TunKind.tap, true);
      try {
        return [found('tun calls', callsOn(fd)), found('tun offload', trainsBy(offload))];
      } finally {
        close(fd);
      }
    });
  } catch (error) {
    if (!(error instanceof NetemuError)) throw error;
    const { message: detail, mend = null } = error;
    return [{ name: 'tun device', result: 'missing', detail, mend }];
  }
}

function inNamespace<T>(action: () => T): T {
  const namespace = new UnnamedNamespace();
  try {
    return namespace.within(action);
  } finally {
    namespace.close();
  }
}

function callsOn(fd: number): string {
  const batch = openBatch(fd);
  batch.close();
  if (batch instanceof CallBatch) return `a system call for each packet, as ${whyNoRing()}`;
  return `io_uring, up to ${BATCH_CALLS} packets to a system call`;
}

const DISABLED = '/proc/sys/kernel/io_uring_disabled';
/** `struct io_uring_params`. */
const PARAMETERS_BYTES = 120;
const EPERM = 1;
const ENOSYS = 38;

function whyNoRing(): string {
  const parameters = new Uint8Array(PARAMETERS_BYTES);
  const ring = ioUringSetup(1, addressOf(parameters));
  if (ring >= 0) {
    close(ring);
    return 'io_uring does this at once only since Linux 6.4';
  }
  if (ring === -ENOSYS) return 'this kernel has no io_uring';
  if (ring !== -EPERM) return `io_uring fails with error ${-ring}`;
  const disabled = fs.existsSync(DISABLED) ? fs.readFileSync(DISABLED, 'latin1').trim() : '0';
  if (disabled !== '0') return `kernel.io_uring_disabled is ${disabled}`;
  return 'io_uring is refused here (containers do that)';
}

/** `offload`: bits of `Offload`. */
export function trainsBy(offload: number): string {
  const names = OFFLOADS.flatMap(([name, bit]) => ((offload & bit) === 0 ? [] : [name])).join(', ');
  if ((offload & Offload.tcp4) === 0) return `packets one by one (offloads: ${names || 'none'})`;
  if ((offload & Offload.udp4) !== 0) return `super-packets by ${names}`;
  return `super-packets by ${names}; USO, for those of UDP, came with Linux 6.2`;
}

function found(name: string, detail: string): Check {
  return { name, result: 'ok', detail, mend: null };
}
