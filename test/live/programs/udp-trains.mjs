// Sends numbered datagrams as super-packets, by UDP_SEGMENT: HOST PORT CALLS SEGMENTS BYTES LAST_BYTES. Each
// call hands SEGMENTS of them to the kernel, of BYTES each and LAST_BYTES the last. A datagram has its number
// (4 bytes), its length (2) and then bytes that follow from its number; udp-whole.mjs checks them.
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { check, setIntOption } from '../../../dist/tun/sys.js';

const SOL_UDP = 17;
const UDP_SEGMENT = 103;

const [host, ...rest] = process.argv.slice(2);
const [port, calls, segments, bytes, lastBytes] = rest.map(Number);
const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
await new Promise((resolve) => socket.connect(port, host, resolve));
check(setIntOption(socket._handle.fd, SOL_UDP, UDP_SEGMENT, bytes), 'set UDP_SEGMENT');

let number = 0;
for (let call = 0; call < calls; call++) {
  const datagrams = [];
  for (let i = 1; i <= segments; i++) {
    datagrams.push(datagram(number++, i === segments ? lastBytes : bytes));
  }
  await new Promise((resolve, reject) => {
    socket.send(datagrams, (error) => (error ? reject(error) : resolve()));
  });
  // A receiver that is a program like this one can follow.
  await sleep(1);
}
socket.close();

function datagram(number, length) {
  const packet = Buffer.alloc(length);
  for (let i = 0; i < length; i++) packet[i] = 31 * number + i;
  packet.writeUInt32BE(number, 0);
  packet.writeUInt16BE(length, 4);
  return packet;
}
