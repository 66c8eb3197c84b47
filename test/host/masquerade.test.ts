import { expect, test } from 'vitest';
import { wayOutCommands } from '../../src/host/masquerade.js';
import { freeAddresses } from '../../src/host/subnet.js';

const WAY = {
  instance: 'n1',
  device: 'ne-n1',
  addresses: freeAddresses([]),
  ipv6: true,
  dnsPort: 40_000,
};

test('the table of a run', () => {
  expect(wayOutCommands(WAY)).toMatchInlineSnapshot(`
    "table inet netemu-n1 {
      flags owner;
      chain resolver {
        type nat hook prerouting priority dstnat; policy accept;
        iifname "ne-n1" ip daddr 198.19.255.1 udp dport 53 redirect to :40000
        iifname "ne-n1" ip daddr 198.19.255.1 tcp dport 53 redirect to :40000
        iifname "ne-n1" ip6 daddr fd00:6e65:ffff::1 udp dport 53 redirect to :40000
        iifname "ne-n1" ip6 daddr fd00:6e65:ffff::1 tcp dport 53 redirect to :40000
      }
      chain forward {
        type filter hook forward priority filter; policy accept;
        iifname "ne-n1" ct state invalid drop
      }
      chain world {
        type nat hook postrouting priority srcnat; policy accept;
        ip saddr 198.19.255.0/30 oifname != "ne-n1" masquerade
      }
    }
    "
  `);
});

test('without IPv6 it names no IPv6 address', () => {
  expect(wayOutCommands({ ...WAY, ipv6: false })).not.toContain('ip6');
});
