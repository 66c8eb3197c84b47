// Notes the numbered UDP packets (udp-send.mjs) that come to ADDRESS PORT, and to a multicast GROUP
// when one is given. SIGTERM prints, when nothing comes any more,
// {received, distinct, outOfOrder, numbers: [in order of arrival], delaysMs: [one way], sentMs: [when they
// were sent, CLOCK_MONOTONIC]} and ends it.
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SocketLevel, SocketOption, setIntOption } from '../../../dist/tun/sys.js';

const RECEIVE_BUFFER_BYTES = 16 * 2 ** 20;
const HEADER_BYTES = 12;

const [address, port, group] = process.argv.slice(2);
const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', reuseAddr: true });
const numbers = [];
const delaysMs = [];
const sentMs = [];
socket.on('message', (packet) => {
  numbers.push(packet.readUInt32BE(0));
  if (packet.length < HEADER_BYTES) return;
  const sentNs = packet.readBigUInt64BE(4);
  delaysMs.push(Number((process.hrtime.bigint() - sentNs) / 1000n) / 1000);
  sentMs.push(Number(sentNs / 1000n) / 1000);
});
socket.bind(Number(port), address, () => {
  socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  // Not bound by net.core.rmem_max; refused outside of the initial user namespace.
  const { socket: level } = SocketLevel;
  setIntOption(socket._handle.fd, level, SocketOption.receiveBufferForce, RECEIVE_BUFFER_BYTES);
  if (group !== undefined) socket.addMembership(group.split('%')[0], membershipInterface());
  console.log('ready');
});

process.on('SIGTERM', async () => {
  for (let before = -1; before !== numbers.length; ) {
    before = numbers.length;
    await sleep(50);
  }
  const outOfOrder = numbers.filter((number, i) => i > 0 && number < numbers[i - 1]).length;
  const distinct = new Set(numbers).size;
  const found = { received: numbers.length, distinct, outOfOrder, numbers, delaysMs, sentMs };
  process.stdout.write(`${JSON.stringify(found)}\n`, () => process.exit(0));
});

/** `GROUP%INTERFACE`: an address of the interface for IPv4, `::%NAME` for IPv6. */
function membershipInterface() {
  const scope = group.split('%')[1];
  return scope === undefined || isIPv6(address) === false ? scope : `::%${scope}`;
}
