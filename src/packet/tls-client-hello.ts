/**
 * The server's name in a TLS ClientHello (RFC 8446, 4.1.2; RFC 6066, 3), from the beginning of a TCP
 * stream, where it lies in one or several TLS records, or of a QUIC CRYPTO stream, where it lies bare.
 * With Encrypted ClientHello it is the outer name that is seen.
 */

import { readU16 } from './bytes.js';
import type { StreamBuffer } from './stream-buffer.js';

/** What is known of a flow's name: more packets may tell, it has one, it has none (or nobody can say). */
export const NAME_PENDING = 0;
export const NAME_KNOWN = 1;
export const NAME_NONE = 2;

/** With its header of 4 bytes. The largest in use, with post-quantum keys and ECH, are around 4 KiB. */
export const CLIENT_HELLO_BYTES_MAX = 16_384;

/** As many bytes of a TCP stream: the ClientHello in records, also in 200 small ones. */
export const CLIENT_HELLO_STREAM_BYTES_MAX = CLIENT_HELLO_BYTES_MAX + 1_000;

const RECORD_HEADER_BYTES = 5;
const RECORD_BYTES_MAX = 16_384;
const HANDSHAKE_RECORD = 22;
const MAJOR_VERSION = 3;

const MESSAGE_HEADER_BYTES = 4;
const CLIENT_HELLO = 1;
/** Version and random, before the session id. */
const HELLO_FIXED_BYTES = 2 + 32;

const SERVER_NAME_EXTENSION = 0;
const HOST_NAME = 0;

/** RFC 1035, 2.3.4. */
const NAME_BYTES_MAX = 255;

/** Made once and reused. */
export class ClientHelloReader {
  /** After NAME_KNOWN: in lower case, without a last dot. */
  name = '';
  /** The handshake message without the headers of its records. */
  readonly #message = new Uint8Array(CLIENT_HELLO_BYTES_MAX);

  /** Looks at the beginning of a TCP stream. */
  readRecords(stream: StreamBuffer): number {
    const { bytes, ready } = stream;
    let at = 0;
    let length = 0;
    while (at < ready) {
      if (bytes[at] !== HANDSHAKE_RECORD) return NAME_NONE;
      if (ready - at > 1 && bytes[at + 1] !== MAJOR_VERSION) return NAME_NONE;
      if (ready - at < RECORD_HEADER_BYTES) return NAME_PENDING;
      const recordBytes = readU16(bytes, at + 3);
      if (recordBytes === 0 || recordBytes > RECORD_BYTES_MAX) return NAME_NONE;
      at += RECORD_HEADER_BYTES;
      const part = Math.min(recordBytes, ready - at, CLIENT_HELLO_BYTES_MAX - length);
      this.#message.set(bytes.subarray(at, at + part), length);
      length += part;
      const state = this.#read(this.#message, length);
      if (state !== NAME_PENDING) return state;
      at += recordBytes;
    }
    return isFull(stream) ? NAME_NONE : NAME_PENDING;
  }

  /** Looks at the beginning of a CRYPTO stream. */
  readMessage(stream: StreamBuffer): number {
    const state = this.#read(stream.bytes, stream.ready);
    return state === NAME_PENDING && isFull(stream) ? NAME_NONE : state;
  }

  /** `ready` bytes of the message are there. */
  #read(bytes: Uint8Array, ready: number): number {
    if (ready === 0) return NAME_PENDING;
    if (bytes[0] !== CLIENT_HELLO) return NAME_NONE;
    if (ready < MESSAGE_HEADER_BYTES) return NAME_PENDING;
    const length = (bytes[1] << 16) | readU16(bytes, 2);
    if (length > CLIENT_HELLO_BYTES_MAX - MESSAGE_HEADER_BYTES) return NAME_NONE;
    if (ready < MESSAGE_HEADER_BYTES + length) return NAME_PENDING;
    const found = findServerName(bytes, MESSAGE_HEADER_BYTES, MESSAGE_HEADER_BYTES + length);
    if (found === null) return NAME_NONE;
    this.name = found;
    return NAME_KNOWN;
  }
}

function isFull(stream: StreamBuffer): boolean {
  return stream.ready === stream.bytes.length;
}

/** Behind the vector at `at`, whose length stands in its first `lengthBytes`; −1 beyond the end. */
function skipVector(bytes: Uint8Array, at: number, end: number, lengthBytes: 1 | 2): number {
  if (at < 0 || end - at < lengthBytes) return -1;
  const length = lengthBytes === 1 ? bytes[at] : readU16(bytes, at);
  const next = at + lengthBytes + length;
  return next > end ? -1 : next;
}

/** `at` is behind the message's header. */
function findServerName(bytes: Uint8Array, at: number, end: number): string | null {
  const sessionIdAt = at + HELLO_FIXED_BYTES;
  const cipherSuitesAt = skipVector(bytes, sessionIdAt, end, 1);
  const compressionAt = skipVector(bytes, cipherSuitesAt, end, 2);
  const extensionsAt = skipVector(bytes, compressionAt, end, 1);
  const extensionsEnd = skipVector(bytes, extensionsAt, end, 2);
  if (extensionsEnd < 0) return null; // Also TLS 1.2 without extensions.
  let extension = extensionsAt + 2;
  while (extensionsEnd - extension >= 4) {
    const next = skipVector(bytes, extension + 2, extensionsEnd, 2);
    if (next < 0) return null;
    if (readU16(bytes, extension) === SERVER_NAME_EXTENSION) {
      return findHostName(bytes, extension + 4, next);
    }
    extension = next;
  }
  return null;
}

/** In the list of names at `at`: in theory there are other types than host names. */
function findHostName(bytes: Uint8Array, at: number, end: number): string | null {
  const listEnd = skipVector(bytes, at, end, 2);
  if (listEnd < 0) return null;
  let entry = at + 2;
  while (entry < listEnd) {
    const next = skipVector(bytes, entry + 1, listEnd, 2);
    if (next < 0) return null;
    if (bytes[entry] === HOST_NAME) return toName(bytes, entry + 3, next);
    entry = next;
  }
  return null;
}

/** Null for what cannot be a name: RFC 6066 has ASCII host names. */
function toName(bytes: Uint8Array, at: number, end: number): string | null {
  const last = end > at && bytes[end - 1] === 0x2e ? end - 1 : end;
  if (last === at || last - at > NAME_BYTES_MAX) return null;
  let name = '';
  for (let i = at; i < last; i++) {
    if (bytes[i] <= 0x20 || bytes[i] >= 0x7f) return null;
    name += String.fromCharCode(bytes[i]);
  }
  return name.toLowerCase();
}
