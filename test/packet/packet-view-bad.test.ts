/** Packets that are cut short, contradict themselves or are made to confuse parsers. */

import { expect, test } from 'vitest';
import { LinkType, PacketView } from '../../src/packet/packet-view.js';
import { hex } from '../support/packets.js';
import { DNS, DNS6, IPV6_ADDRESSES, MAC, refusal, viewOf } from './samples.js';

test('a chain of extension headers is bounded', () => {
  const chain = (count: number) => {
    const length = (8 * count + 8).toString(16).padStart(4, '0');
    const headers = '3c00 0104 0000 0000 '.repeat(count - 1);
    return `6000 0000 ${length} 3c40 ${IPV6_ADDRESSES} ${headers} 1100 0104 0000 0000 9c40 0035 0008 0000`;
  };
  expect(viewOf(chain(16))).toMatchObject({ protocol: 17, destinationPort: 53 });
  expect(refusal(hex(chain(17)))).toBe('malformed');
});

test('every cut of a packet is malformed, or truncated behind its headers', () => {
  const view = new PacketView();
  const cut = (text: string, length: number, linkType: number) => {
    // What follows in memory is another packet's.
    const bytes = hex(text).fill(0xff, length);
    const parsed = view.parse(bytes, 0, length, linkType);
    return parsed ? { truncated: view.truncated, hasPorts: view.hasPorts } : view.malformed;
  };
  for (let length = 0; length <= 57; length++) {
    const expected = length < 20 ? true : { truncated: length < 57, hasPorts: length >= 24 };
    expect(cut(DNS, length, LinkType.rawIp)).toEqual(expected);
  }
  for (let length = 0; length <= 77; length++) {
    const expected = length < 40 ? true : { truncated: length < 77, hasPorts: length >= 44 };
    expect(cut(DNS6, length, LinkType.rawIp)).toEqual(expected);
  }
  const tagged = `${MAC} 88a8 000a 8100 0014 0800 ${DNS}`;
  for (let length = 0; length < 42; length++) {
    expect(cut(tagged, length, LinkType.ethernet)).toBe(true);
  }
});

test('flags and identifiers that were cut off are not read', () => {
  const view = new PacketView();
  const cut = (text: string, length: number) => {
    expect(view.parse(hex(text), 0, length, LinkType.rawIp)).toBe(true);
    return view;
  };
  const syn = `4500 0028 0000 0000 4006 8e95 c000 0201 c633 6402
    c350 01bb 0000 0001 0000 0000 5002 ffff e6e2 0000`;
  expect(cut(syn, 33)).toMatchObject({ hasPorts: true, tcpFlags: 0 });
  expect(cut(syn, 34)).toMatchObject({ hasPorts: true, tcpFlags: 2 });
  const echo = '4500 001c 0000 0000 4001 8eaa c000 0201 c633 6402 0800 f7f7 0007 0001';
  expect(cut(echo, 25)).toMatchObject({ isEchoRequest: false, echoIdentifier: 0 });
  expect(cut(echo, 26)).toMatchObject({ isEchoRequest: true, echoIdentifier: 7 });
});

test('headers that contradict themselves are malformed', () => {
  const bad: Record<string, string> = {
    'IHL 4, below the minimum': DNS.replace('4500', '4400'),
    'IHL 0': DNS.replace('4500', '4000'),
    'IHL 15 in a packet of 57 bytes, 60 needed': DNS.replace('4500', '4f00'),
    'total length 19, below the header': DNS.replace('0039', '0013'),
    'total length 0': DNS.replace('0039', '0000'),
    'total length 20, IHL 6': DNS.replace('4500 0039', '4600 0014'),
    'version 5': DNS.replace('4500', '5500'),
    'version 0': DNS.replace('4500', '0500'),
    'IPv6 extension header behind the end': `6000 0000 0000 0040 ${IPV6_ADDRESSES}`,
    'IPv6 extension header of 7 bytes': `6000 0000 0007 3c40 ${IPV6_ADDRESSES} 1100 0104 0000 00`,
    'IPv6 extension header longer than the packet': `6000 0000 0008 3c40 ${IPV6_ADDRESSES}
      11ff 0104 0000 0000`,
    'IPv6 extension header into the padding': `6000 0000 0008 3c40 ${IPV6_ADDRESSES}
      1101 0104 0000 0000 0000 0000 0000 0000`,
    jumbogram: `6000 0000 0000 0040 ${IPV6_ADDRESSES} 1100 c204 0001 0000 9c40 0035 0008 0000`,
  };
  for (const [name, text] of Object.entries(bad)) {
    expect([name, refusal(hex(text))]).toEqual([name, 'malformed']);
  }
  // The EtherType says otherwise than the header.
  expect(refusal(hex(`${MAC} 86dd ${DNS}`), LinkType.ethernet)).toBe('malformed');
  expect(refusal(hex(`${MAC} 0800 ${DNS6}`), LinkType.ethernet)).toBe('malformed');
});

test('a total length beyond the captured bytes is clamped and said, and kept', () => {
  const view = viewOf(DNS.replace('0039', 'ffff'));
  expect(view).toMatchObject({ l3Length: 57, l4Length: 37, truncated: true, hasPorts: true });
  expect(view.wireLength).toBe(0xffff);
  const view6 = viewOf(DNS6.replace('0025', 'ffff'));
  expect(view6).toMatchObject({ l3Length: 77, l4Length: 37, truncated: true, hasPorts: true });
  expect(view6.wireLength).toBe(40 + 0xffff);
});

test('a range outside the buffer is malformed, not read', () => {
  const view = new PacketView();
  const bytes = hex(DNS);
  for (const [offset, length] of [
    [0, 58],
    [1, 57],
    [-1, 57],
    [57, 1],
    [0, -1],
    [0, 0],
  ]) {
    expect(view.parse(bytes, offset, length, LinkType.rawIp)).toBe(false);
    expect(view.malformed).toBe(true);
  }
});
