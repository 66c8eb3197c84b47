// Checks datagrams of udp-trains.mjs: ADDRESS PORT... SIGTERM prints, when nothing comes any more, for each
// port {numbers: [in order of arrival], broken: how many were not as they were sent}, and ends it.
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SocketLevel, SocketOption, setIntOption } from '../../../dist/tun/sys.js';

const RECEIVE_BUFFER_BYTES = 16 * 2 ** 20;
const HEADER_BYTES = 6;

const [address, ...ports] = process.argv.slice(2);
const found = ports.map(() => ({ numbers: [], broken: 0 }));
for (const [i, port] of ports.entries()) {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  await new Promise((resolve) => socket.bind(Number(port), address, resolve));
  const { socket: level } = SocketLevel;
  setIntOption(socket._handle.fd, level, SocketOption.receiveBufferForce, RECEIVE_BUFFER_BYTES);
  socket.on('message', (packet) => {
    if (isWhole(packet)) found[i].numbers.push(packet.readUInt32BE(0));
    else found[i].broken++;
  });
}
console.log('ready');

process.on('SIGTERM', async () => {
  const count = () => found.reduce((sum, { numbers, broken }) => sum + numbers.length + broken, 0);
  for (let before = -1; before !== count(); ) {
    before = count();
    await sleep(50);
  }
  process.stdout.write(`${JSON.stringify(found)}\n`, () => process.exit(0));
});

function isWhole(packet) {
  if (packet.length < HEADER_BYTES || packet.readUInt16BE(4) !== packet.length) return false;
  const number = packet.readUInt32BE(0);
  for (let i = HEADER_BYTES; i < packet.length; i++) {
    if (packet[i] !== ((31 * number + i) & 0xff)) return false;
  }
  return true;
}
