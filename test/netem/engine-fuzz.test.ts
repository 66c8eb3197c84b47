/**
 * 200,000 mutated packets of every kind through parser and engine: nothing throws, and all that is
 * not dropped comes out as it went in.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Verdict } from '../../src/netem/engine.js';
import { LinkType } from '../../src/packet/packet-view.js';
import { parseRule } from '../../src/rules/parse.js';
import { clientHello, records } from '../support/client-hello.js';
import * as build from '../support/packets.js';
import * as quic from '../support/quic.js';
import { ruleText } from '../support/rule-arbitraries.js';
import { RULE_FILES } from '../support/rule-files.js';
import { EngineDriver, imbalance } from './engine-driver.js';

const PACKETS = 200_000;

/** One delay for all, so that held packets leave in the order they came. */
const RULES = [
  'udp:53@192.0.2.0/24 delay 1ms',
  'tcp dir=out delay 1ms',
  'icmp loss 30% delay 1ms',
  'src=fd00::/16 loss nth 2 delay 1ms',
  'sctp partition',
  'udp:1-1000 loss every 2',
];

const payload = Uint8Array.from({ length: 300 }, (_, i) => i);
const v4 = ['192.0.2.1', '198.51.100.2'] as const;
const v6 = ['fd00::1', '2001:db8::2'] as const;
const fourByteOptions = Uint8Array.of(1, 1, 1, 0);

const packets = [v4, v6].flatMap(([from, to]) => [
  build.ip(from, to, build.udp(40_000, 53, build.dnsQuery('example.org'))),
  build.ip(from, to, build.udp(40_000, 9999, payload)),
  build.ip(from, to, build.tcp(40_000, 443, { flags: 2, options: fourByteOptions })),
  build.ip(from, to, build.tcp(443, 40_000, { payload })),
  build.ip(from, to, build.sctp(5000, 5001, payload)),
  build.ip(from, to, build.icmpEcho(1, { payload })),
  build.ip(from, to, build.icmpv6Echo(1, { reply: true, payload })),
  build.ip(from, to, build.raw(47, payload)),
]);
packets.push(
  build.ipv4(...v4, build.udp(1, 53, payload), { options: fourByteOptions }),
  ...build.fragmentIpv4(build.ipv4(...v4, build.udp(1, 53, payload)), 128),
  ...build.fragmentIpv6(build.ipv6(...v6, build.udp(1, 53, payload)), 128, 5),
  ...[0, 43, 60, 135].map((type) =>
    build.ipv6(...v6, build.tcp(1, 2), { extensions: [build.extension(type, 2)] }),
  ),
  build.ipv6(...v6, build.udp(1, 53), {
    extensions: [build.extension(0), build.fragmentHeader(1, 0, true), build.authentication()],
  }),
);
const frames = packets.flatMap((packet) => [
  build.ethernet(packet),
  build.ethernet(packet, { padToBytes: 60, tags: [[0x8100, 5]] }),
  build.ethernet(packet, {
    tags: [
      [0x88a8, 5],
      [0x8100, 6],
    ],
  }),
]);

/** xorshift32: the mutations are the same in every run. */
let state = 1;
function random(below: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}

/** Changes a copy of the packet in one of the ways in which packets go wrong, or in several. */
function mutate(packet: Uint8Array, others: readonly Uint8Array[]): Uint8Array {
  let bytes: Uint8Array = packet.slice();
  for (let changes = random(4); changes >= 0; changes--) {
    const at = random(bytes.length + 1);
    switch (random(7)) {
      case 0: // A bit flips.
        bytes[at] ^= 1 << random(8);
        break;
      case 1: // A byte of the headers becomes an extreme.
        bytes[random(64)] = [0, 1, 0x7f, 0x80, 0xff][random(5)];
        break;
      case 2: // Cut short.
        bytes = bytes.slice(0, at);
        break;
      case 3: // Longer than it says.
        bytes = build.concat(bytes, payload.subarray(0, random(300)));
        break;
      case 4: // Another packet's end.
        bytes = build.concat(bytes.slice(0, at), others[random(others.length)].slice(at));
        break;
      case 5: // Noise.
        for (let i = at; i < Math.min(at + 8, bytes.length); i++) bytes[i] = random(256);
        break;
      default: // Not changed: what is valid must be among what is fuzzed.
    }
  }
  return bytes;
}

test('200,000 mutated packets: no throw, and bytes come out as they went in', () => {
  const driver = new EngineDriver(RULES);
  const held: Uint8Array[] = [];
  const verdicts = [0, 0, 0];
  let releasedCount = 0;
  let changed = 0;
  let nowNs = 0;
  const checkReleased = () => {
    for (const { frame } of driver.released) {
      if (Buffer.compare(frame, held[releasedCount++]) !== 0) changed++;
    }
    driver.released.length = 0;
  };
  for (let i = 0; i < PACKETS; i++) {
    const linkType = random(2) === 0 ? LinkType.ethernet : LinkType.rawIp;
    const originals = linkType === LinkType.ethernet ? frames : packets;
    const packet = mutate(originals[random(originals.length)], originals);
    nowNs += random(10_000);
    const verdict = driver.send(packet, random(3), nowNs, linkType);
    verdicts[verdict]++;
    if (verdict === Verdict.held) held.push(packet);
    else if (Buffer.compare(driver.staged, packet) !== 0) changed++;
    if (i % 64 === 0) {
      driver.expire(nowNs);
      checkReleased();
    }
  }
  driver.flush();
  checkReleased();
  expect(changed).toBe(0);
  expect(releasedCount).toBe(held.length);
  expectBalanced(driver);
  // The mutations leave enough whole for every verdict, and break enough.
  for (const count of verdicts) expect(count).toBeGreaterThan(PACKETS / 50);
  expect(driver.engine.malformed).toBeGreaterThan(PACKETS / 20);
});

/** What rules with `sni=`, `qname=` and `quic=` look into. */
const telling = [v4, v6].flatMap(([from, to]) => [
  build.ip(from, to, build.tcp(40_000, 443, { payload: records(clientHello('www.example.com')) })),
  build.ip(
    from,
    to,
    build.tcp(40_000, 443, { payload: records(clientHello('a.example.com'), 90) }),
  ),
  build.ip(
    from,
    to,
    build.udp(40_000, 443, quic.initial(quic.crypto(0, clientHello('example.com')))),
  ),
  build.ip(from, to, build.udp(40_000, 443, quic.long('handshake'))),
  build.ip(from, to, build.udp(40_000, 443, quic.short())),
  build.ip(from, to, build.udp(40_000, 53, build.dnsQuery('www.example.com'))),
]);

/** Before random rules, so that packets reach all kinds of terms; they do different things to bytes. */
const LOOKING = [
  'any sni=*.example.com loss every 3 corrupt 50% anywhere',
  'any qname=*.example.com partition reject',
  'any quic=short duplicate 50% delay 2ms jitter 1ms unordered reorder 30% by 2',
  'any len=400-1500 rate 10mbit queue 20p corrupt 90% anywhere duplicate 50%',
  'any flags=syn partition reject',
  'any dscp=ef rebind 1ms first 1ms',
];

/** Half of the texts contradict themselves. */
const anyRules = fc
  .array(ruleText, { minLength: 1, maxLength: 6 })
  .map((texts) => texts.filter(isRule).map((text) => text.replace(/^udp:53/, 'any')))
  .map((texts) => [...new Set(texts)].filter(isRule));

function isRule(text: string): boolean {
  try {
    parseRule(text, RULE_FILES);
    return true;
  } catch {
    return false;
  }
}

test('any rules, mutated packets and noise, of any link type: no throw, nothing gets lost', () => {
  const originals = [...packets, ...frames, ...telling, ...telling, ...telling];
  const all = [Verdict.pass, Verdict.held, Verdict.drop].map(() => 0);
  fc.assert(
    fc.property(
      anyRules,
      fc.nat(),
      fc.constantFrom(400_000, 2 ** 22),
      (rules, start, memoryBytes) => {
        state = start + 1;
        const driver = new EngineDriver([...LOOKING.slice(random(6)), ...rules], { memoryBytes });
        let nowNs = 0;
        for (let i = 0; i < 300; i++) {
          const packet = mutate(originals[random(originals.length)], originals);
          if (random(10) === 0) for (let at = 0; at < packet.length; at++) packet[at] = random(256);
          nowNs += random(3) === 0 ? random(3_000_000) : 0;
          // Also link types that there are none of.
          all[driver.send(packet, random(3), nowNs, random(3))]++;
          if (random(9) === 0) driver.expire(nowNs);
          if (random(100) === 0) driver.configure([...LOOKING.slice(random(6)), ...rules], nowNs);
          if (i % 10 === 0) expectBalanced(driver);
        }
        driver.expire(nowNs + 1e9);
        driver.flush();
        expectBalanced(driver);
        expect(driver.engine.heldCount).toBe(0);
      },
    ),
    { seed: 1, numRuns: 50 },
  );
  for (const count of all) expect(count).toBeGreaterThan(1000);
});

function expectBalanced(driver: EngineDriver): void {
  driver.engine.rules.forEach((_, rule) => {
    for (const direction of [0, 1] as const)
      expect(imbalance(driver.counts(rule, direction))).toBe(0);
  });
}
