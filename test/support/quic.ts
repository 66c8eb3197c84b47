/**
 * QUIC packets for tests, written from RFC 9000, 9001 and 9369 with node's HKDF, apart from the reader
 * in src/packet. `protect` makes the bytes of the RFCs' appendices (test/packet/quic-initial.test.ts).
 */

import { createCipheriv, createHmac, hkdfSync } from 'node:crypto';
import { ascii, concat, hex, u16, u32 } from './packet-bytes.js';

export type Version = 1 | 2;
type Kind = 'initial' | '0rtt' | 'handshake';

const VERSIONS = {
  1: {
    number: 0x0000_0001,
    types: { initial: 0, '0rtt': 1, handshake: 2, retry: 3 },
    salt: hex('38762cf7f55934b34d179ae6a4c80cadccbb7f0a'),
    labels: 'quic',
  },
  2: {
    number: 0x6b33_43cf,
    types: { initial: 1, '0rtt': 2, handshake: 3, retry: 0 },
    salt: hex('0dede3def700a6db819381be6e269dcbf9bd2ed9'),
    labels: 'quicv2',
  },
} as const;

export function varint(value: number, bytes = 0): Uint8Array {
  if (bytes === 8) return concat(Uint8Array.of(0xc0, 0, 0, 0), u32(value));
  if (bytes === 4 || value > 16_383) return u32((0x8000_0000 | value) >>> 0);
  if (bytes === 2 || value > 63) return u16(0x4000 | value);
  return Uint8Array.of(value);
}

export function crypto(offset: number, data: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(6), varint(offset), varint(data.length), data);
}

export interface InitialOptions {
  readonly version?: Version;
  readonly destinationId?: Uint8Array;
  readonly sourceId?: Uint8Array;
  /** From whose Destination Connection ID the keys come: the packet's own unless told. */
  readonly keyId?: Uint8Array;
  readonly by?: 'client' | 'server';
  readonly token?: Uint8Array;
  readonly number?: number;
  readonly numberBytes?: 1 | 2 | 3 | 4;
  /** PADDING frames up to a payload of so many bytes. */
  readonly padToBytes?: number;
}

export const CLIENT_ID = hex('8394c8f03e515708');
export const SERVER_ID = hex('f067a5502a4262b5');

/** A protected Initial packet with these frames. */
export function initial(frames: Uint8Array, options: InitialOptions = {}): Uint8Array {
  const { version = 1, destinationId = CLIENT_ID, sourceId = new Uint8Array(0) } = options;
  const { token = new Uint8Array(0), number = 0, numberBytes = 1, padToBytes = 4 } = options;
  const payload = concat(frames, new Uint8Array(Math.max(0, padToBytes - frames.length)));
  const { number: versionNumber, types } = VERSIONS[version];
  const numberField = u32(number).subarray(4 - numberBytes);
  const header = concat(
    Uint8Array.of(0xc0 | (types.initial << 4) | (numberBytes - 1)),
    u32(versionNumber),
    Uint8Array.of(destinationId.length),
    destinationId,
    Uint8Array.of(sourceId.length),
    sourceId,
    varint(token.length),
    token,
    varint(numberBytes + payload.length + 16, 2),
    numberField,
  );
  const keys = keysOf(version, options.keyId ?? destinationId, options.by ?? 'client');
  const nonce = keys.iv.slice();
  numberField.forEach((byte, i) => {
    nonce[12 - numberBytes + i] ^= byte;
  });
  const cipher = createCipheriv('aes-128-gcm', keys.key, nonce);
  cipher.setAAD(header);
  const sealed = concat(cipher.update(payload), cipher.final(), cipher.getAuthTag());

  const numberAt = header.length - numberBytes;
  const packet = concat(header, sealed);
  const sample = packet.slice(numberAt + 4, numberAt + 20);
  const mask = createCipheriv('aes-128-ecb', keys.headerKey, null).update(sample);
  packet[0] ^= mask[0] & 0x0f;
  for (let i = 0; i < numberBytes; i++) packet[numberAt + i] ^= mask[1 + i];
  return packet;
}

/**
 * A packet of another kind with a long header, to the same destination as `initial`'s, whose protected part
 * is `bodyBytes` of anything.
 */
export function long(kind: Kind, version: Version = 1, bodyBytes = 40): Uint8Array {
  const { number, types } = VERSIONS[version];
  return concat(
    Uint8Array.of(0xc0 | (types[kind] << 4)),
    u32(number),
    Uint8Array.of(CLIENT_ID.length),
    CLIENT_ID,
    Uint8Array.of(0),
    ...(kind === 'initial' ? [varint(0)] : []),
    varint(bodyBytes),
    new Uint8Array(bodyBytes).fill(0x99),
  );
}

export function retry(version: Version = 1): Uint8Array {
  const { number, types } = VERSIONS[version];
  const first = Uint8Array.of(0xc0 | (types.retry << 4));
  const ids = concat(Uint8Array.of(0, 8), SERVER_ID);
  return concat(first, u32(number), ids, ascii('a token'), new Uint8Array(16));
}

/** RFC 9000, 17.2.1: version 0, whatever the type bits. */
export function versionNegotiation(typeBits = 0): Uint8Array {
  return concat(Uint8Array.of(0xc0 | (typeBits << 4)), u32(0), Uint8Array.of(0, 0), u32(1));
}

export function short(bytes = 60): Uint8Array {
  return concat(Uint8Array.of(0x40), new Uint8Array(bytes - 1).fill(0x77));
}

function keysOf(version: Version, id: Uint8Array, by: 'client' | 'server') {
  const { salt, labels } = VERSIONS[version];
  const expand = (secret: Uint8Array, label: string, length: number) => {
    const name = ascii(`tls13 ${label}`);
    const info = concat(u16(length), Uint8Array.of(name.length), name, Uint8Array.of(0));
    const block = createHmac('sha256', secret).update(concat(info, Uint8Array.of(1)));
    return new Uint8Array(block.digest()).subarray(0, length);
  };
  // `hkdfSync` extracts and expands at once, so that it does for the first step only.
  const info = ascii(`tls13 ${by} in`);
  const fromId = concat(u16(32), Uint8Array.of(info.length), info, Uint8Array.of(0));
  const secret = new Uint8Array(hkdfSync('sha256', id, salt, fromId, 32));
  return {
    key: expand(secret, `${labels} key`, 16),
    iv: expand(secret, `${labels} iv`, 12),
    headerKey: expand(secret, `${labels} hp`, 16),
  };
}
