import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StreamBuffer } from '../../src/packet/stream-buffer.js';
import {
  CLIENT_HELLO_BYTES_MAX,
  CLIENT_HELLO_STREAM_BYTES_MAX,
  ClientHelloReader,
  NAME_KNOWN,
  NAME_NONE,
  NAME_PENDING,
} from '../../src/packet/tls-client-hello.js';
import { bigClientHello, clientHello, records } from '../support/client-hello.js';
import { ascii, concat, hex } from '../support/packet-bytes.js';
import { RFC9001_CLIENT_HELLO } from './rfc-initials.js';

const reader = new ClientHelloReader();
const stream = new StreamBuffer(CLIENT_HELLO_STREAM_BYTES_MAX);

/** The name, `none` or `pending`; from TLS records, or from the bare message. */
function nameIn(bytes: Uint8Array, bare = false): string {
  stream.clear();
  stream.add(0, bytes, 0, bytes.length);
  const state = bare ? reader.readMessage(stream) : reader.readRecords(stream);
  if (state === NAME_KNOWN) return reader.name;
  expect([NAME_NONE, NAME_PENDING]).toContain(state);
  return state === NAME_NONE ? 'none' : 'pending';
}

const both = (message: Uint8Array) => [nameIn(message, true), nameIn(records(message))];

test('the ClientHello of RFC 9001', () => {
  expect(both(RFC9001_CLIENT_HELLO)).toEqual(['example.com', 'example.com']);
});

test.each([
  [
    'among other extensions',
    clientHello('a.example', { before: [[10, hex('0000')]], after: [[16, hex('00')]] }),
  ],
  ['without a session id', clientHello('a.example', { sessionIdBytes: 0 })],
  ['in capitals and with a last dot', clientHello('A.Example.')],
  ['behind a name of another type', clientHello('a.example', { otherNames: [[7, ascii('x')]] })],
])('a name %s', (_, message) => {
  expect(both(message)).toEqual(['a.example', 'a.example']);
});

test.each([
  ['no name', clientHello(null)],
  ['a name of another type only', clientHello(null, { otherNames: [[7, ascii('x')]] })],
  ['an empty name', clientHello('')],
  ['a name of a dot', clientHello('.')],
  ['a name with a space', clientHello('a b')],
  ['a name with a zero', clientHello('a\0b')],
  ['a name that is not ASCII', clientHello('\u00e9.example')],
  ['a name of 256 characters', clientHello('a'.repeat(256))],
])('%s is none', (_, message) => {
  expect(both(message)).toEqual(['none', 'none']);
});

test('pending until the last byte, in records of any size', () => {
  const message = clientHello('a.example', { after: [[16, new Uint8Array(40)]] });
  for (let length = 0; length < message.length; length++) {
    expect(nameIn(message.subarray(0, length), true)).toBe('pending');
  }
  for (const size of [1, 2, 3, 5, 7, 50, 16_384]) {
    const bytes = records(message, size);
    for (let length = 0; length < bytes.length; length++) {
      expect([size, length, nameIn(bytes.subarray(0, length))]).toEqual([size, length, 'pending']);
    }
    expect(nameIn(bytes)).toBe('a.example');
    expect(nameIn(concat(bytes, ascii('more')))).toBe('a.example');
  }
});

test('what cannot be a ClientHello is known by its first bytes', () => {
  for (const start of [
    '47',
    '16 02',
    '16 03 01 0000',
    '16 03 01 4001',
    '16 03 01 0030 02',
    '15 03 01',
  ]) {
    expect([start, nameIn(hex(start))]).toEqual([start, 'none']);
  }
  // A ServerHello; a message longer than any.
  expect([nameIn(hex('02'), true), nameIn(hex('01 003ffd'), true)]).toEqual(['none', 'none']);
  expect(nameIn(hex('01 003ffc'), true)).toBe('pending');
  // An alert between the records of a handshake message (RFC 8446, 5.1).
  const message = clientHello('a.example');
  const cut = concat(records(message.subarray(0, 50)), hex('15 03 01 0002 0100'));
  expect(nameIn(cut)).toBe('none');
});

test('the largest one, and one that does not fit', () => {
  const frame = bigClientHello('a.example', 0).length;
  const largest = bigClientHello('a.example', CLIENT_HELLO_BYTES_MAX - frame);
  expect(largest.length).toBe(CLIENT_HELLO_BYTES_MAX);
  expect(both(largest)).toEqual(['a.example', 'a.example']);
  expect(nameIn(records(largest, 100))).toBe('a.example');
  expect(both(bigClientHello('a.example', CLIENT_HELLO_BYTES_MAX - frame + 1))).toEqual([
    'none',
    'none',
  ]);
  // In so many records that the stream is full before it is there.
  expect(nameIn(records(largest, 10))).toBe('none');
});

test('lengths that contradict each other are none, and no bytes make it throw', () => {
  const message = clientHello('a.example', {
    before: [[10, hex('00020017')]],
    after: [[16, hex('00')]],
  });
  const bytes = fc.tuple(fc.nat(message.length - 1), fc.nat(255));
  const seen = new Map<string, number>();
  const property = fc.property(fc.array(bytes, { maxLength: 3 }), fc.boolean(), (changes, bare) => {
    const changed = message.slice();
    for (const [at, value] of changes) changed[at] = value;
    const found = nameIn(bare ? changed : records(changed), bare);
    const kind = ['none', 'pending', 'a.example'].includes(found) ? found : 'another';
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
  });
  fc.assert(property, { seed: 1, numRuns: 5_000 });
  for (const kind of ['none', 'pending', 'a.example', 'another']) {
    expect([kind, (seen.get(kind) ?? 0) > 10]).toEqual([kind, true]);
  }
  const random = fc.uint8Array({ maxLength: 200, size: 'max' });
  fc.assert(
    fc.property(random, (bytes) => void nameIn(bytes)),
    { seed: 1, numRuns: 2_000 },
  );
});
