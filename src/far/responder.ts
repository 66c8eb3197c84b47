/**
 * The far end of a link that leads nowhere (`netemu run --private`): somebody to talk to in a network
 * namespace without a network. Echo on port 7, DNS on 53, HTTP on 80; over TCP also
 * discard (9) and a source of bytes (chargen, 19). ICMP echo is the kernel's.
 *
 * It runs in a thread of its own, which inherits the network namespace of the thread that starts it
 * and keeps it: the caller may go back as soon as `startResponder` has returned.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { fromPlainError, type PlainError, runtimeError } from '../errors.js';

/** Of echo and DNS, whose answers leave by the far end's own addresses. */
export const UDP_PORTS = [7, 53] as const;

export interface ResponderOptions {
  /** The addresses that the far end has, and that it answers for every name. */
  readonly ipv4: string;
  readonly ipv6: string | null;
}

/** What the thread says once: that it listens, or why not. */
export type ResponderMessage = { readonly error: PlainError | null };

export interface Responder {
  /** Resolves when all of it answers. */
  readonly ready: Promise<void>;
  /** Ends the thread, and with it its hold on the namespace. */
  close(): Promise<void>;
}

export function startResponder(options: ResponderOptions): Responder {
  const worker = new Worker(new URL('./responder-worker.js', import.meta.url), {
    workerData: options,
  });
  const ready = confirmation(worker);
  // Whoever closes it before it is ready need not wait for it.
  ready.catch(() => {});
  // Without a listener a thread that fails later would take the process along.
  worker.on('error', () => {});
  return {
    ready,
    async close() {
      await worker.terminate();
    },
  };
}

async function confirmation(worker: Worker): Promise<void> {
  const ended = once(worker, 'exit').then(() => {
    throw runtimeError('E_RESPONDER', 'the responder ended before it listened');
  });
  const [message] = (await Promise.race([once(worker, 'message'), ended])) as [ResponderMessage];
  if (message.error !== null) throw fromPlainError(message.error);
}
