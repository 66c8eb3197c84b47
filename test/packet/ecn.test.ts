import { expect, test } from 'vitest';
import { isEct, markCe } from '../../src/packet/ecn.js';
import { checksum, concat, ipv4, ipv6, udp } from '../support/packets.js';

const BEFORE = 5;

function packet(version: 4 | 6, trafficClass: number, identification = 0): Uint8Array {
  const datagram = udp(1000, 53, Uint8Array.of(1, 2, 3));
  return version === 4
    ? ipv4('192.0.2.1', '198.51.100.2', datagram, { trafficClass, identification })
    : ipv6('2001:db8::1', '2001:db8::2', datagram, { trafficClass, flowLabel: 0xfffff });
}

/** Marks a packet that lies somewhere inside a buffer. */
function marked(bytes: Uint8Array): { result: boolean; bytes: Uint8Array } {
  const buffer = concat(new Uint8Array(BEFORE).fill(0xaa), bytes, Uint8Array.of(0xbb));
  const result = markCe(buffer, BEFORE);
  expect([...buffer.subarray(0, BEFORE), buffer.at(-1)]).toEqual([
    ...new Array<number>(BEFORE).fill(0xaa),
    0xbb,
  ]);
  return { result, bytes: buffer.slice(BEFORE, -1) };
}

test.each([4, 6] as const)('IPv%d: every capable class becomes CE and stays else', (version) => {
  for (let trafficClass = 0; trafficClass < 256; trafficClass++) {
    const capable = (trafficClass & 3) !== 0;
    const bytes = packet(version, trafficClass);
    expect(isEct(bytes, 0)).toBe(capable);
    const expected = packet(version, capable ? trafficClass | 3 : trafficClass);
    expect(marked(bytes)).toEqual({ result: capable, bytes: expected });
  }
});

test('the IPv4 header checksum is right whatever it was', () => {
  for (let identification = 0; identification < 65_536; identification++) {
    const bytes = packet(4, 1, identification);
    markCe(bytes, 0);
    if (checksum(bytes.subarray(0, 20)) !== 0) expect(identification).toBe('right');
    if (bytes[10] === 0xff && bytes[11] === 0xff) expect(identification).toBe('not minus zero');
  }
});
