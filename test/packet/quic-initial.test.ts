import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clientInitialKeys, openInitial } from '../../src/packet/quic-crypto.js';
import { QuicLongHeader, QuicVersion } from '../../src/packet/quic-header.js';
import { InitialFrames } from '../../src/packet/quic-initial.js';
import { StreamBuffer } from '../../src/packet/stream-buffer.js';
import { ascii, concat, hex } from '../support/packet-bytes.js';
import * as quic from '../support/quic.js';
import {
  RFC9001_CLIENT_HELLO,
  RFC9001_CLIENT_INITIAL,
  RFC9369_CLIENT_INITIAL,
} from './rfc-initials.js';

const header = new QuicLongHeader();

/** The frames of a datagram's first packet, with the keys of its own ID or another. */
function open(bytes: Uint8Array, id?: Uint8Array): Uint8Array | null {
  if (!header.read(bytes, 0, bytes.length)) return null;
  const { version, destinationIdAt: at, destinationIdBytes } = header;
  const own = bytes.subarray(at, at + destinationIdBytes);
  return openInitial(bytes, header, clientInitialKeys(version, id ?? own));
}

const asHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test('keys: RFC 9001, A.1 and RFC 9369, A.1', () => {
  const v1 = clientInitialKeys(QuicVersion.v1, quic.CLIENT_ID);
  expect(asHex(v1.key)).toBe('1f369613dd76d5467730efcbe3b1a22d');
  expect(asHex(v1.iv)).toBe('fa044b2f42a3fd3b46fb255c');
  expect(asHex(v1.headerKey)).toBe('9f50449e04a0e810283a1e9933adedd2');
  const v2 = clientInitialKeys(QuicVersion.v2, quic.CLIENT_ID);
  expect(asHex(v2.key)).toBe('8b1a0bc121284290a29e0971b5cd045d');
  expect(asHex(v2.iv)).toBe('91f73e2351d8fa91660e909f');
  expect(asHex(v2.headerKey)).toBe('45b95e15235d6f45a6b19cbcb0294ba9');
});

test('the client Initials of RFC 9001, A.2 and RFC 9369, A.2', () => {
  const frames = concat(quic.crypto(0, RFC9001_CLIENT_HELLO), new Uint8Array(917));
  for (const bytes of [RFC9001_CLIENT_INITIAL, RFC9369_CLIENT_INITIAL]) {
    expect(bytes.length).toBe(1200);
    expect(asHex(open(bytes)!)).toBe(asHex(frames));
  }
  // The tests' own packets are these too.
  const options = { number: 2, numberBytes: 4, padToBytes: 1162 } as const;
  expect(asHex(quic.initial(frames, options))).toBe(asHex(RFC9001_CLIENT_INITIAL));
  expect(asHex(quic.initial(frames, { ...options, version: 2 }))).toBe(
    asHex(RFC9369_CLIENT_INITIAL),
  );
});

test('what was sealed is opened, whatever the header', () => {
  const id = fc.uint8Array({ maxLength: 20 });
  const options = fc.record({
    version: fc.constantFrom(1, 2),
    destinationId: id,
    sourceId: id,
    token: fc.uint8Array({ maxLength: 80 }),
    numberBytes: fc.constantFrom(1, 2, 3, 4),
    number: fc.nat(255),
    padToBytes: fc.integer({ min: 4, max: 1_162 }),
  });
  const frames = quic.crypto(0, ascii('some handshake message'));
  const property = fc.property(options, (given) => {
    const packet = quic.initial(frames, given as quic.InitialOptions);
    // Another packet of the datagram behind it, and bytes of another packet around.
    const bytes = concat(packet, quic.long('handshake'));
    const payload = open(bytes);
    expect(payload).not.toBeNull();
    expect(payload!.length).toBe(Math.max(frames.length, given.padToBytes));
    expect(asHex(payload!.subarray(0, frames.length))).toBe(asHex(frames));
  });
  fc.assert(property, { seed: 1, numRuns: 300 });
});

test('other keys, the server’s packets and a single changed bit open nothing', () => {
  const frames = quic.crypto(0, ascii('hello'));
  const packet = quic.initial(frames, { padToBytes: 100 });
  expect(open(packet)).not.toBeNull();
  expect(open(packet, quic.SERVER_ID)).toBeNull();
  expect(open(quic.initial(frames, { by: 'server', padToBytes: 100 }))).toBeNull();
  expect(open(quic.initial(frames, { keyId: quic.SERVER_ID }), quic.SERVER_ID)).not.toBeNull();
  let refused = 0;
  for (let bit = 0; bit < packet.length * 8; bit++) {
    const changed = packet.slice();
    changed[bit >> 3] ^= 1 << (bit & 7);
    if (open(changed) === null) refused++;
  }
  expect(refused).toBe(packet.length * 8);
});

test('a packet too short for the sample or the tag is refused', () => {
  for (let bodyBytes = 0; bodyBytes < 40; bodyBytes++) {
    expect(open(quic.long('initial', 1, bodyBytes))).toBeNull();
  }
});

/** What the frames say of the CRYPTO stream. */
function streamOf(...frames: Uint8Array[]): { text: string; whole: boolean } {
  const stream = new StreamBuffer(1_000);
  const whole = new InitialFrames().read(concat(...frames), stream);
  return { text: String.fromCharCode(...stream.bytes.subarray(0, stream.ready)), whole };
}

const PADDING = new Uint8Array(3);
const PING = Uint8Array.of(1);
const ACK = hex('02 05 40 10 01 00 03 02');
const ACK_ECN = hex('03 05 00 00 00 01 02 43ff');
const CLOSE = hex('1c 01 06 03 616263');

test('CRYPTO frames in any order among all others that an Initial has', () => {
  const parts = [4, 0, 2].map((at) => quic.crypto(at, ascii('client'.slice(at, at + 2))));
  for (const other of [PADDING, PING, ACK, ACK_ECN, CLOSE]) {
    const between = parts.flatMap((part) => [other, part]);
    expect(streamOf(...between, other)).toEqual({ text: 'client', whole: true });
  }
});

test('frames are read up to what is none, or goes beyond the end', () => {
  const first = quic.crypto(0, ascii('abc'));
  const second = quic.crypto(3, ascii('def'));
  for (const wrong of ['08', '1d 00 00', '1e', '40 06']) {
    expect(streamOf(first, hex(wrong), second)).toEqual({ text: 'abc', whole: false });
  }
  for (const cut of [
    '06',
    '06 00',
    '06 00 05 61',
    '02 05 00 05 00',
    '1c 00 00 05',
    '06 03 ffffffffffffffff',
  ]) {
    expect(streamOf(first, hex(cut))).toEqual({ text: 'abc', whole: false });
  }
  // As many ranges as the largest varint: the end of the packet comes first.
  expect(streamOf(first, hex('02 00 00 ffffffffffffffff 00 0000'))).toEqual({
    text: 'abc',
    whole: false,
  });
});
