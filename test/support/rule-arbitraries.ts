/** Random rules for property tests: the text of any that the parser accepts, with `RULE_FILES`. */

import fc from 'fast-check';
import { parseRule } from '../../src/rules/parse.js';
import type { Rule } from '../../src/rules/rule.js';
import { RULE_FILES } from './rule-files.js';

const port = fc.integer({ min: 1, max: 65_535 });
const ports = fc.oneof(
  port.map(String),
  fc.tuple(port, port).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
);
const prefix4 = fc.tuple(fc.ipV4(), fc.nat(32)).map(([address, bits]) => `${address}/${bits}`);
const prefix6 = fc.tuple(fc.ipV6(), fc.nat(128)).map(([address, bits]) => `${address}/${bits}`);
const prefix = fc.oneof(fc.ipV4(), prefix4, fc.ipV6(), prefix6);

const head = fc
  .record({
    protocol: fc.constantFrom('any', 'tcp', 'udp', 'icmp', 'sctp', 'quic', 'dns', 'tls'),
    ports: fc.option(ports),
    address: fc.option(prefix),
  })
  .map((part) => {
    const withPorts = part.ports !== null && part.protocol !== 'icmp' ? `:${part.ports}` : '';
    return `${part.protocol}${withPorts}${part.address === null ? '' : `@${part.address}`}`;
  });

const rarely = { freq: 6 };
const terms = fc
  .record({
    src: fc.option(prefix),
    dst: fc.option(prefix),
    sport: fc.option(ports),
    dport: fc.option(ports),
    dir: fc.option(fc.constantFrom('in', 'out')),
    len: fc.option(fc.constantFrom('100', '100-1500'), rarely),
    dscp: fc.option(fc.constantFrom('ef', '46', 'af41', 'cs1', '7'), rarely),
    flags: fc.option(fc.constantFrom('syn', 'syn,!ack', 'rst'), rarely),
    qname: fc.option(fc.constantFrom('example.com', '*.example.com'), rarely),
    sni: fc.option(fc.constantFrom('example.com', '*.Example.com.'), rarely),
    quic: fc.option(fc.constantFrom('initial', '0rtt', 'handshake', 'short'), rarely),
  })
  .chain((values) => {
    const given = Object.entries(values).flatMap(([key, value]) =>
      value === null ? [] : [`${key}=${value}`],
    );
    return fc.shuffledSubarray(given, { minLength: 0 });
  });

/** May contradict itself, which the parser refuses. */
export const matchText: fc.Arbitrary<string> = fc
  .tuple(head, terms)
  .map(([first, rest]) => [first, ...rest].join(' '));

const decimal = (max: number) =>
  fc.double({ min: 0.01, max, noNaN: true }).map((n) => n.toFixed(6));
const count = fc.integer({ min: 1, max: 1e9 });
const percent = decimal(100).map((each) => `${each}%`);
const half = decimal(50).map((each) => `${each}%`);
const hold = fc
  .tuple(decimal(80_000), fc.constantFrom('us', 'ms', 's'))
  .map(([amount, unit]) => `${amount}${unit}`);
const size = fc
  .tuple(fc.integer({ min: 1, max: 1e6 }), fc.constantFrom('b', 'kb', 'kib', 'mb'))
  .map((parts) => parts.join(''));
const bytes = fc.oneof(size, count.map(String));
const ordinals = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat(3)), { minLength: 1, maxLength: 8 })
  .map((items) =>
    items.map(([from, more]) => (more === 0 ? from : `${from}-${from + more}`)).join(','),
  );

/** `parts` joined by blanks, without the empty ones. */
function line(...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc.tuple(...parts).map((texts) => texts.filter((each) => each !== '').join(' '));
}

/** `NAME VALUE`, or nothing. */
function option(name: string, value?: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const given = value === undefined ? fc.constant(name) : value.map((each) => `${name} ${each}`);
  return fc.oneof(fc.constant(''), given);
}

/** Options in any order. */
function options(...each: fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc
    .tuple(...each)
    .chain((texts) => fc.shuffledSubarray(texts, { minLength: texts.length }))
    .map((texts) => texts.filter((text) => text !== '').join(' '));
}

const corr = option(
  'corr',
  decimal(99.9).map((each) => `${each}%`),
);
const max = option('max', count.map(String));

const loss = fc.oneof(
  line(percent, fc.oneof(corr, max)),
  line(
    half,
    option(
      'burst',
      decimal(1_000).map((each) => `${Math.floor(Number(each)) + 1}.25`),
    ),
  ),
  line(fc.constant('gemodel'), percent, option('', percent), option('', percent)),
  line(fc.constant('gemodel'), percent, percent, percent, percent),
  line(fc.constant('state'), half, option('', half)),
  line(fc.constant('state'), half, half, half, option('', percent)),
  line(fc.constant('state'), half, half, half, percent, half),
  ordinals.map((list) => `nth ${list}`),
  count.map((n) => `first ${n}`),
  count.map((n) => `every ${n}`),
  fc.constantFrom('map lost.map', 'map lost-once.map'),
);
const outage = line(
  hold.map((each) => `on ${each}`),
  hold.map((each) => `off ${each}`),
  options(option('times', count.map(String)), option('exponential')),
);
const corrupt = line(
  percent,
  options(corr, max, option('first', bytes), option('checksum-ok'), option('anywhere')),
);
const overhead = fc.integer({ min: -40, max: 40 }).map(String);
const rate = line(
  fc
    .tuple(decimal(900), fc.constantFrom('kbit', 'mbit', 'gbit', 'kibit', 'mibit'))
    .map((parts) => parts.join('')),
  options(
    option('overhead', overhead),
    option('cell', line(fc.integer({ min: 41, max: 65_535 }).map(String), option('', overhead))),
    option('burst', size),
  ),
);
const limits = fc
  .tuple(
    count.map((n) => `${n}p`),
    size,
    hold,
  )
  .chain((each) => fc.shuffledSubarray(each, { minLength: 1 }))
  .map((each) => each.join(' '));
const aqm = fc.oneof(
  fc.constantFrom('droptail', 'drophead'),
  line(fc.constant('codel'), options(option('target', hold), option('interval', hold))),
  line(fc.constant('pie'), options(option('target', hold), option('update', hold))),
);
const distribution = fc.constantFrom(
  ...['uniform', 'normal', 'pareto', 'paretonormal', 'wifi.dist', './samples'],
);
const jitter = line(hold, option('', distribution), options(corr, option('unordered')));
const reorder = fc.oneof(
  line(percent, options(corr, option('gap', count.map(String)))),
  line(
    percent,
    fc.integer({ min: 1, max: 1000 }).map((n) => `by ${n}`),
    corr,
  ),
);
const slot = line(
  fc.oneof(
    hold,
    fc.constant('0 10ms'),
    line(fc.constant('distribution'), distribution, hold, hold),
  ),
  options(option('packets', count.map(String)), option('bytes', bytes)),
);
const rebind = line(
  hold,
  options(option('first', hold), option('once'), option('address', prefix)),
);

/** `KEY VALUE`, or with a value for either direction, or nothing. */
function setting(key: string, value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const directed = fc
    .tuple(fc.option(value), fc.option(value))
    .map(([out, into]) => [out && `${key} out:${out}`, into && `${key} in:${into}`])
    .map((values) => values.filter((each) => each !== null).join(' '));
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant('') },
    value.map((each) => `${key} ${each}`),
    directed,
  );
}

const always = (key: string, value: fc.Arbitrary<string>) => value.map((each) => `${key} ${each}`);

const link = fc.oneof(
  fc.constant(['']),
  fc.tuple(
    fc.oneof(always('rate', rate), fc.constantFrom('trace lte.trace', 'trace lte.trace once')),
    setting('queue', fc.oneof(fc.constant('unlimited'), limits)),
    setting('aqm', aqm),
  ),
  fc.tuple(setting('rate', rate)),
);
const time = fc.oneof(
  fc.tuple(always('delay', hold), setting('jitter', jitter), setting('reorder', reorder)),
  fc.tuple(
    hold.map((each) => `rtt ${each}`),
    setting('reorder', reorder),
  ),
  fc.tuple(setting('delay', hold), setting('jitter', jitter), setting('slot', slot)),
);
const lossAndMark = fc.oneof(
  fc.tuple(setting('loss', loss)),
  fc.tuple(always('loss', loss), fc.constantFrom('ecn', 'ecn on', 'ecn in:on', 'ecn out:on')),
);
/** Half of the rules have no more than this. */
const rest = fc.oneof(
  fc.constant(['']),
  fc.tuple(
    setting('outage', outage),
    setting('corrupt', corrupt),
    setting('duplicate', line(percent, corr)),
    setting('rebind', rebind),
    fc.oneof(setting('partition', fc.constantFrom('drop', 'reject')), fc.constant('partition')),
    setting('per', fc.constant('flow')),
  ),
);
const compat = fc.oneof(
  { weight: 7, arbitrary: fc.constant('') },
  fc.constantFrom('compat netem', 'compat in:netem'),
);

const impairments = fc
  .tuple(
    lossAndMark,
    link,
    time,
    rest,
    compat.map((each) => [each]),
  )
  .map((groups) => groups.flat().filter((each) => each !== ''))
  .chain((all) => fc.shuffledSubarray(all, { minLength: all.length }));

export const ruleText: fc.Arbitrary<string> = fc
  .tuple(fc.oneof(fc.constant('udp:53'), matchText), impairments)
  .map(([match, all]) => [match, ...all].join(' '));

/** Those of them that do not contradict themselves, parsed. */
export const anyRule: fc.Arbitrary<Rule> = ruleText.map(ruleOf).filter((rule) => rule !== null);

function ruleOf(text: string): Rule | null {
  try {
    return parseRule(text, RULE_FILES);
  } catch {
    return null;
  }
}
