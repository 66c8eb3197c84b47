import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NetemuError } from '../../src/errors.js';
import { configuredLoss } from '../../src/rules/keys/loss.js';
import { RULES_MAX } from '../../src/rules/limits.js';
import { nameRules, parseRule, parseRules, ruleFromFlags } from '../../src/rules/parse.js';
import { Direction, type Impairments, type Rule } from '../../src/rules/rule.js';
import { ruleText } from '../support/rule-arbitraries.js';

const NOTHING: Impairments = { partition: false, loss: null, delayNs: 0, jitter: null };

test('a rule in full', () => {
  expect(parseRule('udp:53@192.0.2.0/24 dir=out loss 0.5% delay 20ms')).toEqual({
    text: 'udp:53@192.0.2.0/24 dir=out loss 0.5% delay 20ms',
    name: 'udp:53@192.0.2.0/24 dir=out',
    match: {
      text: 'udp:53@192.0.2.0/24 dir=out',
      protocols: [{ protocol: 17, ports: { min: 53, max: 53 } }],
      address: { version: 4, words: [0, 0, 0xffff, 0xc000_0200 | 0], bits: 120 },
      src: null,
      dst: null,
      sport: null,
      dport: null,
      dir: Direction.out,
    },
    impairments: [
      { ...NOTHING, loss: { kind: 'random', probability: 0.005 }, delayNs: 20e6 },
      { ...NOTHING, loss: { kind: 'random', probability: 0.005 }, delayNs: 20e6 },
    ],
  });
});

/** What is written, and its canonical spelling. */
test.each([
  ['udp', 'udp'],
  ['any', 'any'],
  ['loss 1%', 'any loss 1%'],
  ['src=192.0.2.0/24 loss 1%', 'any src=192.0.2.0/24 loss 1%'],
  ['  UDP:53\tLOSS  Nth 3,1-2,7  ', 'udp:53 loss nth 1-3,7'],
  ['udp:53@[fd00::1]/64', 'udp:53@fd00::/64'],
  ['udp:53@fd00::1', 'udp:53@fd00::1'],
  ['any@::ffff:192.0.2.1', 'any@192.0.2.1'],
  ['any:53', 'any:53'],
  ['quic:443', 'quic'],
  ['quic:4433', 'quic:4433'],
  ['dns:53-53 loss 1%', 'dns loss 1%'],
  ['tls@192.0.2.1', 'tls@192.0.2.1'],
  ['tcp dir=IN dport=80-90 src=10.1.2.3/8', 'tcp src=10.0.0.0/8 dport=80-90 dir=in'],
  ['udp loss 1% dport=53', 'udp dport=53 loss 1%'],
  ['udp delay 20ms loss 1%', 'udp loss 1% delay 20ms'],
  ['udp loss in:2%', 'udp loss in:2%'],
  ['udp loss in:2% out:1%', 'udp loss out:1% in:2%'],
  ['udp loss in:2% loss out:1%', 'udp loss out:1% in:2%'],
  ['udp loss IN:nth 2,3 OUT:nth 2-3', 'udp loss nth 2-3'],
  ['udp loss in:first 3 out:every 5', 'udp loss out:every 5 in:first 3'],
  ['udp loss 0', 'udp loss 0%'],
  ['udp delay 0', 'udp'],
  ['udp rtt 100ms', 'udp delay 50ms'],
  ['udp rtt 5ns', 'udp delay out:2ns in:3ns'],
  ['udp delay in:1500us', 'udp delay in:1.5ms'],
  ['udp jitter 5ms unordered', 'udp jitter 5ms unordered'],
  ['udp jitter 5ms uniform', 'udp jitter 5ms'],
  ['udp jitter out:5ms unordered in:5ms', 'udp jitter out:5ms unordered in:5ms'],
  ['udp partition', 'udp partition drop'],
  ['udp partition loss 1%', 'udp loss 1% partition drop'],
  ['udp partition dport=53', 'udp dport=53 partition drop'],
  ['udp partition in:drop', 'udp partition in:drop'],
  ['udp delay 24h', 'udp delay 24h'],
])('%s → %s', (line, canonical) => {
  expect(parseRule(line).text).toBe(canonical);
});

test('what the protocol names stand for', () => {
  const protocols = (line: string) =>
    parseRule(line).match.protocols?.map(
      ({ protocol, ports }) => `${protocol}:${ports?.min ?? '*'}`,
    );
  expect(protocols('any')).toBe(undefined);
  expect(protocols('icmp')).toEqual(['1:*']);
  expect(protocols('sctp')).toEqual(['132:*']);
  expect(protocols('quic')).toEqual(['17:443']);
  expect(protocols('dns')).toEqual(['17:53', '6:53']);
  expect(protocols('dns:5353')).toEqual(['17:5353', '6:5353']);
  expect(protocols('tls')).toEqual(['6:443']);
  expect(protocols('tls:8443')).toEqual(['6:8443']);
  expect(protocols('any:53')).toEqual(['6:53', '17:53', '132:53', '33:53', '136:53']);
});

test('parsing what was formatted gives the same rule', () => {
  let accepted = 0;
  const property = fc.property(ruleText, (line) => {
    let rule: Rule;
    try {
      rule = parseRule(line);
    } catch (error) {
      // Random terms contradict each other at times; nothing else may be wrong.
      expect(error).toBeInstanceOf(NetemuError);
      expect(String(error)).toMatch(/no packet|never|both directions|has no ports/);
      return;
    }
    accepted++;
    expect(parseRule(rule.text)).toEqual(rule);
    expect(JSON.parse(JSON.stringify(rule))).toEqual(rule);
  });
  fc.assert(property, { seed: 1, numRuns: 2_500 });
  expect(accepted).toBeGreaterThan(800);
});

test('no text makes the parser throw anything but an error for the user', () => {
  const word = fc.constantFrom(
    ...['udp', 'udp:53', 'any@', 'in:', 'out:', 'loss', '5%', 'nth', '1-3', 'delay', '10ms', ':'],
    ...[
      'jitter',
      'rtt',
      'partition',
      'drop',
      'src=',
      'dst=::1',
      'sport=53',
      'dir=in',
      '=',
      '@',
      '-',
    ],
  );
  const words = fc.array(fc.oneof(word, fc.string({ maxLength: 6 })), { maxLength: 8 });
  const property = fc.property(words, fc.constantFrom(' ', ''), (parts, between) => {
    const line = parts.join(between);
    try {
      const rule = parseRule(line);
      if (parseRule(rule.text).text !== rule.text) throw new Error(`not canonical: ${rule.text}`);
    } catch (error) {
      if (!(error instanceof NetemuError)) throw error;
      if (!/^[^\n]+(\n {2}[^\n]+\n {2} *\^)?$/.test(error.message)) throw new Error(error.message);
      if (/undefined|NaN|\[object/.test(error.message)) throw new Error(error.message);
    }
  });
  fc.assert(property, { seed: 1, numRuns: 10_000 });
});

test('flags are the same as a line', () => {
  const same: readonly [Parameters<typeof ruleFromFlags>[0], string][] = [
    [{}, 'any'],
    [{ flow: 'udp:53', loss: ['0.5%'], delay: ['20ms'] }, 'udp:53 loss 0.5% delay 20ms'],
    [{ flow: 'udp dir=out', loss: '1%' }, 'udp dir=out loss 1%'],
    [{ loss: ['in:2%', 'out:1%'] }, 'loss in:2% out:1%'],
    [{ loss: ['in:2% out:nth 2,3'] }, 'loss in:2% out:nth 2,3'],
    [{ rtt: '100ms', jitter: ['in:5ms unordered'] }, 'rtt 100ms jitter in:5ms unordered'],
    [{ partition: ['drop'] }, 'partition'],
    [{ partition: [''] }, 'partition'],
    [{ partition: ['in:drop'] }, 'partition in:drop'],
    [{ flow: undefined, loss: undefined, delay: [] }, 'any'],
  ];
  for (const [flags, line] of same) expect(ruleFromFlags(flags)).toEqual(parseRule(line));
});

test('names are unique, and the same whatever the values', () => {
  const names = (lines: string[]) => parseRules(lines).map(({ name }) => name);
  const lines = ['udp:53 loss 1%', 'udp', 'udp:53 loss 2%', 'udp delay 1ms', 'udp:53'];
  const expected = ['udp:53', 'udp', 'udp:53#2', 'udp#2', 'udp:53#3'];
  expect(names(lines)).toEqual(expected);
  expect(nameRules(nameRules(parseRules(lines))).map(({ name }) => name)).toEqual(expected);
  expect(names([])).toEqual([]);
});

test('as many rules as the engine takes', () => {
  expect(parseRules(Array<string>(RULES_MAX).fill('udp')).length).toBe(RULES_MAX);
});

test('the configured rate of a loss', () => {
  const rate = (line: string) => configuredLoss(parseRule(line).impairments[Direction.out].loss);
  expect(rate('udp')).toBe(0);
  expect(rate('udp loss 0.5%')).toBe(0.005);
  expect(rate('udp loss every 8')).toBe(0.125);
  expect(rate('udp loss nth 2')).toBe(null);
  expect(rate('udp loss first 2')).toBe(null);
});
