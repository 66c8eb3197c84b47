/** What a dns:// URL says, what it leaves to the resolver that it names, and what it cannot say. */
import { describe, expect, test } from 'vitest';
import { NetemuError } from '../../../src/errors.js';
import {
  type DnsSettings,
  dnsRequest,
  freshName,
  typesOf,
} from '../../../src/gradient/probe/dns-settings.js';

function settingsOf(url: string): DnsSettings {
  return dnsRequest(url, new URL(url), () => 'tag').settings as unknown as DnsSettings;
}

/** `CODE: message (mend)` of what is thrown for it, without the URL. */
function refusalOf(url: string): string {
  try {
    settingsOf(url);
  } catch (error) {
    if (!(error instanceof NetemuError)) throw error;
    return `${error.code}: ${error.message.replace(`--probe ${url}: `, '')} (${error.mend})`;
  }
  return 'nothing';
}

const SERVER = 'dns://192.0.2.1/example.test';

describe('dnsRequest', () => {
  test('has defaults', () => {
    expect(dnsRequest(SERVER, new URL(SERVER))).toEqual({
      kind: 'dns',
      text: SERVER,
      argv: [],
      settings: {
        server: '192.0.2.1',
        port: 53,
        name: 'example.test',
        type: 'A',
        retry: 'glibc',
        transport: 'udp',
        timeoutMs: 5_000,
        attempts: 2,
        rate: 100,
        pairs: 1,
        pairing: 'exact',
        tag: null,
      },
    });
  });

  test.each([
    ['glibc', 5_000, 2],
    ['musl', 5_000, 2],
    ['dig', 5_000, 3],
    ['single', 5_000, 1],
  ])('leaves timeout and attempts to %s', (retry, timeoutMs, attempts) => {
    expect(settingsOf(`${SERVER}?retry=${retry}`)).toMatchObject({ retry, timeoutMs, attempts });
  });

  test.each([
    ['', 'exact'],
    ['type=A+AAAA', 'loose'],
    ['type=A+AAAA&retry=musl', 'exact'],
    ['type=A+AAAA&retry=single', 'exact'],
    ['retry=musl', 'exact'],
    ['retry=dig', 'loose'],
    ['retry=dig&attempts=1', 'exact'],
    ['transport=tcp', 'exact'],
    ['transport=tcp&type=A+AAAA', 'exact'],
  ])('%s: whether a loss makes a further flow: %s', (query, pairing) => {
    expect(settingsOf(`${SERVER}?${query}`).pairing).toBe(pairing);
  });

  test('reads what is given', () => {
    const url =
      'dns://[fd00::1]:5353/Example.Test.?type=mx&timeout=100ms&attempts=4&rate=1000&retry=DIG';
    expect(settingsOf(url)).toMatchObject({
      server: 'fd00::1',
      port: 5_353,
      name: 'Example.Test',
      type: 'MX',
      timeoutMs: 100,
      attempts: 4,
      rate: 1_000,
      retry: 'dig',
    });
    expect(settingsOf('dns://ns.example.test/a').server).toBe('ns.example.test');
    expect(settingsOf(`${SERVER}?transport=tcp`)).toMatchObject({ transport: 'tcp', attempts: 1 });
  });

  test.each(['A+AAAA', 'a%2Baaaa', 'AAAA,A'])('asks for both addresses with type=%s', (type) => {
    const settings = settingsOf(`${SERVER}?type=${type}`);
    expect(settings).toMatchObject({ type: 'A+AAAA', pairs: 2 });
    expect(typesOf(settings)).toEqual(['A', 'AAAA']);
    expect(typesOf(settingsOf(SERVER))).toEqual(['A']);
  });

  test.each([
    [
      'dns://192.0.2.1',
      'E_PROBE: it does not say which name to ask for (such as dns://192.0.2.1/example.com)',
    ],
    ['dns://192.0.2.1/?type=A', 'E_PROBE: it does not say which name to ask for'],
    ['dns://192.0.2.1/a..b', 'E_PROBE: "a..b" cannot be the name of a host'],
    ['dns://192.0.2.1/a/b', 'E_PROBE: "a/b" cannot be'],
    [`dns://192.0.2.1/${'x'.repeat(64)}.test`, 'E_PROBE: "xxx'],
    [`dns://192.0.2.1/${'x'.repeat(50)}{}`, 'E_PROBE: "xxx'],
    [`dns://192.0.2.1/${'abcdefg.'.repeat(32)}test`, 'E_PROBE: "abc'],
    ['dns://192.0.2.1/a%20b', 'E_PROBE: "a b" cannot be'],
    ['dns://192.0.2.1/a%2', 'E_PROBE: a "%" in the name'],
    [
      `${SERVER}?type=HTTPS`,
      'E_PROBE: there is no type=HTTPS (type=A+AAAA, or one of A, AAAA, CAA',
    ],
    [`${SERVER}?type=A+MX`, 'E_PROBE: there is no type=A MX'],
    [`${SERVER}?retry=dig&type=A+AAAA`, 'E_PROBE: dig asks for one type at a time (retry=glibc'],
    [`${SERVER}?retry=single&attempts=2`, 'E_PROBE: retry=single asks once (leave attempts= out)'],
    [`${SERVER}?transport=tcp&attempts=2`, 'E_PROBE: over TCP a lookup is tried once'],
    [`${SERVER}?rate=5001`, 'E_PROBE: rate=5001 is no number above 0, at most 5000'],
    [`${SERVER}?attempts=0`, 'E_PROBE: attempts=0 is no whole number from 1 to 30'],
    [`${SERVER}?retry=bind`, 'E_PROBE: retry=bind is none of glibc, musl, dig, single'],
    [`${SERVER}?timeuot=1s`, 'E_PROBE: there is no setting "timeuot", did you mean'],
  ])('refuses %s', (url, says) => {
    expect(refusalOf(url)).toContain(says);
  });
});

describe('freshName', () => {
  test.each(['{}', '*', '%7B%7D'])('puts a label of its own in place of %s', (placeholder) => {
    const settings = settingsOf(`dns://192.0.2.1/${placeholder}.example.test`);
    expect(settings).toMatchObject({ name: '{}.example.test', tag: 'tag' });
    expect(freshName(settings, { step: 3, round: 2 }, 17)).toBe('s17-r2-3-tag.example.test');
    const warmUp = freshName(settings, { step: 0, round: -1 }, 17);
    expect(warmUp).toBe('s17-warmup-0-tag.example.test');
  });

  test('is another in each run, and nothing where none is asked for', () => {
    const url = 'dns://192.0.2.1/{}.example.test';
    expect(dnsRequest(url, new URL(url)).settings.tag).toMatch(/^[a-z\d]{8}$/);
    expect(freshName(settingsOf(SERVER), { step: 3, round: 2 }, 17)).toBe('example.test');
  });
});
