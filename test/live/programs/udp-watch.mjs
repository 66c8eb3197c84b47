// Watches an echo at ADDRESS PORT: between the lines `start` and `stop` on standard input a packet goes
// there every PERIOD_MS. After `stop` it prints {"sent": N, "lost": N, "impairedMs": MS}: how many were
// not answered, and when, from `start` on, the last of those was sent (−1 when there is none).
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const PERIOD_MS = 5;
/** Answers of a busy machine: replies come in order, so one to the last packet ends the wait. */
const PATIENCE_MS = 3_000;

const [address, port] = process.argv.slice(2);
const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
socket.connect(Number(port), address);
await new Promise((resolve) => socket.once('connect', resolve));
// A refused packet (its device is down) is a lost one.
socket.on('error', () => {});

let round = 0;
let startMs = 0;
/** By packet: when it was sent, and whether it was answered. */
let sentMs = [];
let answered = [];
let timer;

socket.on('message', (packet) => {
  if (packet.readUInt32BE(0) === round) answered[packet.readUInt32BE(4)] = true;
});

function send() {
  const packet = Buffer.alloc(8);
  packet.writeUInt32BE(round, 0);
  packet.writeUInt32BE(sentMs.length, 4);
  sentMs.push(performance.now() - startMs);
  socket.send(packet, () => {});
}

async function report() {
  const giveUpMs = performance.now() + PATIENCE_MS;
  send();
  const last = sentMs.length - 1;
  while (!answered[last] && performance.now() < giveUpMs) await sleep(1);
  const lost = sentMs.filter((_, packet) => !answered[packet]);
  const impairedMs = Math.round(lost.at(-1) ?? -1);
  console.log(JSON.stringify({ sent: sentMs.length, lost: lost.length, impairedMs }));
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    clearInterval(timer);
    if (line === 'stop') return void report();
    round++;
    startMs = performance.now();
    sentMs = [];
    answered = [];
    timer = setInterval(send, PERIOD_MS);
    send();
  })
  .on('close', () => process.exit(0));
console.log('ready');
