/** What a quic:// URL asks for. */
import { describe, expect, test } from 'vitest';
import { quicRequest } from '../../../src/gradient/probe/quic-settings.js';

const read = (url: string) => quicRequest(url, new URL(url));

describe('quic://', () => {
  test('handshakes: what is not said', () => {
    const url = 'quic://192.0.2.1';
    expect(read(url)).toEqual({
      ...{ kind: 'quic', text: url, argv: [] },
      settings: {
        ...{ host: '192.0.2.1', port: 443, path: '/', timeoutMs: 10_000, rate: 10, bytes: 0 },
        ...{ transfer: 'upload', transferTimeoutMs: 60_000, concurrency: 64 },
        ...{ initialRttMs: 333, congestion: 'cubic', pairing: 'loose' },
      },
    });
  });

  test('all settings', () => {
    const query = 'timeout=3s&rate=2.5&bytes=64kb&transfer=download&transferTimeout=5s';
    const further = 'concurrency=3&initialRtt=50ms&congestion=bbr2';
    expect(read(`quic://[::1]:4433/a/b?${query}&${further}`).settings).toEqual({
      ...{ host: '::1', port: 4433, path: '/a/b', timeoutMs: 3_000, rate: 2.5, bytes: 64_000 },
      ...{ transfer: 'download', transferTimeoutMs: 5_000, concurrency: 3 },
      ...{ initialRttMs: 50, congestion: 'bbr2', pairing: 'loose' },
    });
  });

  test('with a transfer: fewer a second, and a path that ngtcp2’s server makes a page for', () => {
    expect(read('quic://server?bytes=1000').settings).toMatchObject({
      ...{ host: 'server', path: '/', rate: 1, concurrency: 8 },
    });
    expect(read('quic://server?bytes=1000&transfer=download').settings.path).toBe('/1000');
    expect(read('quic://server/x?bytes=1000&transfer=download').settings.path).toBe('/x');
  });

  test.each([
    ['quic://h?timeout=0s', 'timeout'],
    ['quic://h?rate=0', 'rate'],
    ['quic://h?bytes=1gb', 'more than 50000000 bytes'],
    ['quic://h?transfer=both', 'upload, download'],
    ['quic://h?congestion=vegas', 'cubic, reno'],
    ['quic://h?alpn=h3', 'no setting "alpn"'],
    ['quic://h/#rate=3', '# has no meaning'],
    ['quic://me@h', 'no place'],
  ])('%s is refused', (url, words) => {
    expect(() => read(url)).toThrow(words);
  });
});
