/**
 * The two TUN/TAP devices of each impaired device: `tx` gets what the device sends, `rx` what it
 * receives. Nothing of them is persistent: they, their tc filter and their settings vanish with the
 * file descriptors.
 */
import { LinkType } from '../packet/packet-view.js';
import { hasOffload } from '../tun/live-config.js';
import { formatMac, hostTag } from '../tun/reentry-tags.js';
import { openTun, TunKind } from '../tun/tun-device.js';
import type { Device } from './devices.js';
import { runProgram } from './program.js';
import { lackOfRedirect } from './requirements.js';

export interface TapNames {
  readonly tx: string;
  /** Empty on the loopback device: what it sends is what it receives. */
  readonly rx: string;
}

export interface Taps extends TapNames {
  readonly txFd: number;
  readonly rxFd: number;
}

/** Devices of one instance; the number is one digit in base 36 of the devices' names. */
export const DEVICES_MAX = 36;

/** Frames that wait in a TAP while the loop is busy; the kernel's default is 500. */
const QUEUE_FRAMES = 4_096;

/** The largest that the kernel lets a TAP have; a loopback packet may be larger and still passes. */
const TAP_MTU_MAX = 65_521;

/** At most 15 bytes: `nt` or `nr`, a digit, a dash, the instance's name of at most 11. */
export function tapNames(instance: string, position: number, device: Device): TapNames {
  const digit = position.toString(36);
  return { tx: `nt${digit}-${instance}`, rx: device.loopback ? '' : `nr${digit}-${instance}` };
}

/**
 * `tx` of a device without Ethernet header is a TUN. `rx` is a TAP always: the frames that come in
 * by it need a destination address for the tag.
 */
export function openTaps(names: TapNames, device: Device, withOffload: boolean): Taps {
  const offload = withOffload && hasOffload(device);
  const kind = device.linkType === LinkType.rawIp ? TunKind.tun : TunKind.tap;
  return {
    ...names,
    txFd: openTun(names.tx, kind, offload).fd,
    rxFd: names.rx === '' ? -1 : openTun(names.rx, TunKind.tap, offload).fd,
  };
}

/** Sets the devices up, silent (`addrgenmode none`: the kernel sends nothing of its own into them). */
export async function configureTaps(
  devices: readonly (Device & { readonly taps: TapNames })[],
  instanceIndex: number,
): Promise<void> {
  const ipLines: string[] = [];
  const tcLines: string[] = [];
  for (const { taps, ...device } of devices) {
    const { tx, rx } = taps;
    for (const name of [tx, rx].filter((n) => n !== '')) {
      const mtu = Math.min(device.mtu, TAP_MTU_MAX);
      ipLines.push(`link set dev ${name} addrgenmode none mtu ${mtu} txqueuelen ${QUEUE_FRAMES}`);
    }
    if (rx !== '') ipLines.push(`link set dev ${rx} address ${formatMac(hostTag(instanceIndex))}`);
    for (const name of [tx, rx].filter((n) => n !== '')) ipLines.push(`link set dev ${name} up`);
    if (rx === '') continue;
    tcLines.push(`qdisc add dev ${rx} ingress`);
    tcLines.push(
      `filter add dev ${rx} parent ffff: protocol all u32 match u32 0 0 action mirred ingress redirect dev ${device.name}`,
    );
  }
  await runProgram('ip', ['-batch', '-'], `${ipLines.join('\n')}\n`);
  if (tcLines.length === 0) return;
  await runProgram('tc', ['-batch', '-'], `${tcLines.join('\n')}\n`).catch((error: Error) => {
    throw lackOfRedirect(error.message);
  });
}
