// A point-to-point link without Ethernet header: a TUN device here and one in the namespace FAR, and
// this process between them. Names: NEAR_DEVICE FAR FAR_DEVICE. Both go when it ends.
import { writeSync } from 'node:fs';
import {
  addressOf,
  check,
  O_RDONLY,
  open,
  POLLFD_BYTES,
  POLLIN,
  ppoll,
  read,
  write,
} from '../../../dist/tun/sys.js';
import { enterNetworkNamespace } from '../../../dist/tun/sys-process.js';
import { openTun, TunKind } from '../../../dist/tun/tun-device.js';

const PACKET_BYTES_MAX = 65_535;

const [nearDevice, far, farDevice] = process.argv.slice(2);
const fds = [openTun(nearDevice, TunKind.tun, false).fd];
check(enterNetworkNamespace(open(`/run/netns/${far}`, O_RDONLY)), `enter ${far}`);
fds.push(openTun(farDevice, TunKind.tun, false).fd);

const packet = Buffer.alloc(PACKET_BYTES_MAX);
const polled = Buffer.alloc(POLLFD_BYTES * fds.length);
fds.forEach((fd, i) => {
  polled.writeInt32LE(fd, i * POLLFD_BYTES);
  polled.writeInt16LE(POLLIN, i * POLLFD_BYTES + 4);
});
writeSync(1, 'ready\n');
for (;;) {
  ppoll(addressOf(polled), fds.length, 0);
  for (const [i, fd] of fds.entries()) {
    for (;;) {
      const bytes = read(fd, addressOf(packet), PACKET_BYTES_MAX);
      if (bytes <= 0) break;
      write(fds[1 - i], addressOf(packet), bytes);
    }
  }
}
