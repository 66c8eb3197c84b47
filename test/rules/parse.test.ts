import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NetemuError } from '../../src/errors.js';
import { UNIMPAIRED } from '../../src/rules/impairment-key.js';
import { RULES_MAX } from '../../src/rules/limits.js';
import { nameRules, parseRule, parseRules, ruleFromFlags } from '../../src/rules/parse.js';
import { IMPAIRMENT_KEYS } from '../../src/rules/registry.js';
import { Direction, type Rule } from '../../src/rules/rule.js';
import { ruleText } from '../support/rule-arbitraries.js';
import { errorOf } from '../support/rule-errors.js';
import { RULE_FILES } from '../support/rule-files.js';

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
      len: null,
      dscp: null,
      flags: null,
      qname: null,
      sni: null,
      quic: null,
    },
    impairments: [
      { ...UNIMPAIRED, loss: { kind: 'random', probability: 0.005, runMax: null }, delayNs: 20e6 },
      { ...UNIMPAIRED, loss: { kind: 'random', probability: 0.005, runMax: null }, delayNs: 20e6 },
    ],
    schedule: null,
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
  ['udp loss up:2%', 'udp loss out:2%'],
  ['udp loss DOWN:2% up:1%', 'udp loss out:1% in:2%'],
  [
    'udp loss in:2% up:1% delay out:1ms delay down:2ms',
    'udp loss out:1% in:2% delay out:1ms in:2ms',
  ],
  ['tcp dir=Up loss up:1%', 'tcp dir=out loss out:1%'],
  ['tcp dir=down', 'tcp dir=in'],
  ['udp loss 0', 'udp loss 0%'],
  ['udp delay 0', 'udp'],
  ['udp rtt 100ms', 'udp delay 50ms'],
  ['udp rtt 5ns', 'udp delay out:2ns in:3ns'],
  ['udp delay in:1500us', 'udp delay in:1.5ms'],
  ['udp jitter 5ms unordered', 'udp jitter 5ms unordered'],
  ['udp jitter 5ms uniform', 'udp jitter 5ms'],
  ['udp jitter out:5ms unordered in:5ms', 'udp jitter out:5ms unordered in:5ms'],
  ['udp partition', 'udp partition drop'],
  ['udp partition loss 1%', 'udp partition drop loss 1%'],
  ['udp partition dport=53', 'udp dport=53 partition drop'],
  ['udp partition in:drop', 'udp partition in:drop'],
  ['udp delay 24h', 'udp delay 24h'],
  ['udp ecn loss 1% delay 2ms', 'udp loss 1% ecn delay 2ms'],
  [
    'udp compat netem jitter 1ms delay 2ms corrupt 1% loss 1% rate 1mbit duplicate 1%',
    'udp loss 1% corrupt 1% duplicate 1% rate 1mbit delay 2ms jitter 1ms compat netem',
  ],
  ['udp rate in:1mbit out:2mbit queue 5p', 'udp rate out:2mbit in:1mbit queue 5p'],
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
      rule = parseRule(line, RULE_FILES);
    } catch (error) {
      // Random terms and directions contradict each other at times; nothing else may be wrong.
      expect(error).toBeInstanceOf(NetemuError);
      expect(String(error)).toMatch(
        /no packet|never|both directions|has no ports|there is no|there is neither|cannot have|compat/,
      );
      return;
    }
    accepted++;
    expect(parseRule(rule.text, RULE_FILES)).toEqual(rule);
    expect(JSON.parse(JSON.stringify(rule))).toEqual(rule);
  });
  fc.assert(property, { seed: 1, numRuns: 800 });
  expect(accepted).toBeGreaterThan(400);
});

test('no text makes the parser throw anything but an error for the user', () => {
  const keys = IMPAIRMENT_KEYS.map((key) => key.name);
  const options = IMPAIRMENT_KEYS.flatMap((key) => key.options ?? []);
  const values = ['5%', '1-3', '10ms', '1mbit', '64kb', '50p', '-3', '4', 'wifi.dist', 'lte.trace'];
  const matches = ['udp', 'udp:53', 'any@', 'src=', 'dst=::1', 'sport=53', 'dir=in', 'len=x'];
  const word = fc.oneof(
    ...[
      keys,
      options,
      values,
      matches,
      ['in:', 'out:', 'up:', 'down', ':', '=', '@', '-', 'none'],
    ].map((each) => fc.constantFrom(...each)),
  );
  const words = fc.array(fc.oneof(word, fc.string({ maxLength: 6 })), { maxLength: 8 });
  const property = fc.property(words, fc.constantFrom(' ', ''), (parts, between) => {
    const line = parts.join(between);
    try {
      const rule = parseRule(line, RULE_FILES);
      if (parseRule(rule.text, RULE_FILES).text !== rule.text)
        throw new Error(`not canonical: ${rule.text}`);
    } catch (error) {
      if (!(error instanceof NetemuError)) throw error;
      if (!/^[^\n]+(\n {2}[^\n]+\n {2} *\^)?$/.test(error.message)) throw new Error(error.message);
      if (/undefined|NaN|\[object/.test(error.message)) throw new Error(error.message);
    }
  });
  fc.assert(property, { seed: 1, numRuns: 4_000 });
});

test('flags are the same as a line', () => {
  const same: readonly [Parameters<typeof ruleFromFlags>[0], string][] = [
    [{}, 'any'],
    [{ flow: 'udp:53', loss: ['0.5%'], delay: ['20ms'] }, 'udp:53 loss 0.5% delay 20ms'],
    [{ flow: 'udp dir=out', loss: '1%' }, 'udp dir=out loss 1%'],
    [{ loss: ['in:2%', 'out:1%'] }, 'loss in:2% out:1%'],
    [{ loss: ['up:2%', 'down:1%'], flow: 'udp' }, 'udp loss out:2% in:1%'],
    [{ loss: ['in:2% out:nth 2,3'] }, 'loss in:2% out:nth 2,3'],
    [{ rtt: '100ms', jitter: ['in:5ms unordered'] }, 'rtt 100ms jitter in:5ms unordered'],
    [{ partition: ['drop'] }, 'partition'],
    [{ partition: [''] }, 'partition'],
    [{ partition: ['in:drop'] }, 'partition in:drop'],
    [{ flow: undefined, loss: undefined, delay: [] }, 'any'],
    [{ loss: '1%', ecn: '', per: 'flow' }, 'loss 1% ecn per flow'],
    [{ rate: '10mbit', queue: '100p', aqm: ['codel'] }, 'rate 10mbit queue 100p aqm codel'],
    [{ queue: ['in:5p'], trace: ['lte.trace once'] }, 'trace lte.trace once queue in:5p'],
    [{ jitter: ['5ms wifi.dist'], compat: 'netem' }, 'jitter 5ms wifi.dist compat netem'],
  ];
  for (const [flags, line] of same) {
    expect(ruleFromFlags(flags, RULE_FILES)).toEqual(parseRule(line, RULE_FILES));
  }
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

test('a file that is not read at all is refused', () => {
  const { message, code } = errorOf(() => parseRule('udp trace lte.trace'));
  expect(code).toBe('E_FILE');
  expect(message.split('\n')[0]).toBe('"lte.trace" is a file, and files are not read here');
});

test('each example in the help of a key is a value of it', () => {
  const file: Record<string, string> = {
    jitter: './samples',
    trace: 'lte.trace',
    loss: 'lost.map',
  };
  const needed: Record<string, string> = {
    ecn: 'loss 1%',
    queue: 'rate 1mbit',
    aqm: 'rate 1mbit',
    reorder: 'delay 1ms',
  };
  for (const { name, usage } of IMPAIRMENT_KEYS) {
    const without = parseRule(`udp ${needed[name] ?? ''}`);
    for (const example of usage.split(' | ')) {
      const value = example.replace('FILE', file[name]);
      const rule = parseRule(`udp ${needed[name] ?? ''} ${name} ${value}`, RULE_FILES);
      expect(rule.text).not.toBe(without.text);
    }
  }
});

test('each word of a value has an example in the help, but for the names of distributions', () => {
  for (const { usage, options = [] } of IMPAIRMENT_KEYS) {
    const shown = [...usage.split(/[ |]+/), 'uniform', 'pareto', 'paretonormal'];
    expect(options.filter((word) => !shown.includes(word))).toEqual([]);
  }
});
