// Sends every UDP packet back to where it came from: ADDRESS PORT...
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

const [address, ...ports] = process.argv.slice(2);
for (const port of ports) {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  socket.on('message', (packet, from) => socket.send(packet, from.port, from.address));
  await new Promise((resolve) => socket.bind(Number(port), address, resolve));
}
console.log('ready');
