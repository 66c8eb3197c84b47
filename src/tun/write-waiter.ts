/** Waits, a little, until a socket has room for more; what comes meanwhile waits in the devices' queues. */
import { addressOf, POLLFD_BYTES, POLLOUT, ppoll } from './sys.js';

export class WriteWaiter {
  readonly #fd: Int32Array;
  readonly #fdAddress: number;
  readonly #timeout: BigInt64Array;
  readonly #timeoutAddress: number;

  /** `patienceNs` is below 1 s. */
  constructor(fd: number, patienceNs: number) {
    this.#fd = new Int32Array(POLLFD_BYTES / 4);
    this.#fdAddress = addressOf(this.#fd);
    this.#fd[0] = fd;
    this.#fd[1] = POLLOUT;
    this.#timeout = new BigInt64Array([0n, BigInt(patienceNs)]);
    this.#timeoutAddress = addressOf(this.#timeout);
  }

  /** False when there was no room in time. */
  wait(): boolean {
    return ppoll(this.#fdAddress, 1, this.#timeoutAddress) > 0;
  }
}
