/** The compiled classifier against the match types read literally, rule by rule. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LinkType, PacketView } from '../../src/packet/packet-view.js';
import { Classifier } from '../../src/rules/classifier.js';
import { parseRule, parseRules } from '../../src/rules/parse.js';
import {
  Direction,
  type Match,
  type PortRange,
  type Prefix,
  type Rule,
} from '../../src/rules/rule.js';
import * as packets from '../support/packets.js';

const WITH_PORTS = [6, 17, 33, 132, 136];

/** A packet as the slow model sees it: addresses as 128-bit numbers. */
interface Seen {
  readonly version: number;
  readonly protocol: number;
  readonly direction: number;
  readonly ends: readonly { readonly address: bigint; readonly port: number }[];
}

function slowClassify(rules: readonly Rule[], packet: Seen): number {
  return rules.findIndex(({ match }) => slowMatch(match, packet));
}

function slowMatch(match: Match, { version, protocol, direction, ends }: Seen): boolean {
  const [source, destination] = ends;
  const inPrefix = (prefix: Prefix | null, address: bigint) =>
    prefix === null ||
    (prefix.version === version &&
      address >> BigInt(128 - prefix.bits) === toBigInt(prefix.words) >> BigInt(128 - prefix.bits));
  const inRange = (range: PortRange | null, port: number) =>
    range === null || (WITH_PORTS.includes(protocol) && port >= range.min && port <= range.max);
  const transports = match.protocols ?? [{ protocol, ports: null }];
  return (
    (match.dir === null || match.dir === direction) &&
    inPrefix(match.src, source.address) &&
    inPrefix(match.dst, destination.address) &&
    inRange(match.sport, source.port) &&
    inRange(match.dport, destination.port) &&
    transports.some(
      (transport) =>
        (transport.protocol === protocol || (transport.protocol === 1 && protocol === 58)) &&
        ends.some(
          (end) => inRange(transport.ports, end.port) && inPrefix(match.address, end.address),
        ),
    )
  );
}

function toBigInt(words: readonly number[]): bigint {
  return words.reduce((value, word) => (value << 32n) | BigInt(word >>> 0), 0n);
}

const view = new PacketView();

function parse(packet: Uint8Array): void {
  if (!view.parse(packet, 0, packet.length, LinkType.rawIp)) throw new Error('not parsed');
}

function seen(sourcePort: number, destinationPort: number, direction: number): Seen {
  const { version, protocol, src0, src1, src2, src3, dst0, dst1, dst2, dst3 } = view;
  const source = { address: toBigInt([src0, src1, src2, src3]), port: sourcePort };
  const destination = { address: toBigInt([dst0, dst1, dst2, dst3]), port: destinationPort };
  return { version, protocol, direction, ends: [source, destination] };
}

// Few values, so that rules and packets meet.
const port = fc.constantFrom(1, 52, 53, 54, 443, 5000, 65535);
const address4 = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.1.0.1', '192.0.2.1', '200.0.2.1');
const address6 = fc.constantFrom(
  'fd00::1',
  'fd00::2',
  'fd00:0:1::1',
  '2001:db8::1',
  '::ffff:a00:1',
);
const range = fc.constantFrom('53', '443', '1-53', '53-54', '5000-65535', '1-65535');
const prefix = fc.constantFrom(
  ...['10.0.0.1', '10.0.0.0/8', '10.0.0.0/30', '192.0.2.0/24', '0.0.0.0/0', '128.0.0.0/1'],
  ...['fd00::1', 'fd00::/64', 'fd00::/33', '2001:db8::/32', '::/0', '8000::/1'],
);
const ruleLine = fc
  .record({
    protocol: fc.constantFrom('any', 'any', 'udp', 'tcp', 'icmp', 'sctp', 'dns', 'quic', 'tls'),
    ports: fc.option(range),
    address: fc.option(prefix, { freq: 1 }),
    src: fc.option(prefix, { freq: 1 }),
    dst: fc.option(prefix, { freq: 1 }),
    sport: fc.option(range, { freq: 1 }),
    dport: fc.option(range, { freq: 1 }),
    dir: fc.option(fc.constantFrom('in', 'out')),
  })
  .map(({ protocol, ports, address, ...terms }) => {
    const head = `${protocol}${ports && protocol !== 'icmp' ? `:${ports}` : ''}`;
    const rest = Object.entries(terms).flatMap(([key, value]) =>
      value ? [`${key}=${value}`] : [],
    );
    return [head + (address ? `@${address}` : ''), ...rest].join(' ');
  });
const rules = fc
  .array(ruleLine, { maxLength: 12 })
  .map((lines) => lines.flatMap((line) => parseIfPossible(line)));

function parseIfPossible(line: string): Rule[] {
  try {
    return [parseRule(line)];
  } catch {
    return []; // It contradicts itself.
  }
}

const transport = fc
  .tuple(fc.constantFrom('udp', 'tcp', 'sctp', 'icmp', 'icmpv6', 'gre', 'udplite'), port, port)
  .map(([kind, sourcePort, destinationPort]) => {
    switch (kind) {
      case 'udp':
        return packets.udp(sourcePort, destinationPort);
      case 'tcp':
        return packets.tcp(sourcePort, destinationPort);
      case 'sctp':
        return packets.sctp(sourcePort, destinationPort);
      case 'icmp':
        return packets.icmpEcho(sourcePort);
      case 'icmpv6':
        return packets.icmpv6Echo(sourcePort);
      case 'udplite':
        return packets.raw(136, packets.udp(sourcePort, destinationPort).bytes);
      default:
        return packets.raw(47, new Uint8Array(8));
    }
  });
const addresses = fc.oneof(fc.tuple(address4, address4), fc.tuple(address6, address6));
const packet = fc
  .tuple(addresses, transport)
  .map(([[from, to], upper]) => packets.ip(from, to, upper));

test('as a linear scan does, on random rules and packets', () => {
  const matched = new Map<number, number>();
  const property = fc.property(
    rules,
    fc.array(packet, { minLength: 20, maxLength: 20 }),
    (list, all) => {
      const classifier = new Classifier(list);
      for (const bytes of all) {
        parse(bytes);
        for (const direction of [Direction.out, Direction.in]) {
          const { sourcePort, destinationPort } = view;
          const expected = slowClassify(list, seen(sourcePort, destinationPort, direction));
          const found = classifier.classify(view, sourcePort, destinationPort, direction);
          if (found !== expected) {
            throw new Error(
              `rule ${found} instead of ${expected} of ${list.map(({ text }) => text)}`,
            );
          }
          matched.set(found, (matched.get(found) ?? 0) + 1);
        }
      }
    },
  );
  fc.assert(property, { seed: 1, numRuns: 1_500 });
  // The first few rules, and none, were all found often enough to mean something.
  for (const index of [-1, 0, 1, 2, 3]) expect(matched.get(index)).toBeGreaterThan(300);
});

/** The index that a packet gets from these rules. */
function classify(lines: string[], bytes: Uint8Array, direction: number = Direction.out): number {
  parse(bytes);
  const { sourcePort, destinationPort } = view;
  return new Classifier(parseRules(lines)).classify(view, sourcePort, destinationPort, direction);
}

test('no rules match nothing', () => {
  expect(classify([], packets.ip('10.0.0.1', '10.0.0.2', packets.udp(1, 53)))).toBe(-1);
});

test('the first of several wins', () => {
  const query = packets.ip('10.0.0.1', '10.0.0.2', packets.udp(4000, 53));
  expect(classify(['tcp', 'udp:53', 'dns', 'any'], query)).toBe(1);
  expect(classify(['tcp', 'any', 'udp:53'], query)).toBe(1);
});

test('a port counts at either end, an address at the same end', () => {
  const query = packets.ip('10.0.0.1', '10.0.0.2', packets.udp(4000, 53));
  const answer = packets.ip('10.0.0.2', '10.0.0.1', packets.udp(53, 4000));
  for (const bytes of [query, answer]) {
    expect(classify(['udp:53'], bytes)).toBe(0);
    expect(classify(['udp:53@10.0.0.2'], bytes)).toBe(0);
    expect(classify(['udp:53@10.0.0.1'], bytes)).toBe(-1);
    expect(classify(['udp@10.0.0.1'], bytes)).toBe(0);
    expect(classify(['udp:4000-5000@10.0.0.1'], bytes)).toBe(0);
  }
});

test('src, dst, sport, dport are those of the packet', () => {
  const query = packets.ip('10.0.0.1', '10.0.0.2', packets.udp(4000, 53));
  const answer = packets.ip('10.0.0.2', '10.0.0.1', packets.udp(53, 4000));
  for (const line of ['src=10.0.0.1', 'dst=10.0.0.2', 'udp dport=53', 'any sport=4000']) {
    expect([line, classify([line], query), classify([line], answer)]).toEqual([line, 0, -1]);
  }
});

test('icmp is both versions', () => {
  expect(classify(['icmp'], packets.ip('10.0.0.1', '10.0.0.2', packets.icmpEcho(1)))).toBe(0);
  expect(classify(['icmp'], packets.ip('fd00::1', 'fd00::2', packets.icmpv6Echo(1)))).toBe(0);
  expect(classify(['udp', 'tcp'], packets.ip('fd00::1', 'fd00::2', packets.icmpv6Echo(1)))).toBe(
    -1,
  );
});

test('versions are kept apart', () => {
  const four = packets.ip('10.0.0.1', '10.0.0.2', packets.udp(1, 53));
  const six = packets.ip('fd00::1', 'fd00::2', packets.udp(1, 53));
  expect([classify(['any@0.0.0.0/0'], four), classify(['any@0.0.0.0/0'], six)]).toEqual([0, -1]);
  expect([classify(['any@::/0'], four), classify(['any@::/0'], six)]).toEqual([-1, 0]);
});

test('a later fragment is judged by the ports it is given; unknown ports match no port', () => {
  const whole = packets.ipv4('10.0.0.1', '10.0.0.2', packets.udp(4000, 53, new Uint8Array(100)));
  const [, later] = packets.fragmentIpv4(whole, 48);
  parse(later);
  const classifier = new Classifier(parseRules(['udp:1-65535', 'udp']));
  expect(classifier.classify(view, 4000, 53, Direction.out)).toBe(0);
  expect(classifier.classify(view, 0, 0, Direction.out)).toBe(1);
});

test('the identifier of a fragmented ping is not a port', () => {
  parse(packets.ip('10.0.0.1', '10.0.0.2', packets.icmpEcho(53)));
  const classifier = new Classifier(parseRules(['any:53', 'sport=53', 'dport=53']));
  expect(classifier.classify(view, 53, 53, Direction.out)).toBe(-1);
});

test('256 rules, the last one wins', () => {
  const lines = Array.from({ length: 256 }, (_, i) => `any:${1000 + i}`);
  expect(classify(lines, packets.ip('10.0.0.1', '10.0.0.2', packets.tcp(1, 1255)))).toBe(255);
});
