/**
 * The beginning of one flow while its ClientHello is put together: the stream so far, and for QUIC the
 * keys that open the client's Initial packets. A flow needs one only until its name is known.
 */
import { clientInitialKeys, type InitialKeys, openInitial } from '../packet/quic-crypto.js';
import type { QuicLongHeader } from '../packet/quic-header.js';
import { StreamBuffer } from '../packet/stream-buffer.js';
import { CLIENT_HELLO_STREAM_BYTES_MAX } from '../packet/tls-client-hello.js';

export class NameAssembly {
  /** −1: free. */
  flow = -1;
  /** Which end of the flow sends the ClientHello: the lowest bit of a side's number. */
  sender = 0;
  /** Orders assemblies by their last use. */
  usedAt = 0;
  /** TCP payload, or QUIC CRYPTO data. */
  readonly stream = new StreamBuffer(CLIENT_HELLO_STREAM_BYTES_MAX);
  #keys: InitialKeys | null = null;

  begin(flow: number, sender: number): void {
    this.flow = flow;
    this.sender = sender;
    this.stream.clear();
    this.#keys = null;
  }

  /** The keys that opened the last Initial, for the next. */
  useKeys(keys: InitialKeys): void {
    if (keys === this.#keys) return;
    // After a Retry (RFC 9001, 5.2), or in a new connection, the ClientHello comes from its beginning.
    this.stream.clear();
    this.#keys = keys;
  }

  /**
   * The keys are those of the first Initial's Destination Connection ID: later ones have an ID that
   * the server chose, so that the keys remembered are tried first.
   */
  static open(
    assembly: NameAssembly | null,
    bytes: Uint8Array,
    packet: QuicLongHeader,
  ): { keys: InitialKeys; payload: Uint8Array } | null {
    const known = assembly === null ? null : assembly.#keys;
    if (known !== null) {
      const payload = openInitial(bytes, packet, known);
      if (payload !== null) return { keys: known, payload };
    }
    const { version, destinationIdAt: idAt, destinationIdBytes } = packet;
    const keys = clientInitialKeys(version, bytes.subarray(idAt, idAt + destinationIdBytes));
    const payload = openInitial(bytes, packet, keys);
    return payload === null ? null : { keys, payload };
  }
}
