/**
 * The keys of QUIC's Initial packets (RFC 9001 section 5, RFC 9369 section 3.3), which anyone who sees
 * the client's first one can derive, and taking the protection off with them. Only packets that the
 * client sent: the ClientHello is in those.
 */

import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { type QuicLongHeader, QuicVersion } from './quic-header.js';

export interface InitialKeys {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  readonly headerKey: Uint8Array;
}

interface VersionSecrets {
  readonly salt: Uint8Array;
  readonly labelPrefix: string;
}

const V1: VersionSecrets = {
  salt: Buffer.from('38762cf7f55934b34d179ae6a4c80cadccbb7f0a', 'hex'),
  labelPrefix: 'quic',
};
const V2: VersionSecrets = {
  salt: Buffer.from('0dede3def700a6db819381be6e269dcbf9bd2ed9', 'hex'),
  labelPrefix: 'quicv2',
};

const SECRET_BYTES = 32;
const KEY_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const SAMPLE_BYTES = 16;

/** Where the sample begins, whatever the packet number's length: as if it had four bytes. */
const SAMPLE_AT = 4;

/** What the client protects its Initials with, from their Destination Connection ID. */
export function clientInitialKeys(version: number, destinationId: Uint8Array): InitialKeys {
  const { salt, labelPrefix } = version === QuicVersion.v2 ? V2 : V1;
  const initial = hmac(salt, destinationId);
  const client = expandLabel(initial, 'client in', SECRET_BYTES);
  return {
    key: expandLabel(client, `${labelPrefix} key`, KEY_BYTES),
    iv: expandLabel(client, `${labelPrefix} iv`, IV_BYTES),
    headerKey: expandLabel(client, `${labelPrefix} hp`, KEY_BYTES),
  };
}

/** The packet's frames, or null when these are not its keys, or it was changed on the way. */
export function openInitial(
  bytes: Uint8Array,
  packet: QuicLongHeader,
  keys: InitialKeys,
): Uint8Array | null {
  const { at, numberAt, end } = packet;
  const sampleAt = numberAt + SAMPLE_AT;
  if (end - sampleAt < SAMPLE_BYTES) return null;
  const sample = Buffer.from(bytes.subarray(sampleAt, sampleAt + SAMPLE_BYTES));
  const mask = createCipheriv('aes-128-ecb', keys.headerKey, null).update(sample);

  const first = bytes[at] ^ (mask[0] & 0x0f);
  const numberBytes = (first & 3) + 1;
  const payloadAt = numberAt + numberBytes;
  if (end - payloadAt < TAG_BYTES) return null;
  const header = Buffer.from(bytes.subarray(at, payloadAt));
  header[0] = first;
  // Packet numbers begin at 0 and are cut by what the peer acknowledged: at first by nothing.
  const nonce = Buffer.from(keys.iv);
  for (let i = 0; i < numberBytes; i++) {
    header[numberAt - at + i] ^= mask[1 + i];
    nonce[IV_BYTES - numberBytes + i] ^= header[numberAt - at + i];
  }
  return decrypt(keys, nonce, header, Buffer.from(bytes.subarray(payloadAt, end)));
}

function decrypt(
  { key }: InitialKeys,
  nonce: Uint8Array,
  header: Uint8Array,
  sealed: Buffer,
): Uint8Array | null {
  const tagAt = sealed.length - TAG_BYTES;
  const cipher = createDecipheriv('aes-128-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(header);
  cipher.setAuthTag(sealed.subarray(tagAt));
  const payload = cipher.update(sealed.subarray(0, tagAt));
  try {
    cipher.final();
  } catch {
    return null; // The tag is wrong.
  }
  return payload;
}

/** HKDF-Expand-Label (RFC 8446, 7.1) with an empty context: one block is always enough here. */
function expandLabel(secret: Uint8Array, label: string, length: number): Uint8Array {
  const name = Buffer.from(`tls13 ${label}`);
  const info = [Buffer.of(0, length, name.length), name, Buffer.of(0, 1)];
  return hmac(secret, Buffer.concat(info)).subarray(0, length);
}

function hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(data).digest();
}
