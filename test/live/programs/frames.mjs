// Notes the destination address of the UDP frames of a device: DEVICE_INDEX below|above the ingress
// hook, where tcpdump listens or where the protocols do. SIGTERM prints {"PORT": ["MAC", ...], ...}.
import { addressOf, bind, rawSocket, receive, SocketFamily } from '../../../dist/tun/sys.js';

const EVERYTHING = 0x0003;
const ETHERTYPES = [0x0800, 0x86dd];
const UDP_HEADER_AT = { 2048: 14 + 20, 34525: 14 + 40 };
const SOCKADDR_LL_BYTES = 20;

const [deviceIndex, place] = process.argv.slice(2);
const found = {};
const frame = Buffer.alloc(2_048);
const protocols = place === 'below' ? [EVERYTHING] : ETHERTYPES;
const sockets = protocols.map((protocol) => {
  const socket = rawSocket(SocketFamily.packet, 0);
  const address = Buffer.alloc(SOCKADDR_LL_BYTES);
  address.writeUInt16LE(SocketFamily.packet, 0);
  address.writeUInt16BE(protocol, 2);
  address.writeInt32LE(Number(deviceIndex), 4);
  if (bind(socket, address) < 0) throw new Error('cannot bind');
  return socket;
});

function drain() {
  for (const socket of sockets) {
    while (receive(socket, addressOf(frame), frame.length) > 0) {
      const udp = UDP_HEADER_AT[frame.readUInt16BE(12)];
      if (udp === undefined) continue;
      const port = frame.readUInt16BE(udp + 2);
      found[port] ??= [];
      found[port].push(frame.toString('hex', 0, 6).replace(/..(?!$)/g, '$&:'));
    }
  }
}
setInterval(drain, 1);
process.on('SIGTERM', () => {
  drain();
  process.stdout.write(`${JSON.stringify(found)}\n`, () => process.exit(0));
});
console.log('ready');
