import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { hostNameServers, parseResolvConf } from '../../src/far/resolv-conf.js';

const addresses = (text: string) => parseResolvConf(text).map(({ address }) => address);

describe('the nameservers of a file', () => {
  test.each([
    ['nameserver 192.0.2.1\n', ['192.0.2.1']],
    ['nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch lan\n', ['127.0.0.53']],
    ['nameserver\t::1', ['::1']],
    ['nameserver fe80::1%eth0\nnameserver fd00::53\n', ['fe80::1%eth0', 'fd00::53']],
    ['nameserver 192.0.2.1 # the router\r\nnameserver 192.0.2.2\r\n', ['192.0.2.1', '192.0.2.2']],
    ['# nameserver 192.0.2.9\n;nameserver 192.0.2.9\nnameserver 192.0.2.1\n', ['192.0.2.1']],
    ['nameservers 192.0.2.9\n nameserver 192.0.2.9\nnameserver 192.0.2.1\n', ['192.0.2.1']],
    ['nameserver dns.example\nnameserver 192.0.2.1\n', ['192.0.2.1']],
    ['nameserver ::1\nnameserver ::2\nnameserver ::3\nnameserver ::4\n', ['::1', '::2', '::3']],
    ['', ['127.0.0.1']],
    ['search lan\nnameserver\nnameserver x\n', ['127.0.0.1']],
  ])('%j', (text, expected) => {
    expect(addresses(text)).toEqual(expected);
  });

  test('are asked on port 53', () => {
    expect(parseResolvConf('nameserver ::1')).toEqual([{ address: '::1', port: 53 }]);
  });
});

test('the file is read again when it changes, looked at once a second', () => {
  const folder = mkdtempSync(join(tmpdir(), 'netemu-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'resolv.conf');
  let nowMs = 5;
  const servers = hostNameServers(path, () => nowMs);
  const first = () => servers()[0]?.address;
  const write = (address: string) => {
    writeFileSync(`${path}.new`, `nameserver ${address}\n`);
    renameSync(`${path}.new`, path);
  };

  expect(first()).toBe('127.0.0.1');
  write('192.0.2.1');
  nowMs += 999;
  expect(first()).toBe('127.0.0.1');
  nowMs += 1;
  expect(first()).toBe('192.0.2.1');
  // Of the same length, and in the same clock tick for all that the file's times say.
  write('192.0.2.2');
  nowMs += 1_000;
  const changed = servers();
  expect(changed[0]?.address).toBe('192.0.2.2');
  nowMs += 1_000;
  expect(servers()).toBe(changed);
  rmSync(path);
  nowMs += 1_000;
  expect(first()).toBe('127.0.0.1');
});
