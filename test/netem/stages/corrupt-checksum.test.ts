import assert from 'node:assert';
import seedrandom from 'seedrandom';
import { describe, expect, test } from 'vitest';
import { corruptStage } from '../../../src/netem/stages/corrupt.js';
import { Effect, Judgement } from '../../../src/netem/stages/stage.js';
import { CRC32C_START, crc32c } from '../../../src/packet/crc32c.js';
import { LinkType } from '../../../src/packet/packet-view.js';
import type { Corrupt } from '../../../src/rules/rule.js';
import { ALWAYS, corrupted, flippedBits, offsetsHit, span } from '../../support/corruption.js';
import {
  checksum,
  concat,
  fragmentIpv4,
  icmpEcho,
  icmpv6Echo,
  ipv4,
  ipv6,
  sctp,
  type Transport,
  tcp,
  udp,
} from '../../support/packets.js';
import { fakeKit, nextPacket } from '../../support/stage-kit.js';

const V4 = ['192.0.2.1', '198.51.100.2'] as const;
const V6 = ['2001:db8::1', '2001:db8::2'] as const;

const random = seedrandom('corrupt checksum');
const below = (limit: number) => Math.floor(random() * limit);
const randomBytes = (length: number) => Uint8Array.from({ length }, () => below(256));

describe('`checksum-ok`', () => {
  /** Where the fields are, and what is wrong with the transport's checksum: 0 is nothing. */
  const layouts = {
    6: { at: 16, bytes: 2 },
    17: { at: 6, bytes: 2 },
    1: { at: 2, bytes: 2 },
    58: { at: 2, bytes: 2 },
    132: { at: 8, bytes: 4 },
  } as const;
  type Known = keyof typeof layouts;

  function transportError(packet: Uint8Array, l4: number, protocol: Known): number {
    const isIpv4 = l4 === 20;
    const transport = packet.slice(l4);
    if (protocol === 132) {
      const written = new DataView(transport.buffer).getUint32(8, true);
      transport.fill(0, 8, 12);
      return (~crc32c(transport, 0, transport.length, CRC32C_START) >>> 0) ^ written;
    }
    const addresses = isIpv4 ? packet.slice(12, 20) : packet.slice(8, 40);
    const size = Uint8Array.of(transport.length >> 8, transport.length, 0, protocol);
    return protocol === 1 ? checksum(transport) : checksum(addresses, size, transport);
  }

  function randomTransport(isIpv4: boolean): Transport {
    const payload = randomBytes(below(40));
    switch (below(4)) {
      case 0:
        return tcp(below(65_536), below(65_536), { payload, options: randomBytes(4 * below(5)) });
      case 1:
        return udp(below(65_536), below(65_536), concat(payload, Uint8Array.of(1)));
      case 2:
        return isIpv4 ? icmpEcho(7, { payload }) : icmpv6Echo(7, { payload });
      default:
        return sctp(1, 2, payload);
    }
  }

  test.each([false, true])('checksums verify, one bit else differs (anywhere: %s)', (anywhere) => {
    let inHeader = 0;
    for (let round = 0; round < 1_500; round++) {
      const isIpv4 = below(2) === 0;
      const transport = randomTransport(isIpv4);
      const packet = isIpv4 ? ipv4(...V4, transport) : ipv6(...V6, transport);
      const l4 = isIpv4 ? 20 : 40;
      const protocol = transport.protocol as Known;
      const { at, bytes } = layouts[protocol];
      if (protocol === 132) packet.set(sctpChecksum(packet.slice(l4)), l4 + 8);
      // Two draws for each packet, at other ordinals each time.
      const kit = fakeKit({ seed: `${round}` });
      const stage = corruptStage({ ...ALWAYS, anywhere, checksumOk: true }, kit);
      const after = packet.slice();
      const judgement = new Judgement();
      nextPacket(judgement, 0, 1);
      judgement.view.parse(after, 0, after.length, LinkType.rawIp);
      stage.apply(judgement);
      assert(judgement.effects === Effect.corrupted, 'corrupts');

      const isChecksum = (bit: number) =>
        (bit >> 3 >= l4 + at && bit >> 3 < l4 + at + bytes) ||
        (isIpv4 && (bit >> 3 === 10 || bit >> 3 === 11));
      const others = flippedBits(packet, after).filter((bit) => !isChecksum(bit));
      assert(others.length === 1, 'flips one bit');
      const offset = others[0] >> 3;
      assert(
        anywhere || offset >= l4 + (protocol === 1 || protocol === 58 ? 6 : 4),
        'spares addresses and ports',
      );
      if (offset < l4) inHeader++;
      // With another header length the checksum may not be where it was.
      assert(!isIpv4 || offset === 0 || checksum(after.slice(0, 20)) === 0, 'IPv4 verifies');
      // Version, lengths and protocol say what the transport's checksum covers.
      if ((isIpv4 ? [0, 2, 3, 9] : [4, 5, 6]).includes(offset)) continue;
      assert(transportError(after, l4, protocol) === 0, 'the transport verifies');
    }
    expect(inHeader > 300).toBe(anywhere);
  });

  test('a fault in the header’s length leaves a header that verifies where it can', () => {
    const transport = udp(1, 2, randomBytes(60));
    const options = new Uint8Array(4).fill(1);
    const packet = ipv4(...V4, transport, { options });
    const lengths = new Set<number>();
    for (const after of corrupted(
      packet,
      { anywhere: true, checksumOk: true, firstBytes: 1 },
      50,
    )) {
      const headerBytes = (after[0] & 15) * 4;
      lengths.add(headerBytes);
      if (headerBytes >= 20) expect(checksum(after.slice(0, headerBytes))).toBe(0);
      else expect(after.slice(1)).toEqual(packet.slice(1));
    }
    expect([...lengths].sort((a, b) => a - b)).toEqual([8, 16, 24, 28, 56]);
  });

  test('the checksums themselves are never what is hit', () => {
    const options = { checksumOk: true };
    const without = (offsets: number[], ...holes: number[]) =>
      offsets.filter((offset) => !holes.includes(offset));
    const hitBesides = (packet: Uint8Array, changes: Partial<Corrupt>, holes: number[]) => {
      const hit = new Set<number>();
      for (const after of corrupted(packet, { ...options, ...changes }, 2_000)) {
        const bits = flippedBits(packet, after).filter((bit) => !holes.includes(bit >> 3));
        assert(bits.length === 1, 'flips one bit');
        hit.add(bits[0] >> 3);
      }
      return [...hit].sort((a, b) => a - b);
    };
    expect(hitBesides(ipv4(...V4, tcp(1, 2)), {}, [36, 37])).toEqual(without(span(24, 40), 36, 37));
    const datagram = ipv4(...V4, udp(1, 2, randomBytes(3)));
    const holes = [10, 11, 26, 27];
    expect(hitBesides(datagram, { anywhere: true }, holes)).toEqual(without(span(0, 31), ...holes));
    // A limit that ends within a field.
    expect(hitBesides(datagram, { anywhere: true, firstBytes: 11 }, holes)).toEqual(span(0, 10));
    expect(hitBesides(datagram, { anywhere: true, firstBytes: 27 }, holes)).toEqual(
      without(span(0, 26), 10, 11),
    );
    const datagram6 = ipv6(...V6, udp(1, 2, randomBytes(3)));
    expect(hitBesides(datagram6, { anywhere: true }, [46, 47])).toEqual(
      without(span(0, 51), 46, 47),
    );
    const chunk = ipv4(...V4, sctp(1, 2));
    expect(hitBesides(chunk, {}, span(28, 32))).toEqual(span(24, 28));
  });

  test('UDP without payload has nothing else', () => {
    const packet = ipv4(...V4, udp(1, 2));
    for (const after of corrupted(packet, { checksumOk: true }, 20)) expect(after).toEqual(packet);
  });

  test('UDP without a checksum stays without', () => {
    const packet = ipv4(...V4, udp(1, 2, randomBytes(8)));
    packet.fill(0, 26, 28);
    expect(offsetsHit(packet, { checksumOk: true })).toEqual(span(28, 36));
  });

  test('a first fragment has its packet’s checksum mended, a later one cannot', () => {
    const whole = ipv4(...V4, udp(1, 2, randomBytes(60)));
    const [first, ...later] = fragmentIpv4(whole, 24);
    for (const after of corrupted(first, { checksumOk: true }, 100)) {
      const parts = [after, ...later].map((fragment) => fragment.slice(20));
      const reassembled = concat(whole.slice(0, 20), ...parts);
      expect(transportError(reassembled, 20, 17)).toBe(0);
      expect(reassembled).not.toEqual(whole);
    }
    expect(offsetsHit(later[0], { checksumOk: true })).toEqual(span(20, 44));
    const [chunks] = fragmentIpv4(ipv4(...V4, sctp(1, 2, randomBytes(60))), 24);
    expect(offsetsHit(chunks, { checksumOk: true })).toEqual(span(32, 44));
  });

  test('a packet cut short, at an odd byte too, gets what the whole one would', () => {
    for (let length = 30; length < 60; length++) {
      const whole = ipv4(...V4, udp(1, 2, randomBytes(60)));
      for (const after of corrupted(whole.slice(0, length), { checksumOk: true }, 20)) {
        assert(transportError(concat(after, whole.slice(length)), 20, 17) === 0, 'verifies');
      }
    }
    // SCTP's cannot be told from a part.
    const chunks = ipv4(...V4, sctp(1, 2, randomBytes(60)));
    expect(offsetsHit(chunks.slice(0, 40), { checksumOk: true })).toEqual(span(32, 40));
  });
});

function sctpChecksum(transport: Uint8Array): Uint8Array {
  transport.fill(0, 8, 12);
  const crc = ~crc32c(transport, 0, transport.length, CRC32C_START);
  return Uint8Array.of(crc, crc >> 8, crc >> 16, crc >> 24);
}
