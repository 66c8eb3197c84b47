import { expect, test } from 'vitest';
import { queryCommands, wayOutCommands } from '../../src/host/masquerade.js';
import { freeAddresses } from '../../src/host/subnet.js';

const WAY = {
  instance: 'n1',
  device: 'ne-n1',
  addresses: freeAddresses([]),
  ipv6: true,
  opened: [2, 5],
};

test('the table of a run', () => {
  expect(wayOutCommands(WAY)).toMatchInlineSnapshot(`
    "table inet netemu-n1 {
      flags owner;
      chain resolver {
        type nat hook prerouting priority dstnat; policy accept;
      }
      chain input {
        type filter hook input priority filter; policy accept;
        iifname != { "lo", "ne-n1" } ip daddr 198.19.255.1 drop
        iifname != { "lo", "ne-n1" } ip6 daddr fd00:6e65:ffff::1 drop
      }
      chain forward {
        type filter hook forward priority filter; policy accept;
        iifname "ne-n1" ct state invalid drop
        iifname != "ne-*" oifname "ne-n1" ct state invalid,new,untracked drop
        meta nfproto ipv4 iif { 2, 5 } oifname != "ne-*" ct state invalid,new,untracked drop
      }
      chain world {
        type nat hook postrouting priority srcnat; policy accept;
        ip saddr 198.19.255.0/30 oifname != "ne-n1" masquerade
      }
    }
    "
  `);
});

test('queries are led to the relay', () => {
  expect(queryCommands(WAY, 40_000)).toMatchInlineSnapshot(`
    "add rule inet netemu-n1 resolver iifname "ne-n1" ip daddr 198.19.255.1 udp dport 53 redirect to :40000
    add rule inet netemu-n1 resolver iifname "ne-n1" ip daddr 198.19.255.1 tcp dport 53 redirect to :40000
    add rule inet netemu-n1 resolver iifname "ne-n1" ip6 daddr fd00:6e65:ffff::1 udp dport 53 redirect to :40000
    add rule inet netemu-n1 resolver iifname "ne-n1" ip6 daddr fd00:6e65:ffff::1 tcp dport 53 redirect to :40000
    "
  `);
});

test('without IPv6 it names no IPv6 address', () => {
  const way = { ...WAY, ipv6: false };
  expect(wayOutCommands(way) + queryCommands(way, 40_000)).not.toContain('ip6');
});

test('a router that was one before goes on as one', () => {
  expect(wayOutCommands({ ...WAY, opened: [] })).not.toContain('iif {');
});
