/** The responder's thread: all its sockets are made here, in the network namespace it was born in. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { runtimeError, toPlainError } from '../errors.js';
import { type ResponderMessage, type ResponderOptions, UDP_PORTS } from './responder.js';
import { openServices } from './services.js';

const { ipv4, ipv6 } = workerData as ResponderOptions;
const port = parentPort as MessagePort;

function say(message: ResponderMessage): void {
  port.postMessage(message);
}

try {
  const [echo, dns] = UDP_PORTS;
  const ports = { echo, discard: 9, chargen: 19, dns, http: 80 };
  await openServices({ ipv4, ipv6, any4: '0.0.0.0', any6: '::', ports });
  say({ error: null });
} catch (error) {
  const { message } = error as Error;
  const text = `the far end cannot listen: ${message}`;
  say({ error: toPlainError(runtimeError('E_RESPONDER', text)) });
}
