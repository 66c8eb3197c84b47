/** Random rules for property tests: the text of any that the parser accepts. */

import fc from 'fast-check';

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

const terms = fc
  .record({
    src: fc.option(prefix),
    dst: fc.option(prefix),
    sport: fc.option(ports),
    dport: fc.option(ports),
    dir: fc.option(fc.constantFrom('in', 'out')),
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
const ordinals = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat(3)), { minLength: 1, maxLength: 8 })
  .map((items) =>
    items.map(([from, more]) => (more === 0 ? from : `${from}-${from + more}`)).join(','),
  );
const loss = fc.oneof(
  decimal(100).map((percent) => `${percent}%`),
  ordinals.map((list) => `nth ${list}`),
  count.map((n) => `first ${n}`),
  count.map((n) => `every ${n}`),
);
const hold = fc
  .tuple(decimal(80_000), fc.constantFrom('us', 'ms', 's'))
  .map(([amount, unit]) => `${amount}${unit}`);
const jitter = fc.tuple(hold, fc.constantFrom('', ' unordered')).map((parts) => parts.join(''));

/** `KEY VALUE`, or with a value for either direction. */
function setting(key: string, value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const directed = fc
    .tuple(fc.option(value), fc.option(value))
    .map(([out, into]) => [out && `${key} out:${out}`, into && `${key} in:${into}`])
    .map((values) => values.filter((each) => each !== null).join(' '));
  return fc.oneof(
    fc.constant(''),
    value.map((each) => `${key} ${each}`),
    directed,
  );
}

const impairments = fc
  .tuple(
    setting('loss', loss),
    fc.oneof(
      setting('delay', hold),
      hold.map((each) => `rtt ${each}`),
    ),
    setting('jitter', jitter),
    fc.oneof(setting('partition', fc.constant('drop')), fc.constant('partition')),
  )
  .chain((all) => fc.shuffledSubarray([...all], { minLength: all.length }));

export const ruleText: fc.Arbitrary<string> = fc
  .tuple(matchText, impairments)
  .map(([match, rest]) => [match, ...rest].filter((each) => each !== '').join(' '));
