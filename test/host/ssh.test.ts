import { expect, test } from 'vitest';
import { parseSshConnection } from '../../src/host/ssh.js';

test('SSH_CONNECTION names client, then server', () => {
  expect(parseSshConnection('192.0.2.9 51000 192.0.2.1 22')).toEqual({
    remoteAddress: '192.0.2.9',
    remotePort: 51000,
    localAddress: '192.0.2.1',
    localPort: 22,
  });
});

test('a zone is no part of an address in a rule', () => {
  expect(parseSshConnection('fe80::2%eth0 51000 fe80::1%eth0 22')).toMatchObject({
    remoteAddress: 'fe80::2',
    localAddress: 'fe80::1',
  });
});

test.each(['', 'nonsense', '192.0.2.9 51000 fd00::1 22', '192.0.2.9 51000 192.0.2.1', '; x 1 y 2'])(
  '%j is no connection',
  (value) => {
    expect(parseSshConnection(value)).toBeNull();
  },
);
