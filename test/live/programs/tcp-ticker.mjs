// Keeps a TCP connection to an echo server busy: HOST PORT LOCAL_PORT. Sends one byte at a time, the
// next one when the last has come back, and prints `echo N` for each.
import { connect } from 'node:net';

const TICK_MS = 20;

const [host, port, localPort] = process.argv.slice(2);
const socket = connect({ host, port: Number(port), localPort: Number(localPort) });
let echoed = 0;
socket.setNoDelay();
socket.on('connect', () => socket.write('.'));
socket.on('data', () => {
  console.log(`echo ${++echoed}`);
  setTimeout(() => socket.write('.'), TICK_MS);
});
