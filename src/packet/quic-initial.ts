/** The frames of an Initial packet (RFC 9000, 17.2.2 and 19): its CRYPTO data goes to a stream. */

import { readVarint, varintBytes } from './quic-header.js';
import type { StreamBuffer } from './stream-buffer.js';

const Frame = {
  padding: 0x00,
  ping: 0x01,
  ack: 0x02,
  ackWithEcn: 0x03,
  cryptoData: 0x06,
  close: 0x1c,
} as const;

/** Reads the frames one after the other, as far as they are frames that an Initial may have. */
export class InitialFrames {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** The last varint went beyond the end. */
  #failed = false;

  /** Returns false when it met something else; what came before is in the stream. */
  read(payload: Uint8Array, stream: StreamBuffer): boolean {
    this.#bytes = payload;
    this.#at = 0;
    this.#failed = false;
    while (this.#at < payload.length && !this.#failed) {
      const type = payload[this.#at++];
      switch (type) {
        case Frame.padding:
        case Frame.ping:
          break;
        case Frame.ack:
        case Frame.ackWithEcn:
          this.#skipAck(type);
          break;
        case Frame.cryptoData:
          this.#readCrypto(stream);
          break;
        case Frame.close:
          this.#skipVarints(2);
          this.#skipBytes(this.#varint());
          break;
        default:
          this.#failed = true;
      }
    }
    this.#bytes = new Uint8Array(0);
    return !this.#failed;
  }

  #readCrypto(stream: StreamBuffer): void {
    const offset = this.#varint();
    const length = this.#varint();
    const at = this.#at;
    this.#skipBytes(length);
    if (!this.#failed) stream.add(offset, this.#bytes, at, length);
  }

  #skipAck(type: number): void {
    this.#skipVarints(2); // Largest acknowledged, delay.
    const ranges = this.#varint();
    this.#skipVarints(1);
    for (let i = 0; i < ranges && !this.#failed; i++) this.#skipVarints(2);
    if (type === Frame.ackWithEcn) this.#skipVarints(3);
  }

  #skipVarints(count: number): void {
    for (let i = 0; i < count; i++) this.#varint();
  }

  #skipBytes(count: number): void {
    if (count > this.#bytes.length - this.#at) this.#failed = true;
    else this.#at += count;
  }

  #varint(): number {
    const value = readVarint(this.#bytes, this.#at, this.#bytes.length);
    if (value < 0) {
      this.#failed = true;
      return 0;
    }
    this.#at += varintBytes(this.#bytes[this.#at]);
    return value;
  }
}
