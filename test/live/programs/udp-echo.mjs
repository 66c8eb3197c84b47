// Sends every UDP packet back to where it came from: ADDRESS PORT.
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

const [address, port] = process.argv.slice(2);
const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
socket.on('message', (packet, from) => socket.send(packet, from.port, from.address));
socket.bind(Number(port), address, () => console.log('ready'));
