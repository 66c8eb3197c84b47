/** TLS ClientHellos as handshake messages, and cut into TLS records. */

import { ascii, concat, u16 } from './packet-bytes.js';

export interface ClientHelloOptions {
  /** Extensions before and after the server's name: [type, bytes]. */
  readonly before?: readonly (readonly [number, Uint8Array])[];
  readonly after?: readonly (readonly [number, Uint8Array])[];
  readonly sessionIdBytes?: number;
  /** Other than host_name (0), which goes first in the list of names. */
  readonly otherNames?: readonly (readonly [number, Uint8Array])[];
}

/** A 2-byte length, and the bytes. */
function vector16(...parts: Uint8Array[]): Uint8Array {
  const bytes = concat(...parts);
  return concat(u16(bytes.length), bytes);
}

export function extension(type: number, bytes: Uint8Array): Uint8Array {
  return concat(u16(type), vector16(bytes));
}

/** Null: without the extension. */
export function clientHello(name: string | null, options: ClientHelloOptions = {}): Uint8Array {
  const { before = [], after = [], sessionIdBytes = 32, otherNames = [] } = options;
  const names = [...otherNames, ...(name === null ? [] : [[0, ascii(name)] as const])];
  const list = names.map(([type, bytes]) => concat(Uint8Array.of(type), vector16(bytes)));
  const extensions = [
    ...before.map(([type, bytes]) => extension(type, bytes)),
    ...(names.length === 0 ? [] : [extension(0, vector16(...list))]),
    ...after.map(([type, bytes]) => extension(type, bytes)),
  ];
  const body = concat(
    u16(0x0303),
    new Uint8Array(32).fill(0x5a),
    Uint8Array.of(sessionIdBytes),
    new Uint8Array(sessionIdBytes).fill(0x51),
    vector16(u16(0x1301, 0x1302)),
    Uint8Array.of(1, 0),
    vector16(...extensions),
  );
  return concat(Uint8Array.of(1, 0), vector16(body));
}

/** Key shares of a post-quantum group make it this large: two Initials, or two segments. */
export function bigClientHello(name: string, keyShareBytes = 1_216): Uint8Array {
  return clientHello(name, { before: [[51, new Uint8Array(keyShareBytes).fill(0xa7)]] });
}

/** A handshake message as TLS records of at most `recordBytesMax`. */
export function records(message: Uint8Array, recordBytesMax = 16_384): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < message.length; at += recordBytesMax) {
    const part = message.subarray(at, at + recordBytesMax);
    parts.push(Uint8Array.of(22, 3, 1), u16(part.length), part);
  }
  return concat(...parts);
}
