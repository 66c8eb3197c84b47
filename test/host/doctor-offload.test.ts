import { expect, test } from 'vitest';
import { trainsBy } from '../../src/host/doctor-offload.js';
import { Offload } from '../../src/tun/tun-device.js';

const { checksum, tcp4, tcp6, tcpEcn, udp4, udp6 } = Offload;
const tcp = checksum | tcp4 | tcp6 | tcpEcn;

test.each([
  [tcp | udp4 | udp6, 'super-packets by CSUM, TSO4, TSO6, USO4, USO6'],
  [tcp, 'super-packets by CSUM, TSO4, TSO6; USO, for those of UDP, came with Linux 6.2'],
  [checksum, 'packets one by one (offloads: CSUM)'],
  [0, 'packets one by one (offloads: none)'],
])('what a TUN that accepts %i takes', (offload, sentence) => {
  expect(trainsBy(offload)).toBe(sentence);
});
