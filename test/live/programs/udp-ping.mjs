// Measures round trips to a UDP echo server: HOST PORT COUNT INTERVAL_MS [PATIENCE_MS]. Prints
// {"sent": N, "rttsMs": [by number, null where no answer came]} when all have come or patience ends.
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const [host, ...rest] = process.argv.slice(2);
const [port, count, intervalMs, patienceMs = 5_000] = rest.map(Number);
const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
const sentNs = [];
const rttsMs = Array(count).fill(null);
let answered = 0;
socket.on('message', (packet) => {
  const number = packet.readUInt32BE(0);
  rttsMs[number] = Number(process.hrtime.bigint() - sentNs[number]) / 1e6;
  answered++;
});
await new Promise((resolve) => socket.connect(port, host, resolve));
for (let number = 0; number < count; number++) {
  const packet = Buffer.alloc(64);
  packet.writeUInt32BE(number, 0);
  sentNs.push(process.hrtime.bigint());
  socket.send(packet, () => {});
  await sleep(intervalMs);
}
const giveUpMs = performance.now() + patienceMs;
while (answered < count && performance.now() < giveUpMs) await sleep(1);
console.log(JSON.stringify({ sent: count, rttsMs }));
socket.close();
