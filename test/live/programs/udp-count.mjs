// Counts the distinct numbered UDP packets that come to ADDRESS PORT; SIGTERM prints
// {"received": N, "distinct": N, "outOfOrder": N} and ends it.
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

const [address, port] = process.argv.slice(2);
const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
const seen = new Set();
let received = 0;
let outOfOrder = 0;
let last = -1;
socket.on('message', (packet) => {
  const number = packet.readUInt32BE(0);
  received++;
  if (number < last) outOfOrder++;
  last = number;
  seen.add(number);
});
socket.bind(Number(port), address, () => {
  socket.setRecvBufferSize(4 * 2 ** 20);
  console.log('ready');
});
process.on('SIGTERM', () => {
  console.log(JSON.stringify({ received, distinct: seen.size, outOfOrder }));
  process.exit(0);
});
