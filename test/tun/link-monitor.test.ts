import { expect, test } from 'vitest';
import { type LinkChange, parseLinkMessages } from '../../src/tun/link-monitor.js';

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const IFF_UP = 1;
const AF_BRIDGE = 7;

function attribute(type: number, value: Buffer): Buffer {
  const length = 4 + value.length;
  const bytes = Buffer.alloc((length + 3) & ~3);
  bytes.writeUInt16LE(length, 0);
  bytes.writeUInt16LE(type, 2);
  value.copy(bytes, 4);
  return bytes;
}

function linkMessage(type: number, index: number, flags: number, family = 0): Buffer {
  const attributes = Buffer.concat([
    attribute(3, Buffer.from('v0\0')),
    attribute(1, Buffer.from('02006e650001', 'hex')),
  ]);
  const bytes = Buffer.concat([Buffer.alloc(32), attributes]);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes[16] = family;
  bytes.writeInt32LE(index, 20);
  bytes.writeUInt32LE(flags, 24);
  return bytes;
}

function parse(...messages: Buffer[]): LinkChange[] {
  const changes: LinkChange[] = [];
  parseLinkMessages(Buffer.concat(messages), changes);
  return changes;
}

test('a datagram with several messages gives them in order', () => {
  const mac = '02:00:6e:65:00:01';
  expect(parse(linkMessage(RTM_NEWLINK, 5, IFF_UP), linkMessage(RTM_DELLINK, 7, 0))).toEqual([
    { index: 5, name: 'v0', mac, up: true, gone: false },
    { index: 7, name: 'v0', mac, up: false, gone: true },
  ]);
});

test("a bridge's word about its port is not the port's end", () => {
  expect(parse(linkMessage(RTM_DELLINK, 5, 0, AF_BRIDGE))).toEqual([]);
});

test('other messages, cut ones and lying lengths are skipped', () => {
  expect(parse(linkMessage(24, 5, 0))).toEqual([]);
  const whole = linkMessage(RTM_NEWLINK, 5, IFF_UP);
  for (let length = 0; length < whole.length; length++) {
    expect(parse(whole.subarray(0, length))).toEqual([]);
  }
  const lying = linkMessage(RTM_NEWLINK, 5, IFF_UP);
  lying.writeUInt16LE(60_000, 32);
  expect(parse(lying)).toMatchObject([{ index: 5, name: null, mac: null }]);
});

test('a message without name and address does not say that they are gone', () => {
  // Wireless drivers announce the end of every scan like this.
  const bare = linkMessage(RTM_NEWLINK, 5, IFF_UP).subarray(0, 32);
  bare.writeUInt32LE(bare.length, 0);
  expect(parse(bare)).toEqual([{ index: 5, name: null, mac: null, up: true, gone: false }]);
});
