/** SHA-256 of all fates in the order of the packets: what "the same verdicts" means. */
import { createHash } from 'node:crypto';
import { FATE_BYTES } from '../netem/fates.js';

const FATES_AT_ONCE = 1_365;

export class FateHash {
  readonly #hash = createHash('sha256');
  readonly #buffer = new Uint8Array(FATES_AT_ONCE * FATE_BYTES);
  #used = 0;

  /** FATE_BYTES bytes. */
  add(fate: Uint8Array): void {
    const buffer = this.#buffer;
    const at = this.#used;
    for (let i = 0; i < FATE_BYTES; i++) buffer[at + i] = fate[i];
    this.#used += FATE_BYTES;
    if (this.#used === buffer.length) this.#update();
  }

  /** In hexadecimal; once. */
  digest(): string {
    this.#update();
    return this.#hash.digest('hex');
  }

  #update(): void {
    this.#hash.update(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }
}
