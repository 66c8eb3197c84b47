/** Probes as users write them, the traffic that comes of them, and the modules behind them. */
import { describe, expect, test } from 'vitest';
import { makeProbe } from '../../../src/gradient/probe/make-probe.js';
import { commandRequest, readProbe, serverMatch } from '../../../src/gradient/probe/probe-url.js';
import { parseRule } from '../../../src/rules/parse.js';

describe('a URL', () => {
  test.each([
    ['dns://192.0.2.1/example.com', 'dns', 'udp:53@192.0.2.1'],
    ['dns://192.0.2.1:5353/example.com?transport=tcp', 'dns', 'tcp:5353@192.0.2.1'],
    ['dns://[fd00::53]/example.com', 'dns', 'udp:53@fd00::53'],
    ['dns://localhost:5353/example.com', 'dns', 'udp:5353'],
    ['quic://192.0.2.1:4433', 'quic', 'udp:4433@192.0.2.1'],
    ['quic://example.com', 'quic', 'udp:443'],
    ['tcp://[fd00::1]:80?timeout=1s', 'tcp', 'tcp:80@fd00::1'],
    ['http://192.0.2.1/file', 'http', 'tcp:80@192.0.2.1'],
    ['HTTP://192.0.2.1:8080/', 'http', 'tcp:8080@192.0.2.1'],
    ['https://example.com/', 'http', 'tcp:443'],
    ['https://[fd00::1]:8443/', 'http', 'tcp:8443@fd00::1'],
  ])('%s is a probe of %s', async (url, kind, match) => {
    const request = readProbe(url);
    expect(request).toMatchObject({ kind, text: url, argv: [] });
    // As it crosses to the prober.
    expect(JSON.parse(JSON.stringify(request))).toEqual(request);
    expect(serverMatch(request)).toBe(match);
    expect(() => parseRule(match)).not.toThrow();
    const probe = await makeProbe(request);
    expect(probe.metrics.filter(({ main }) => main)).toHaveLength(1);
    expect(probe.metrics.filter(({ name }) => name === 'failed')).toHaveLength(1);
    await probe.close();
  });

  test.each([
    ['8.8.8.8', 'this is no URL'],
    ['localhost:53', 'this is no URL'],
    ['', 'this is no URL'],
    ['dns:192.0.2.1', 'did you mean dns://192.0.2.1?'],
    ['tcp:/192.0.2.1:80', 'did you mean tcp://192.0.2.1:80?'],
    ['dsn://192.0.2.1/a', 'did you mean dns?'],
    ['htps://192.0.2.1/', 'did you mean http'],
    ['h3://example.com', 'did you mean quic?'],
    ['constructor://example.com', 'there is no probe "constructor"'],
    ['dns://192.0.2.1:99999/a', 'its server or port cannot be'],
    ['quic://[fd00::/', 'its server or port cannot be'],
  ])('%j is refused', (url, says) => {
    let error: unknown;
    try {
      readProbe(url);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({
      code: 'E_PROBE',
      exitCode: 2,
      message: expect.stringContaining(says),
      mend: expect.stringContaining('://'),
    });
  });
});

test('a command is a probe, whose traffic nobody knows', async () => {
  const request = commandRequest(['sh', '-c', "it's  done", 'a=b', ''], 5_000);
  expect(request).toEqual({
    kind: 'command',
    text: `sh -c 'it'\\''s  done' a=b ''`,
    settings: { timeoutMs: 5_000, pairing: 'loose' },
    argv: ['sh', '-c', "it's  done", 'a=b', ''],
  });
  expect(serverMatch(request)).toBeNull();
  expect((await makeProbe(request)).metrics.find(({ main }) => main)?.name).toBe('duration');
});
