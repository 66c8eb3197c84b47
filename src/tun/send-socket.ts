/** The raw sockets by which judged packets leave: marked, with room for a burst, sending only. */
import { check, rawSocket, SocketLevel, SocketOption, setIntOption } from './sys.js';

/** Room for a burst; the kernel doubles it for its own bookkeeping. */
const SEND_BUFFER_BYTES = 8 * 2 ** 20;

/** The mark tells the egress hook that a packet was judged. Returns the fd, or −errno. */
export function openSendSocket(family: number, protocol: number, mark: number): number {
  const fd = rawSocket(family, protocol);
  if (fd < 0) return fd;
  check(setIntOption(fd, SocketLevel.socket, SocketOption.mark, mark), 'mark a raw socket');
  // Without CAP_NET_ADMIN over the initial namespace this is refused; the default then holds.
  setIntOption(fd, SocketLevel.socket, SocketOption.sendBufferForce, SEND_BUFFER_BYTES);
  return fd;
}
