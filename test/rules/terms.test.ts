/** The terms about packets and names: what they stand for, and their canonical spelling. */

import { expect, test } from 'vitest';
import { parseRule } from '../../src/rules/parse.js';

test.each([
  ['any len=100-1500', 'any len=100-1500'],
  ['any len=1000-1000', 'any len=1000'],
  ['udp dscp=46', 'udp dscp=ef'],
  ['udp dscp=AF41', 'udp dscp=af41'],
  ['udp dscp=34', 'udp dscp=af41'],
  ['udp dscp=0', 'udp dscp=cs0'],
  ['udp dscp=be', 'udp dscp=cs0'],
  ['udp dscp=44', 'udp dscp=va'],
  ['udp dscp=le', 'udp dscp=le'],
  ['udp dscp=63', 'udp dscp=63'],
  ['udp dscp=0x2e', 'udp dscp=ef'],
  ['flags=syn', 'any flags=syn'],
  ['tcp flags=!ack,SYN', 'tcp flags=syn,!ack'],
  ['tcp flags=cwr,!psh,fin,!syn', 'tcp flags=fin,cwr,!syn,!psh'],
  ['dns qname=Example.COM.', 'dns qname=example.com'],
  ['dns qname=*.example.com', 'dns qname=*.example.com'],
  ['tls sni=WWW.example.com', 'tls sni=www.example.com'],
  ['any quic=INITIAL', 'any quic=initial'],
  ['quic quic=0rtt', 'quic quic=0rtt'],
  [
    'quic=short sni=a.example qname=b.example dscp=1 len=50 dir=in src=10.0.0.1',
    'any src=10.0.0.1 dir=in len=50 dscp=le qname=b.example sni=a.example quic=short',
  ],
])('%s → %s', (line, canonical) => {
  const { match } = parseRule(line);
  expect(match.text).toBe(canonical);
  expect(parseRule(canonical).match).toEqual(match);
});

test('what they stand for', () => {
  const { match } = parseRule('tcp len=100-1500 dscp=ef flags=syn,ece,!ack sni=*.example.com');
  expect(match).toMatchObject({
    len: { min: 100, max: 1500 },
    dscp: 46,
    flags: { set: 0x42, clear: 0x10 },
    sni: '*.example.com',
    qname: null,
    quic: null,
  });
  const names = 'cs0 cs1 cs2 cs3 cs4 cs5 cs6 cs7 af11 af12 af13 af21 af22 af23 af31 af32 af33 af41';
  const values = names.split(' ').map((name) => parseRule(`dscp=${name}`).match.dscp);
  expect(values).toEqual([0, 8, 16, 24, 32, 40, 48, 56, 10, 12, 14, 18, 20, 22, 26, 28, 30, 34]);
});

test('a head without protocol is narrowed to those that have the term', () => {
  const protocols = (line: string) =>
    parseRule(line).match.protocols?.map(
      ({ protocol, ports }) => `${protocol}:${ports?.min ?? '*'}`,
    ) ?? null;
  expect(protocols('len=100')).toBeNull();
  expect(protocols('dscp=ef')).toBeNull();
  expect(protocols('flags=syn')).toEqual(['6:*']);
  expect(protocols('any@10.0.0.1 flags=syn')).toEqual(['6:*']);
  expect(protocols('quic=initial')).toEqual(['17:*']);
  expect(protocols('qname=a.example')).toEqual(['6:*', '17:*']);
  expect(protocols('sni=a.example')).toEqual(['6:*', '17:*']);
  expect(protocols('sni=a.example quic=initial')).toEqual(['17:*']);
  expect(protocols('any:53 qname=a.example')).toEqual(['6:53', '17:53']);
  expect(protocols('any:53 flags=syn')).toEqual(['6:53']);
  expect(protocols('dns flags=syn')).toEqual(['6:53']);
  expect(protocols('dns sni=a.example')).toEqual(['17:53', '6:53']);
});
