import { expect, test } from 'vitest';
import { LinkType } from '../../src/packet/link-layer.js';
import { linkTypeOf, UNKNOWN_LINK } from '../../src/pcap/link-types.js';

test.each([
  [0, LinkType.nullLoopback],
  [1, LinkType.ethernet],
  [12, LinkType.rawIp],
  [14, LinkType.rawIp],
  [101, LinkType.rawIp],
  [108, LinkType.nullLoopback],
  [113, LinkType.linuxCooked],
  [228, LinkType.rawIp],
  [229, LinkType.rawIp],
  [276, LinkType.linuxCooked2],
  [105, UNKNOWN_LINK],
  [65_535, UNKNOWN_LINK],
  [0x3ff_ffff, UNKNOWN_LINK],
])('of %i', (link, type) => {
  expect(linkTypeOf(link)).toBe(type);
});
