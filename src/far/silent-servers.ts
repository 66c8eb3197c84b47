/**
 * Nameservers that have left queries without an answer: a client that tries again, or any other, is led to
 * those that have not, as the client's own retries would be if it knew the servers.
 */
import type { NameServer } from './resolv-conf.js';

/** Who has not answered by then is passed over; what is slower than that is asked all the same. */
const PATIENCE_MS = 900;

/** After that long it is tried again. */
const FORGET_MS = 30_000;

export class SilentServers {
  /** When it was last waited for in vain. */
  readonly #silentMs = new Map<string, number>();

  /** A query to the server has been waiting since then; `server` may be none. */
  noteWait(server: NameServer | null, sinceMs: number): void {
    const nowMs = performance.now();
    if (server !== null && nowMs - sinceMs > PATIENCE_MS) this.#silentMs.set(keyOf(server), nowMs);
  }

  noteAnswer(server: NameServer): void {
    this.#silentMs.delete(keyOf(server));
  }

  /** The same servers with the silent ones behind, of whom the one that is so for longest comes first. */
  last(servers: readonly NameServer[]): readonly NameServer[] {
    if (this.#silentMs.size === 0) return servers;
    const sinceMs = (server: NameServer) => {
      const ms = this.#silentMs.get(keyOf(server)) ?? 0;
      return performance.now() - ms < FORGET_MS ? ms : 0;
    };
    return [...servers].sort((a, b) => sinceMs(a) - sinceMs(b));
  }
}

function keyOf({ address, port }: NameServer): string {
  return `${address} ${port}`;
}
