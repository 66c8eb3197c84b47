/**
 * Ends a TCP connection at once, by a reset. Node's own `resetAndDestroy` waits while it connects, and while
 * the end of what was sent (FIN) is on its way to the kernel it fails and leaves the connection open.
 */
import type { Socket } from 'node:net';
import { setResetOnClose } from './sys-process.js';
import { descriptorOf } from './tcp-info.js';

/** Without a connection yet nothing is sent. */
export function destroyByReset(socket: Socket): void {
  const fd = descriptorOf(socket);
  if (fd !== null) setResetOnClose(fd);
  socket.destroy();
}
