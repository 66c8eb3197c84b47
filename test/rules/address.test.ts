import * as net from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatPrefix, parsePrefix, prefixMask } from '../../src/rules/address.js';

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['192.0.2.1/32', '192.0.2.1'],
  ['192.0.2.77/24', '192.0.2.0/24'],
  ['255.255.255.255/1', '128.0.0.0/1'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['FD00::1', 'fd00::1'],
  ['[fd00::1]', 'fd00::1'],
  ['[fd00::1]/64', 'fd00::/64'],
  ['fd00:0:0:1:0:0:0:1', 'fd00:0:0:1::1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0db8::0001', '2001:db8::1'],
  ['1:0:0:2:0:0:3:4', '1::2:0:0:3:4'],
  ['::', '::'],
  ['::/0', '::/0'],
  ['1::', '1::'],
  ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1/120', '192.0.2.0/24'],
  ['::ffff:0:0/95', '::fffe:0:0/95'],
])('%s is %s', (text, canonical) => {
  expect(formatPrefix(parsePrefix(text))).toBe(canonical);
});

test('IPv4 is held as IPv4-mapped IPv6', () => {
  expect(parsePrefix('192.0.2.0/24')).toEqual({
    version: 4,
    words: [0, 0, 0xffff, 0xc000_0200 | 0],
    bits: 120,
  });
  expect(parsePrefix('fd00::/8').words).toEqual([0xfd00_0000 | 0, 0, 0, 0]);
});

test('masks', () => {
  expect([0, 1, 2, 3].map((word) => prefixMask(0, word))).toEqual([0, 0, 0, 0]);
  expect([0, 1, 2, 3].map((word) => prefixMask(128, word))).toEqual([-1, -1, -1, -1]);
  expect([0, 1, 2, 3].map((word) => prefixMask(33, word))).toEqual([-1, -(2 ** 31), 0, 0]);
});

test('what is formatted parses back to the same prefix', () => {
  const group = fc.constantFrom(0, 0, 0, 1, 0xffff, 0xdb8);
  const six = fc.tuple(fc.array(group, { minLength: 8, maxLength: 8 }), fc.nat(128));
  const four = fc.tuple(fc.ipV4(), fc.nat(32));
  const property = fc.property(six, four, ([groups, bits6], [address, bits4]) => {
    for (const text of [
      `${groups.map((each) => each.toString(16)).join(':')}/${bits6}`,
      `${address}/${bits4}`,
    ]) {
      const prefix = parsePrefix(text);
      expect(parsePrefix(formatPrefix(prefix))).toEqual(prefix);
    }
  });
  fc.assert(property, { seed: 1, numRuns: 2_000 });
});

test("Node's parser accepts the same addresses", () => {
  const piece = fc.constantFrom(
    '0',
    '1',
    'ffff',
    '12345',
    ':',
    '::',
    '.',
    '1.2.3.4',
    '256',
    'g',
    '01',
  );
  const wild = fc.array(piece, { minLength: 1, maxLength: 10 }).map((pieces) => pieces.join(''));
  const spelled = fc.array(piece, { minLength: 6, maxLength: 9 }).map((pieces) => pieces.join(':'));
  let accepted = 0;
  const property = fc.property(fc.oneof(wild, spelled, fc.ipV6(), fc.ipV4()), (text) => {
    let parsed = true;
    try {
      parsePrefix(text);
      accepted++;
    } catch {
      parsed = false;
    }
    expect([text, parsed]).toEqual([text, net.isIP(text) !== 0]);
  });
  fc.assert(property, { seed: 1, numRuns: 10_000 });
  expect(accepted).toBeGreaterThan(3_000);
});
