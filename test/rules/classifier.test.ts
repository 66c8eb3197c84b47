/** The compiled classifier against the match types read literally, rule by rule. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LinkType, PacketView } from '../../src/packet/packet-view.js';
import { NAME_KNOWN, NAME_NONE, NAME_PENDING } from '../../src/packet/tls-client-hello.js';
import { Classifier } from '../../src/rules/classifier.js';
import type { FlowName } from '../../src/rules/flow-name.js';
import { parseRule, parseRules } from '../../src/rules/parse.js';
import { Direction, type Rule } from '../../src/rules/rule.js';
import { concat } from '../support/packet-bytes.js';
import * as packets from '../support/packets.js';
import * as quic from '../support/quic.js';
import {
  type Facts,
  isWatched,
  type Seen,
  slowClassify,
  slowVolatile,
  toBigInt,
} from './slow-classifier.js';

const view = new PacketView();

function parse(packet: Uint8Array): void {
  if (!view.parse(packet, 0, packet.length, LinkType.rawIp)) throw new Error('not parsed');
}

function seen(facts: Facts, sourcePort: number, destinationPort: number, direction: number): Seen {
  const { version, protocol, src0, src1, src2, src3, dst0, dst1, dst2, dst3 } = view;
  const source = { address: toBigInt([src0, src1, src2, src3]), port: sourcePort };
  const destination = { address: toBigInt([dst0, dst1, dst2, dst3]), port: destinationPort };
  return { version, protocol, direction, ends: [source, destination], facts };
}

/** A flow whose name is known from the packet on that is looked at last. */
class Flow implements FlowName {
  state: number;
  readonly name = 'www.example.com';
  looks = 0;
  readonly #after: number;

  constructor(state: number, after: number) {
    this.state = state;
    this.#after = after;
  }

  look(): void {
    if (this.state !== NAME_PENDING) throw new Error('looked again');
    this.looks++;
    this.state = this.#after;
  }
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
const nameTerm = fc.constantFrom('www.example.com', '*.example.com', '*.com', 'example.com');

/** Rule lines; the terms about the packet are given with a weight of `often` to 6 without. */
function ruleLines(often: number): fc.Arbitrary<string> {
  const rarely = <T>(values: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: values });
  const term = <T>(values: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, { weight: often, arbitrary: values });
  return fc
    .record({
      protocol: fc.constantFrom('any', 'any', 'udp', 'tcp', 'icmp', 'sctp', 'dns', 'quic', 'tls'),
      ports: fc.option(range, { freq: 2 }),
      address: rarely(prefix),
      src: rarely(prefix),
      dst: rarely(prefix),
      sport: rarely(range),
      dport: rarely(range),
      dir: rarely(fc.constantFrom('in', 'out')),
      len: term(fc.constantFrom('20-60', '61-90', '91-2000', '28', '40-1500')),
      dscp: term(fc.constantFrom('ef', 'be', 'af11')),
      flags: term(fc.constantFrom('syn', 'syn,!ack', 'ack', '!rst', 'fin,psh,!syn')),
      qname: term(nameTerm),
      sni: term(nameTerm),
      quic: term(fc.constantFrom('initial', '0rtt', 'handshake', 'retry', 'short')),
    })
    .map(({ protocol, ports, address, ...terms }) => {
      const head = `${protocol}${ports && protocol !== 'icmp' ? `:${ports}` : ''}`;
      const rest = Object.entries(terms).flatMap(([key, value]) =>
        value ? [`${key}=${value}`] : [],
      );
      return [head + (address ? `@${address}` : ''), ...rest].join(' ');
    });
}

function rulesOf(line: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<Rule[]> {
  return fc
    .array(line, { maxLength, size: 'max' })
    .map((lines) => lines.flatMap((each) => parseIfPossible(each)));
}

function parseIfPossible(line: string): Rule[] {
  try {
    return [parseRule(line)];
  } catch {
    return []; // It contradicts itself.
  }
}

/** Payloads, and what they show over UDP or, with a length in front, TCP. */
const NOTHING_SHOWN = { qname: null, quic: null };
const payload = fc.constantFrom<readonly [Uint8Array, Pick<Facts, 'qname' | 'quic'>]>(
  [new Uint8Array(0), NOTHING_SHOWN],
  [new Uint8Array(40), { qname: null, quic: 'short' }],
  [packets.dnsQuery('WWW.example.com'), { qname: 'www.example.com', quic: 'short' }],
  [packets.dnsQuery('example.com'), { qname: 'example.com', quic: 'short' }],
  [packets.dnsQuery('example.org'), { qname: 'example.org', quic: 'short' }],
  [quic.long('initial'), { qname: null, quic: 'initial' }],
  [quic.long('0rtt', 2), { qname: null, quic: '0rtt' }],
  [quic.long('handshake'), { qname: null, quic: 'handshake' }],
  [quic.retry(2), { qname: null, quic: 'retry' }],
  [quic.short(), { qname: null, quic: 'short' }],
  [quic.versionNegotiation(), NOTHING_SHOWN],
);
const transport = fc
  .record({
    kind: fc.constantFrom('udp', 'udp', 'tcp', 'tcp', 'sctp', 'icmp', 'icmpv6', 'gre', 'udplite'),
    from: port,
    to: port,
    flags: fc.constantFrom(0, 2, 0x12, 0x10, 0x19, 4),
    content: payload,
  })
  .map(({ kind, from, to, flags, content: [bytes, shown] }) => {
    const nothing = { flags: null, ...NOTHING_SHOWN };
    switch (kind) {
      case 'udp':
        return { upper: packets.udp(from, to, bytes), shown: { flags: null, ...shown } };
      case 'tcp': {
        const message = concat(Uint8Array.of(0, bytes.length), bytes);
        const upper = packets.tcp(from, to, { flags, payload: message });
        return { upper, shown: { flags, qname: shown.qname, quic: null } };
      }
      case 'sctp':
        return { upper: packets.sctp(from, to, bytes), shown: nothing };
      case 'icmp':
        return { upper: packets.icmpEcho(from), shown: nothing };
      case 'icmpv6':
        return { upper: packets.icmpv6Echo(from), shown: nothing };
      case 'udplite':
        return { upper: packets.raw(136, packets.udp(from, to, bytes).bytes), shown: nothing };
      default:
        return { upper: packets.raw(47, new Uint8Array(8)), shown: nothing };
    }
  });
const addresses = fc.oneof(fc.tuple(address4, address4), fc.tuple(address6, address6));
const packet = fc
  .record({
    ends: addresses,
    upper: transport,
    dscp: fc.constantFrom(0, 46, 46, 10),
    cut: fc.nat(2),
  })
  .map(({ ends: [from, to], upper: { upper, shown }, dscp, cut }) => {
    const options = { trafficClass: (dscp << 2) | 1 };
    const isV6 = from.includes(':');
    const whole = isV6
      ? packets.ipv6(from, to, upper, options)
      : packets.ipv4(from, to, upper, options);
    const facts: Facts = { ...shown, dscp, len: whole.length };
    const cuts = isV6 ? packets.fragmentIpv6(whole, 16, 1) : packets.fragmentIpv4(whole, 16);
    if (cut > 0 || cuts.length < 2) return { bytes: whole, facts };
    return { bytes: cuts[1], facts: { dscp, len: null, flags: null, ...NOTHING_SHOWN } };
  });
const flowState = fc.constantFrom(NAME_PENDING, NAME_KNOWN, NAME_NONE);

const universe = fc.sample(packet, { seed: 1, numRuns: 600 });
const PACKETS_EACH = 30;

/** Runs both, and returns how often each rule, term, volatility and found names were met. */
function compare(rules: fc.Arbitrary<Rule[]>, runs: number): Map<string, number> {
  const met = new Map<string, number>();
  const meet = (what: string) => met.set(what, (met.get(what) ?? 0) + 1);
  const cases = fc.sample(fc.tuple(rules, flowState, flowState), { seed: 1, numRuns: runs });
  cases.forEach(([list, state, after], run) => {
    const classifier = new Classifier(list);
    for (let i = 0; i < PACKETS_EACH; i++) {
      const { bytes, facts } = universe[(run * PACKETS_EACH + i) % universe.length];
      parse(bytes);
      for (const direction of [Direction.out, Direction.in]) {
        const flow = new Flow(state, after);
        const { sourcePort, destinationPort } = view;
        const found = classifier.classify(view, sourcePort, destinationPort, direction, flow);
        const packetSeen = seen(facts, sourcePort, destinationPort, direction);
        const looks = state === NAME_PENDING && isWatched(list, packetSeen) ? 1 : 0;
        const expected = slowClassify(list, packetSeen, flow);
        const isVolatile = slowVolatile(list, packetSeen, flow, expected);
        const result = [found, classifier.volatile, flow.looks].join();
        if (result !== [expected, isVolatile, looks].join()) {
          const texts = list.map(({ text }) => text).join('\n');
          throw new Error(`${result} instead of ${expected},${isVolatile},${looks} of\n${texts}`);
        }
        meet(`rule ${found}`);
        if (isVolatile) meet('volatile');
        if (looks > 0 && after === NAME_KNOWN) meet('found its name');
        const terms = list[found]?.match;
        for (const [term, value] of Object.entries(terms ?? {})) if (value !== null) meet(term);
        if (terms?.dscp && view.isLaterFragment) meet('dscp of a later fragment');
      }
    }
  });
  return met;
}

test('as a linear scan does, on random rules and packets', () => {
  const met = compare(rulesOf(ruleLines(0), 12), 600);
  // The first few rules, none, and each term were all found often enough to mean something.
  for (const index of [-1, 0, 1, 2, 3]) {
    expect([index, (met.get(`rule ${index}`) ?? 0) > 100]).toEqual([index, true]);
  }
  for (const term of ['address', 'src', 'dst', 'sport', 'dport', 'dir']) {
    expect([term, (met.get(term) ?? 0) > 100]).toEqual([term, true]);
  }
  expect(met.get('volatile')).toBeUndefined();
});

test('as a linear scan does, on random rules with terms about packets and names', () => {
  const met = compare(rulesOf(ruleLines(2), 12), 800);
  const often = ['rule -1', 'rule 0', 'rule 1', 'rule 2', 'volatile', 'found its name'];
  const terms = ['len', 'dscp', 'flags', 'qname', 'sni', 'quic', 'dscp of a later fragment'];
  for (const what of [...often, ...terms]) {
    expect([what, met.get(what) ?? 0]).toEqual([what, Math.max(30, met.get(what) ?? 0)]);
  }
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

test('a length is that on the wire, also of a packet that a capture has cut short', () => {
  for (const [from, to, length] of [
    ['10.0.0.1', '10.0.0.2', 1428],
    ['fd00::1', 'fd00::2', 1448],
  ] as const) {
    const bytes = packets.ip(from, to, packets.udp(1, 2, new Uint8Array(1400))).slice(0, 64);
    const lines = [`any len=${length}-${length}`, 'any'];
    expect(classify(lines, bytes)).toBe(0);
    expect(classify([`any len=${length - 1}-${length - 1}`, 'any len=64-64', 'any'], bytes)).toBe(
      2,
    );
  }
});

test('256 rules, the last one wins', () => {
  const lines = Array.from({ length: 256 }, (_, i) => `any:${1000 + i}`);
  expect(classify(lines, packets.ip('10.0.0.1', '10.0.0.2', packets.tcp(1, 1255)))).toBe(255);
});

/** What several packets of one flow get, and whether the next could get something else. */
function classifyAll(lines: string[], all: Uint8Array[], flow: FlowName): [number, boolean][] {
  const classifier = new Classifier(parseRules(lines));
  return all.map((bytes) => {
    parse(bytes);
    const { sourcePort, destinationPort } = view;
    const rule = classifier.classify(view, sourcePort, destinationPort, Direction.out, flow);
    return [rule, classifier.volatile];
  });
}

test('a rule that looks at packets makes volatile what it could have taken, not what comes before', () => {
  const tcp = (flags: number) =>
    packets.ip('10.0.0.1', '10.0.0.2', packets.tcp(4000, 80, { flags }));
  const udp = packets.ip('10.0.0.1', '10.0.0.2', packets.udp(4000, 80));
  const flow = new Flow(NAME_NONE, NAME_NONE);
  const all = [tcp(2), tcp(0x10), udp];
  expect(classifyAll(['any flags=syn', 'any'], all, flow)).toEqual([
    [0, true],
    [1, true],
    [1, false],
  ]);
  expect(classifyAll(['tcp', 'any flags=syn'], all, flow)).toEqual([
    [0, false],
    [0, false],
    [-1, false],
  ]);
  expect(classifyAll(['any len=20-30'], [udp, tcp(2)], flow)).toEqual([
    [0, true],
    [-1, true],
  ]);
});

test('an earlier rule may take the packets that carry the name', () => {
  const bytes = packets.ip('10.0.0.1', '10.0.0.2', packets.tcp(4000, 443));
  for (const first of ['any flags=ack', 'tcp', 'any src=10.0.0.1']) {
    const flow = new Flow(NAME_PENDING, NAME_KNOWN);
    classifyAll([first, 'sni=www.example.com'], [bytes], flow);
    expect([first, flow.looks]).toEqual([first, 1]);
  }
});

test('the name is looked for in both directions of a flow, and only in flows that a rule means', () => {
  const go = packets.ip('10.0.0.1', '10.0.0.2', packets.tcp(4000, 443));
  const come = packets.ip('10.0.0.2', '10.0.0.1', packets.tcp(443, 4000));
  const other = packets.ip('10.0.0.2', '10.0.0.3', packets.tcp(444, 4000));
  for (const terms of ['dir=in', 'src=10.0.0.1', 'dst=10.0.0.1', 'sport=443', 'dport=443']) {
    const looks = [go, come, other].map((bytes) => {
      const flow = new Flow(NAME_PENDING, NAME_PENDING);
      classifyAll([`tls sni=www.example.com ${terms}`], [bytes], flow);
      return flow.looks;
    });
    expect([terms, looks]).toEqual([terms, [1, 1, 0]]);
  }
});

test('only rules with sni= inspect', () => {
  expect(new Classifier(parseRules(['udp', 'dns qname=a.example'])).inspects).toBe(false);
  expect(new Classifier(parseRules(['udp', 'tls sni=a.example'])).inspects).toBe(true);
});

test('flags of a TCP header that is cut short are not known', () => {
  const segment = packets.tcp(4000, 80).bytes;
  const cut = packets.ip('10.0.0.1', '10.0.0.2', packets.raw(6, segment.subarray(0, 13)));
  const enough = packets.ip('10.0.0.1', '10.0.0.2', packets.raw(6, segment.subarray(0, 14)));
  expect([classify(['flags=!syn'], cut), classify(['flags=!syn'], enough)]).toEqual([-1, 0]);
});
