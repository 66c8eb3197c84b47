// Sends every byte of every TCP connection back: ADDRESS PORT.
import { createServer } from 'node:net';

const [address, port] = process.argv.slice(2);
createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(
  { host: address, port: Number(port) },
  () => console.log('ready'),
);
