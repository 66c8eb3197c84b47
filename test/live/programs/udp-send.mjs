// Sends numbered UDP packets at a steady pace: HOST PORT COUNT PER_MS [BYTES]. Prints how many.
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const [host, port, count, perMs, bytes = 64] = process.argv
  .slice(2)
  .map((value, i) => (i === 0 ? value : Number(value)));
const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
socket.connect(port, host);
await new Promise((resolve) => socket.once('connect', resolve));
const startMs = performance.now();
let sent = 0;
while (sent < count) {
  const due = Math.min(count, Math.ceil((performance.now() - startMs) * perMs));
  while (sent < due) {
    const packet = Buffer.alloc(bytes);
    packet.writeUInt32BE(sent++, 0);
    socket.send(packet, () => {});
  }
  await sleep(1);
}
// The last callbacks run when the kernel has taken the packets.
await sleep(50);
console.log(`sent ${sent}`);
socket.close();
