import { describe, expect, test } from 'vitest';
import { freeAddresses } from '../../src/host/subnet.js';

const LAST = {
  near4: '198.19.255.2',
  far4: '198.19.255.1',
  near6: 'fd00:6e65:ffff::2',
  far6: 'fd00:6e65:ffff::1',
  net4: '198.19.255.0/30',
};

describe('the last free subnet is chosen', () => {
  test.each([
    ['nothing', []],
    [
      'default routes, also in halves',
      ['default', '0.0.0.0/0', '0.0.0.0/1', '128.0.0.0/1', '::/0'],
    ],
    [
      'networks elsewhere',
      ['192.0.2.0/24', '198.18.0.0/16', 'fd00:6e65:1::/64', 'fe80::/64', 'ff00::/8'],
    ],
    ['an address beside it', ['198.19.255.4', '198.19.254.255']],
  ])('%s in use', (_, inUse) => {
    expect(freeAddresses(inUse)).toEqual(LAST);
  });

  test.each([
    ['an address in it', '198.19.255.3'],
    ['the same', '198.19.255.0/30'],
    ['a larger one', '198.19.255.0/24'],
    ['a smaller one', '198.19.255.2/31'],
    ['an IPv6 address in it', 'fd00:6e65:ffff::99'],
    ['a larger one of IPv6', 'fd00:6e65:ffff::/48'],
  ])('%s is in use: the next', (_, prefix) => {
    expect(freeAddresses([prefix]).net4).toBe('198.19.254.0/30');
  });
});

test('the first of 198.18.0.0/15 is the last to be chosen', () => {
  const others = Array.from(
    { length: 511 },
    (_, i) => `198.${18 + ((i + 1) >> 8)}.${(i + 1) & 255}.1`,
  );
  expect(freeAddresses(others)).toMatchObject({
    net4: '198.18.0.0/30',
    near6: 'fd00:6e65:fe00::2',
  });
  expect(() => freeAddresses([...others, '198.18.0.0/31'])).toThrow(
    expect.objectContaining({ code: 'E_NO_SUBNET' }),
  );
});

test('a VPN that has all of it is put up with, what it has exactly is not', () => {
  expect(freeAddresses(['198.18.0.0/15'])).toEqual(LAST);
  expect(freeAddresses(['198.18.0.0/15', '198.19.255.1']).net4).toBe('198.19.254.0/30');
});
