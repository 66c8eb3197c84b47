import seedrandom from 'seedrandom';
import { describe, expect, test } from 'vitest';
import {
  checksumOffset,
  mendChecksum,
  mendTransportChecksum,
  writeIpv4Checksum,
  writeTransportChecksum,
} from '../../src/packet/checksum.js';
import { CRC32C_START, crc32c } from '../../src/packet/crc32c.js';
import { ascii } from '../support/packet-bytes.js';
import {
  checksum,
  concat,
  fragmentHeader,
  hex,
  icmpEcho,
  icmpv6Echo,
  ipv4,
  ipv6,
  sctp,
  type Transport,
  tcp,
  udp,
} from '../support/packets.js';

const V4 = ['192.0.2.1', '198.51.100.2'] as const;
const V6 = ['2001:db8::1', 'fd00:6e65::ffff:2'] as const;

/** Where it begins, so that offsets matter. */
const BEFORE = 3;

const random = seedrandom('checksum');
const below = (limit: number) => Math.floor(random() * limit);
const randomBytes = (length: number) => Uint8Array.from({ length }, () => below(256));

const TRANSPORTS: readonly [string, (payload: Uint8Array) => Transport][] = [
  ['tcp', (payload) => tcp(1234, 80, { payload, options: hex('0101080a0102030405060708') })],
  ['udp', (payload) => udp(1234, 53, payload)],
];

function inside(bytes: Uint8Array): Uint8Array {
  return concat(new Uint8Array(BEFORE).fill(0xff), bytes, new Uint8Array(2).fill(0xff));
}

/** The packet after its transport checksum was overwritten by rubbish and then written anew. */
function rewritten(packet: Uint8Array, l4: number, protocol: number): Uint8Array {
  const bytes = inside(packet);
  bytes.set(randomBytes(2), BEFORE + l4 + checksumOffset(protocol));
  const written = writeTransportChecksum(bytes, BEFORE, BEFORE + l4, packet.length - l4, protocol);
  expect(written).toBe(true);
  return bytes.slice(BEFORE, -2);
}

describe('whole checksums', () => {
  test.each(TRANSPORTS)('of %s are those of the packet builder', (_, transport) => {
    for (let length = 0; length < 200; length++) {
      const made = transport(randomBytes(length));
      const v4 = ipv4(...V4, made, { options: new Uint8Array(4).fill(1) });
      expect(rewritten(v4, 24, made.protocol)).toEqual(v4);
      const v6 = ipv6(...V6, made, { extensions: [fragmentHeader(1, 0, false)] });
      expect(rewritten(v6, 48, made.protocol)).toEqual(v6);
    }
  });

  test('of ICMP cover no addresses, of ICMPv6 they do', () => {
    for (let length = 0; length < 50; length++) {
      const payload = randomBytes(length);
      const v4 = ipv4(...V4, icmpEcho(7, { payload }));
      expect(rewritten(v4, 20, 1)).toEqual(v4);
      const v6 = ipv6(...V6, icmpv6Echo(7, { payload }));
      expect(rewritten(v6, 40, 58)).toEqual(v6);
    }
  });

  test('of the largest packet, all ones, do not overflow', () => {
    const ones = new Uint8Array(65_535 - 28).fill(0xff);
    const packet = ipv4('255.255.255.255', '255.255.255.255', udp(0xffff, 0xffff, ones));
    expect(rewritten(packet, 20, 17)).toEqual(packet);
  });

  test('of UDP are never 0', () => {
    // The two last bytes run through all values, so one of them makes the sum come to 0.
    let ones = 0;
    for (let word = 0; word < 65_536; word++) {
      const packet = ipv6(...V6, udp(1, 2, Uint8Array.of(word >> 8, word)));
      writeTransportChecksum(packet, 0, 40, 10, 17);
      const written = (packet[46] << 8) | packet[47];
      if (written === 0) expect(word).toBe('none with a checksum of 0');
      if (written === 0xffff) ones++;
    }
    expect(ones).toBe(1);
  });

  test('of IPv4 headers, with options', () => {
    for (let units = 0; units <= 10; units++) {
      const packet = ipv4(...V4, udp(1, 2), { options: randomBytes(4 * units) });
      const bytes = inside(packet);
      bytes.set([0xab, 0xcd], BEFORE + 10);
      writeIpv4Checksum(bytes, BEFORE);
      expect(bytes.slice(BEFORE, -2)).toEqual(packet);
    }
  });

  test('need their field and a protocol that is known', () => {
    const bytes = randomBytes(100);
    const before = bytes.slice();
    expect(writeTransportChecksum(bytes, 0, 20, 17, 6)).toBe(false);
    expect(writeTransportChecksum(bytes, 0, 20, 7, 17)).toBe(false);
    expect(writeTransportChecksum(bytes, 0, 20, 11, 132)).toBe(false);
    expect(writeTransportChecksum(bytes, 0, 20, 80, 136)).toBe(false);
    expect(bytes).toEqual(before);
  });
});

describe('CRC32c', () => {
  const crcOf = (bytes: Uint8Array) => ~crc32c(bytes, 0, bytes.length, CRC32C_START) >>> 0;

  // RFC 3720, appendix B.4 (iSCSI uses the same), and the check value of the catalogues.
  test.each([
    [new Uint8Array(32), 0x8a91_36aa],
    [new Uint8Array(32).fill(0xff), 0x62a8_ab43],
    [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd_794e],
    [Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113f_db5c],
    [ascii('123456789'), 0xe306_9283],
  ])('example %#', (bytes, expected) => {
    expect(crcOf(bytes)).toBe(expected);
  });

  test('goes on from where it was', () => {
    const bytes = randomBytes(50);
    const first = crc32c(bytes, 0, 17, CRC32C_START);
    expect(~crc32c(bytes, 17, 33, first) >>> 0).toBe(crcOf(bytes));
  });

  test('of SCTP is written lowest byte first, over everything but itself', () => {
    const packet = ipv4(...V4, sctp(1, 2, randomBytes(41)));
    const expected = crcOf(packet.slice(20));
    const after = rewritten(packet, 20, 132);
    expect(new DataView(after.buffer).getUint32(28, true)).toBe(expected);
    after.fill(0, 28, 32);
    expect(after).toEqual(packet);
  });
});

describe('updates', () => {
  test('give what the whole sum gives, for any words and sums', () => {
    const edges = [0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff];
    const word = () => (random() < 0.5 ? edges[below(edges.length)]! : below(65_536));
    const set = (bytes: Uint8Array, at: number, value: number) => {
      bytes[at] = value >> 8;
      bytes[at + 1] = value & 0xff;
    };
    for (let round = 0; round < 50_000; round++) {
      // The word that changes, one that stays and is not 0 (as IP has them), the checksum.
      const [before, after, rest] = [word(), word(), word() || 1];
      const bytes = new Uint8Array(6);
      set(bytes, 0, before);
      set(bytes, 2, rest);
      set(bytes, 4, checksum(bytes));
      mendChecksum(bytes, 4, before, after);
      set(bytes, 0, after);
      const mended = (bytes[4] << 8) | bytes[5];
      set(bytes, 4, 0);
      if (mended !== checksum(bytes)) {
        expect({ before, after, rest, mended }).toEqual('the whole sum');
      }
    }
  });

  test('keep RFC 1624’s example, in which RFC 1141 goes wrong', () => {
    const bytes = hex('dd2f');
    mendChecksum(bytes, 0, 0x5555, 0x3285);
    expect(bytes).toEqual(hex('0000'));
  });

  test.each([
    ['tcp', 6, 16],
    ['udp', 17, 6],
    ['icmpv6', 58, 2],
  ] as const)('of %s: any byte of the packet', (_, protocol, offset) => {
    const transport = { protocol, bytes: randomBytes(40), checksumAt: offset, pseudoHeader: true };
    transport.bytes.fill(0, offset, offset + 2);
    for (let round = 0; round < 2_000; round++) {
      const packet = ipv6(...V6, transport);
      const at = 40 + 2 * below(20);
      if (at === 40 + offset) continue;
      const before = (packet[at] << 8) | packet[at + 1];
      const after = below(65_536);
      packet[at] = after >> 8;
      packet[at + 1] = after;
      expect(mendTransportChecksum(packet, 40, 40, protocol, before, after)).toBe(true);
      expect(rewrittenWhole(packet, 40, protocol)).toEqual(packet);
    }
  });

  test('leave UDP without a checksum without one, and never make it so', () => {
    const none = hex('0001 0002 000a 0000 1234');
    expect(mendTransportChecksum(none, 0, 10, 17, 0x1234, 0x4321)).toBe(true);
    expect(none).toEqual(hex('0001 0002 000a 0000 1234'));
    // 0xffff stands for a sum of 0 here, and the change makes it 0 again.
    const ones = hex('0001 0002 000a ffff 1234');
    mendTransportChecksum(ones, 0, 10, 17, 0x1234, 0x1234);
    expect(ones.slice(6, 8)).toEqual(hex('ffff'));
    // RFC 1624's example again: 0 by the sum.
    const toZero = hex('0001 0002 000a dd2f 3285');
    mendTransportChecksum(toZero, 0, 10, 17, 0x5555, 0x3285);
    expect(toZero.slice(6, 8)).toEqual(hex('ffff'));
  });

  test('refuse a field that was cut off, SCTP and what is not known', () => {
    const bytes = randomBytes(40);
    const before = bytes.slice();
    expect(mendTransportChecksum(bytes, 0, 17, 6, 1, 2)).toBe(false);
    expect(mendTransportChecksum(bytes, 0, 7, 17, 1, 2)).toBe(false);
    expect(mendTransportChecksum(bytes, 0, 40, 132, 1, 2)).toBe(false);
    expect(mendTransportChecksum(bytes, 0, 40, 136, 1, 2)).toBe(false);
    expect(bytes).toEqual(before);
  });
});

function rewrittenWhole(packet: Uint8Array, l4: number, protocol: number): Uint8Array {
  const bytes = packet.slice();
  writeTransportChecksum(bytes, 0, l4, packet.length - l4, protocol);
  return bytes;
}
