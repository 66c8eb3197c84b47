// Sends numbered UDP packets at a steady pace: HOST PORT COUNT PER_MS [BYTES] [SOURCE_PORT] [FROM].
// Each has its number (4 bytes) and the time it was sent (8 bytes, CLOCK_MONOTONIC in ns). FROM is the
// address of the interface that multicast leaves by. Prints how many.
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const HEADER_BYTES = 12;

const [host, ...rest] = process.argv.slice(2);
const [port, count, perMs, bytes = 64, sourcePort = 0] = rest.slice(0, 5).map(Number);
const from = rest[5];
const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
await new Promise((resolve) => socket.bind(sourcePort, resolve));
if (!isIPv6(host)) socket.setBroadcast(true);
if (from !== undefined) socket.setMulticastInterface(from);
await new Promise((resolve) => socket.connect(port, host, resolve));

let taken = 0;
const onTaken = () => {
  taken++;
};
const startMs = performance.now();
let sent = 0;
while (sent < count) {
  const due = Math.min(count, Math.ceil((performance.now() - startMs) * perMs));
  while (sent < due) {
    const packet = Buffer.alloc(bytes);
    packet.writeUInt32BE(sent++, 0);
    if (bytes >= HEADER_BYTES) packet.writeBigUInt64BE(process.hrtime.bigint(), 4);
    socket.send(packet, onTaken);
  }
  await sleep(1);
}
while (taken < count) await sleep(1);
console.log(`sent ${sent}`);
socket.close();
