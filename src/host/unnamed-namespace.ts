/**
 * A network namespace without a name: held by a file descriptor and by the processes in it, gone with
 * them. This process enters it for as long as one synchronous function takes: what that function makes
 * (devices, sockets, children, threads) is in the namespace, everything else stays where it was.
 */
import { environmentError } from '../errors.js';
import { check, close, O_RDONLY, open } from '../tun/sys.js';
import { enterNetworkNamespace, unshareNetwork } from '../tun/sys-process.js';

/** Of the thread and not of the process: `setns` moves threads. */
const OWN_NAMESPACE = '/proc/thread-self/ns/net';

export class UnnamedNamespace {
  readonly fd: number;
  readonly #homeFd: number;

  /** Errors: E_NOT_ROOT where this process may not come back into its own namespace. */
  constructor() {
    this.#homeFd = check(open(OWN_NAMESPACE, O_RDONLY), `open ${OWN_NAMESPACE}`);
    if (enterNetworkNamespace(this.#homeFd) < 0) {
      close(this.#homeFd);
      throw environmentError(
        'E_NOT_ROOT',
        'this process has no rights over the network namespace that it is in',
        'put sudo in front of the command; in a container: docker run --cap-add NET_ADMIN --cap-add SYS_ADMIN',
      );
    }
    check(unshareNetwork(), 'make a network namespace');
    try {
      this.fd = check(open(OWN_NAMESPACE, O_RDONLY), `open ${OWN_NAMESPACE}`);
    } finally {
      this.#goHome();
    }
  }

  /** `action` must be synchronous: whatever it leaves for later happens outside. */
  within<T>(action: () => T): T {
    check(enterNetworkNamespace(this.fd), 'enter the network namespace');
    try {
      return action();
    } finally {
      this.#goHome();
    }
  }

  /** The namespace lives on in the processes that are in it. */
  close(): void {
    close(this.fd);
    close(this.#homeFd);
  }

  #goHome(): void {
    check(enterNetworkNamespace(this.#homeFd), 'go back into the own network namespace');
  }
}
