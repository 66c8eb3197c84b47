import { expect, test } from 'vitest';
import { tcpRequest } from '../../../src/gradient/probe/tcp-settings.js';

function settingsOf(url: string) {
  const request = tcpRequest(url, new URL(url), 4);
  expect(request).toMatchObject({ kind: 'tcp', text: url, argv: [] });
  return request.settings;
}

test('a server and its port are enough', () => {
  expect(settingsOf('tcp://example.com:7')).toEqual({
    host: 'example.com',
    port: 7,
    timeoutMs: 5_000,
    rate: 10,
    bytes: 0,
    upload: 'none',
    sendBytes: 0,
    receiveBytes: 0,
    sampleMs: 50,
    synLinear: 4,
  });
});

test.each([
  ['send=1mb', { sendBytes: 1e6, receiveBytes: 0, bytes: 1e6, upload: 'send' }],
  ['receive=2000', { sendBytes: 0, receiveBytes: 2_000, bytes: 2_000, upload: 'receive' }],
  ['send=1&receive=2', { sendBytes: 1, receiveBytes: 2, bytes: 2, upload: 'receive' }],
  ['send=2kib&receive=2kib', { sendBytes: 2_048, bytes: 2_048, upload: 'send' }],
  ['timeout=300ms&rate=2.5&sample=1s', { timeoutMs: 300, rate: 2.5, sampleMs: 1_000 }],
])('%s', (query, expected) => {
  expect(settingsOf(`tcp://[fd00::1]:9?${query}`)).toMatchObject({ host: 'fd00::1', ...expected });
});

test.each([
  ['tcp://example.com', 'it names no port'],
  ['tcp://example.com:1?timout=1s', 'there is no setting "timout"'],
  ['tcp://example.com:1?send=1tb', 'unknown unit "tb"'],
  ['tcp://example.com:1?receive=101gb', 'receive=101gb is more than'],
  ['tcp://example.com:1?rate=0', 'rate=0'],
  ['tcp://example.com:1?send=1&send=2', 'send is given twice'],
])('refuses %s', (url, message) => {
  expect(() => tcpRequest(url, new URL(url))).toThrow(message);
});

test('the ladder of SYNs is this kernel’s', () => {
  const { synLinear } = tcpRequest('tcp://a:1', new URL('tcp://a:1')).settings;
  expect(Number.isInteger(synLinear)).toBe(true);
});
