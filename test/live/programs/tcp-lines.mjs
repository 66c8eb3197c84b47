// A session over TCP, as with a shell on another machine: HOST PORT INTERVAL_MS. Sends a numbered line each
// INTERVAL_MS to a server that echoes, whether the last has come back or not, and prints what comes as it
// comes. When its standard input ends it stops, waits for the rest and prints {rttsMs: [of each line]}.
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const [host, port, intervalMs] = process.argv.slice(2);
const socket = connect({ host, port: Number(port) }).setNoDelay();
const sentMs = [];
const rttsMs = [];
createInterface({ input: socket }).on('line', (line) => {
  console.log(line);
  rttsMs.push(performance.now() - sentMs[Number(line.split(' ')[1])]);
});
let isOver = false;
process.stdin.resume().on('end', () => {
  isOver = true;
});
while (!isOver) {
  const line = `line ${sentMs.length}\n`;
  sentMs.push(performance.now());
  socket.write(line);
  await sleep(Number(intervalMs));
}
while (rttsMs.length < sentMs.length) await sleep(1);
console.log(JSON.stringify({ rttsMs }));
socket.destroy();
