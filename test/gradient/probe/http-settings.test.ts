import { expect, test } from 'vitest';
import { httpRequest } from '../../../src/gradient/probe/http-settings.js';

function settingsOf(url: string) {
  const request = httpRequest(url, new URL(url), 4);
  expect(request).toMatchObject({ kind: 'http', text: url, argv: [] });
  return request.settings;
}

test('an address is enough', () => {
  expect(settingsOf('http://example.com')).toEqual({
    host: 'example.com',
    port: 80,
    isTls: false,
    target: '/',
    authority: 'example.com',
    method: 'GET',
    insecure: false,
    timeoutMs: 5_000,
    rate: 10,
    bytes: 0,
    synLinear: 4,
  });
  expect(settingsOf('https://example.com/')).toMatchObject({ port: 443, isTls: true });
});

test('the query is the server’s, the settings stand behind it', () => {
  const url =
    'https://[fd00::1]:8443/a%20b?timeout=1s&x=y#timeout=300ms&insecure&method=head&rate=99';
  expect(settingsOf(url)).toMatchObject({
    host: 'fd00::1',
    port: 8_443,
    target: '/a%20b?timeout=1s&x=y',
    authority: '[fd00::1]:8443',
    method: 'HEAD',
    insecure: true,
    timeoutMs: 300,
    rate: 99,
  });
});

test.each([
  ['http://a/#timeout=5', 'timeout='],
  ['http://a/#tiemout=5s', 'there is no setting "tiemout"'],
  ['http://a/#method=brew', 'method=brew is none of get'],
  ['http://a:b@c/', 'names and passwords'],
])('refuses %s', (url, message) => {
  expect(() => httpRequest(url, new URL(url))).toThrow(message);
});

test('the ladder of SYNs is this kernel’s', () => {
  const { synLinear } = httpRequest('http://a', new URL('http://a')).settings;
  expect(Number.isInteger(synLinear)).toBe(true);
});
