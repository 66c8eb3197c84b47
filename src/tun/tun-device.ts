/**
 * Makes TUN and TAP devices. With offload, what is read and written carries a virtio-net header, and the
 * kernel hands over and takes super-packets: whole trains of TCP or UDP segments, their checksums not yet
 * computed (linux/if_tun.h, linux/virtio_net.h).
 */
import { addressOf, check, close, ioctl, O_NONBLOCK, O_RDWR, open } from './sys.js';

export const TunKind = { tun: 1, tap: 2 } as const;

export interface OpenedTun {
  readonly fd: number;
  /** Bits of `Offload`; 0 where there is no virtio-net header. */
  readonly offload: number;
}

/** TUN_F_…: what the kernel may leave to us. */
export const Offload = {
  checksum: 0x01,
  tcp4: 0x02,
  tcp6: 0x04,
  tcpEcn: 0x08,
  udp4: 0x20,
  udp6: 0x40,
} as const;

const TCP_OFFLOAD = Offload.checksum | Offload.tcp4 | Offload.tcp6 | Offload.tcpEcn;
/** The largest set first: USO came with Linux 6.2. */
const OFFLOAD_SETS = [TCP_OFFLOAD | Offload.udp4 | Offload.udp6, TCP_OFFLOAD, Offload.checksum];

const TUN_PATH = '/dev/net/tun';
const TUNSETIFF = 0x400454ca;
const TUNSETOFFLOAD = 0x400454d0;
const IFREQ_BYTES = 40;
const IFNAME_BYTES = 16;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;

/** Makes a TUN or TAP device that lives as long as the returned fd; non-blocking. */
export function openTun(name: string, kind: number, withOffload: boolean): OpenedTun {
  const opened = open(TUN_PATH, O_RDWR | O_NONBLOCK);
  const fd = check(opened, `open ${TUN_PATH}`, 'sudo modprobe tun');
  const request = Buffer.alloc(IFREQ_BYTES);
  request.write(name, 0, IFNAME_BYTES - 1, 'latin1');
  const flags = kind | IFF_NO_PI | (withOffload ? IFF_VNET_HDR : 0);
  request.writeInt16LE(flags, IFNAME_BYTES);
  const made = ioctl(fd, TUNSETIFF, addressOf(request));
  if (made < 0) {
    close(fd);
    check(made, `make the device ${name}`);
  }
  return { fd, offload: withOffload ? acceptOffload(fd) : 0 };
}

/** What a port does with super-packets. */
export const PortOffload = {
  /** There is no offload header. */
  none: 0,
  /** UDP trains are neither read nor made: before Linux 6.2. */
  tcp: 1,
  all: 2,
} as const;

/** Of a device that was opened with offload. */
export function portOffload(fd: number): number {
  return (acceptOffload(fd) & Offload.udp4) !== 0 ? PortOffload.all : PortOffload.tcp;
}

/** Returns the set that the kernel took; 0 when it took none, which leaves the header. */
function acceptOffload(fd: number): number {
  return OFFLOAD_SETS.find((set) => ioctl(fd, TUNSETOFFLOAD, set) === 0) ?? 0;
}
