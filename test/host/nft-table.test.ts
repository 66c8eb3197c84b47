import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { nftExpressions } from '../../src/host/nft-match.js';
import type { SteeredDevice } from '../../src/host/nft-table.js';
import { tableCommands } from '../../src/host/nft-table.js';
import { LinkType } from '../../src/packet/packet-view.js';
import { parseRule } from '../../src/rules/parse.js';

const ETHERNET: SteeredDevice = {
  name: 'v0',
  index: 2,
  mtu: 1500,
  mac: '02:00:00:00:00:01',
  linkType: LinkType.ethernet,
  loopback: false,
  up: true,
  taps: { tx: 'nt0-n1', rx: 'nr0-n1' },
};

function table(device: SteeredDevice, ...rules: string[]): string {
  return tableCommands({
    instance: 'n1',
    instanceIndex: 1,
    devices: [device],
    rules: rules.map((line) => parseRule(line)),
    exempt: null,
  });
}

test.each([
  ['any', ['meta protocol { ip, ip6 }']],
  ['icmp', ['meta l4proto { icmp, ipv6-icmp }']],
  ['tcp', ['meta l4proto 6']],
  [
    'udp:53',
    [
      'meta l4proto 17 th sport 53',
      'meta l4proto 17 ip frag-off & 0x3fff != 0',
      'meta l4proto 17 exthdr frag exists',
      'meta l4proto 17 th dport 53',
    ],
  ],
  [
    'udp:53-60@192.0.2.0/24',
    [
      'ip saddr 192.0.2.0/24 meta l4proto 17 th sport 53-60',
      'ip saddr 192.0.2.0/24 meta l4proto 17 ip frag-off & 0x3fff != 0',
      'ip daddr 192.0.2.0/24 meta l4proto 17 th dport 53-60',
      'ip daddr 192.0.2.0/24 meta l4proto 17 ip frag-off & 0x3fff != 0',
    ],
  ],
  ['any@fd00::1', ['ip6 saddr fd00::1', 'ip6 daddr fd00::1']],
])('%s lets a superset in', (match, expected) => {
  expect(nftExpressions(parseRule(match).match)).toEqual(expected);
});

test('the table of an Ethernet device', () => {
  expect(table(ETHERNET, 'udp:53 dir=in loss 1%')).toMatchInlineSnapshot(`
    "add table netdev netemu-n1 { flags owner; }
    delete table netdev netemu-n1
    table netdev netemu-n1 {
      flags owner;
      chain out0 {
        type filter hook egress device "v0" priority 1; policy accept;
        meta mark 0x6e650001 counter meta mark set 0 accept
        meta mark 0x6e650002-0x6e6500ff accept
        ip6 nexthdr ipv6-icmp ip6 hoplimit 255 icmpv6 type 133-137 accept
      }
      chain in0 {
        type filter hook ingress device "v0" priority 1; policy accept;
        ether daddr 02:6e:65:00:00:01 counter ether daddr set 02:00:00:00:00:01 accept
        meta pkttype other ether daddr 02:6e:65:01:00:01 ether daddr set ff:ff:ff:ff:ff:ff meta pkttype set broadcast accept
        meta pkttype other @ll,0,24 0x066501 @ll,0,24 set 0x01005e meta pkttype set multicast accept
        meta pkttype other @ll,0,16 0x0e01 @ll,0,16 set 0x3333 meta pkttype set multicast accept
        meta pkttype other accept
        @ll,0,40 0x026e650000 accept
        ip6 nexthdr ipv6-icmp ip6 hoplimit 255 icmpv6 type 133-137 accept
        meta l4proto 17 th sport 53 counter fwd to "nr0-n1"
        meta l4proto 17 ip frag-off & 0x3fff != 0 counter fwd to "nr0-n1"
        meta l4proto 17 exthdr frag exists counter fwd to "nr0-n1"
        meta l4proto 17 th dport 53 counter fwd to "nr0-n1"
      }
    }
    "
  `);
});

test('the loopback device has an egress chain only, which takes both directions', () => {
  const text = table({ ...ETHERNET, name: 'lo', mac: '', loopback: true }, 'tcp dir=in');
  expect(text).toContain('meta l4proto 6 counter fwd to "nt0-n1"');
  expect(text).not.toContain('hook ingress');
});

test('a device without Ethernet header tells its own frames by the header of the TAP', () => {
  const text = table({ ...ETHERNET, mac: '', linkType: LinkType.rawIp }, 'udp');
  expect(text).toContain('@ll,0,48 0x026e65000001 counter accept');
  expect(text).not.toContain('ether daddr');
});

const hasNft = (() => {
  try {
    execFileSync('nft', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

test.runIf(hasNft)('nft parses every kind of expression', () => {
  const rules = ['any', 'icmp', 'udp:53', 'dns@192.0.2.0/24', 'tcp:80-90@fd00::/8', 'sctp:1'];
  const more = ['any sport=1-2', 'udp dst=fd00::1 dport=53', 'any dir=out'];
  const lines = [...rules, ...more].flatMap((rule) => nftExpressions(parseRule(rule).match));
  const chain = lines.map((line) => `  ${line} counter accept`).join('\n');
  // -c needs no privilege inside a user namespace of its own.
  const input = `table netdev t {\n chain c {\n${chain}\n }\n}\n`;
  const check = ['-rn', 'nft', '-c', '-f', '-'];
  execFileSync('unshare', check, { input, stdio: ['pipe', 'pipe', 'pipe'] });
});
