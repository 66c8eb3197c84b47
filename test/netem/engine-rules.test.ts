/** Rules that look at packets: which rule each packet of a flow meets, and as which of its packets. */
import { describe, expect, test } from 'vitest';
import { Verdict } from '../../src/netem/engine.js';
import { FLOW_IDLE_NS } from '../../src/netem/limits.js';
import { Direction } from '../../src/rules/rule.js';
import { clientHello, records } from '../support/client-hello.js';
import { dnsQuery, fragmentIpv4, ip, ipv4, tcp, udp } from '../support/packets.js';
import * as quic from '../support/quic.js';
import { EngineDriver, imbalance } from './engine-driver.js';

const { out, in: into } = Direction;
const { pass, drop } = Verdict;
const HERE = '192.0.2.1';
const THERE = '198.51.100.2';

/** Verdicts of packets that leave. */
function verdicts(driver: EngineDriver, packets: readonly Uint8Array[], nowNs = 0): number[] {
  return packets.map((packet) => driver.send(packet, out, nowNs));
}

function seen(driver: EngineDriver, rules: number, direction: Direction = out): number[] {
  return Array.from({ length: rules }, (_, rule) => {
    const counts = driver.counts(rule, direction);
    expect(imbalance(counts)).toBe(0);
    return counts.seen;
  });
}

function datagram(bytes: number, port = 4000): Uint8Array {
  return ip(HERE, THERE, udp(port, 443, new Uint8Array(bytes - 28)));
}

function segment(flags: number, payload: Uint8Array = new Uint8Array(0), sequence = 1): Uint8Array {
  return ip(HERE, THERE, tcp(4000, 443, { flags, payload, sequence }));
}

describe('a flow under several rules', () => {
  test('by len= is numbered by itself under each', () => {
    const driver = new EngineDriver(['udp len=28-99 loss nth 2', 'udp len=100-1500 loss nth 3']);
    const packets = [50, 500, 50, 500, 500, 50, 500].map((bytes) => datagram(bytes));
    expect(verdicts(driver, packets)).toEqual([pass, pass, drop, pass, drop, pass, pass]);
    // Another flow begins at 1 under both.
    const others = [50, 500, 50, 500, 500].map((bytes) => datagram(bytes, 4001));
    expect(verdicts(driver, others)).toEqual([pass, pass, drop, pass, drop]);
    expect(seen(driver, 2)).toEqual([5, 7]);
  });

  test('draws as many flows of each rule as that rule met', () => {
    // The first flow under the second rule has number 0, whatever the first rule met before.
    const losses = (rules: string[], before: Uint8Array[]) => {
      const driver = new EngineDriver(rules);
      verdicts(driver, before);
      const packets = Array.from({ length: 64 }, () => datagram(500, 4999));
      return verdicts(driver, packets);
    };
    const rules = ['udp len=28-99', 'udp len=100-1500 loss 50%'];
    const small = Array.from({ length: 9 }, (_, i) => datagram(50, 4000 + i));
    expect(losses(rules, small)).toEqual(losses(rules, []));
    expect(losses(rules, [datagram(500, 4000)])).not.toEqual(losses(rules, []));
  });

  test('by dscp= and flags=', () => {
    const driver = new EngineDriver([
      'udp dscp=ef loss nth 2',
      'tcp flags=syn,!ack loss nth 1',
      'any',
    ]);
    const marked = (trafficClass: number) =>
      ipv4(HERE, THERE, udp(4000, 443, new Uint8Array(10)), { trafficClass });
    expect(verdicts(driver, [marked(0xb8), marked(0), marked(0xb9), marked(0xb8)])).toEqual([
      pass,
      pass,
      drop,
      pass,
    ]);
    const SYN = segment(2);
    expect(verdicts(driver, [SYN, segment(0x12), segment(0x10), SYN])).toEqual([
      drop,
      pass,
      pass,
      pass,
    ]);
    expect(seen(driver, 3)).toEqual([3, 2, 3]);
  });

  test('by qname=, the answer with the question', () => {
    const driver = new EngineDriver(['dns qname=*.example.com loss nth 2', 'dns loss nth 3']);
    const ask = (name: string) => ip(HERE, THERE, udp(4000, 53, dnsQuery(name)));
    const names = ['a.example.com', 'b.test', 'b.example.com', 'c.test', 'd.test', 'c.example.com'];
    expect(verdicts(driver, names.map(ask))).toEqual([pass, pass, drop, pass, drop, pass]);
    const answer = ip(THERE, HERE, udp(53, 4000, dnsQuery('a.example.com')));
    expect([driver.send(answer, into, 0), driver.send(answer, into, 0)]).toEqual([pass, drop]);
    expect(seen(driver, 2)).toEqual([3, 3]);
    expect(seen(driver, 2, into)).toEqual([2, 0]);
  });

  test('by quic=', () => {
    const driver = new EngineDriver(['quic quic=handshake loss nth 2', 'quic quic=short', 'quic']);
    const sent = [
      quic.initial(quic.crypto(0, new Uint8Array(20)), { padToBytes: 1100 }),
      quic.long('handshake'),
      quic.short(),
      quic.long('handshake'),
      quic.short(),
    ].map((payload) => ip(HERE, THERE, udp(4000, 443, payload)));
    expect(verdicts(driver, sent)).toEqual([pass, pass, pass, drop, pass]);
    expect(seen(driver, 3)).toEqual([2, 2, 1]);
  });
});

describe('fragments', () => {
  const fragments = (bytes: number, identification: number, port = 4000) =>
    fragmentIpv4(
      ipv4(HERE, THERE, udp(port, 443, new Uint8Array(bytes)), { identification }),
      1200,
    );

  test('meet the rule of their first one, though they look otherwise', () => {
    const driver = new EngineDriver(['udp len=1000-1500 loss nth 3', 'udp len=20-999 loss nth 1']);
    const [first, second, last] = fragments(3000, 7);
    expect(last.length).toBeLessThan(999);
    expect(verdicts(driver, [first, datagram(30), second, last])).toEqual([pass, drop, pass, drop]);
    expect(seen(driver, 2)).toEqual([3, 1]);
  });

  test('without a first one are looked at by themselves, as are those of other packets', () => {
    const driver = new EngineDriver(['udp:443 len=1000-1500', 'any']);
    const [first, , last] = fragments(3000, 8);
    const [, , other] = fragments(3000, 9);
    verdicts(driver, [first, other, last]);
    // The other one is of no known flow: it has no port.
    expect(seen(driver, 2)).toEqual([2, 1]);
    verdicts(driver, [last], 31e9);
    expect(seen(driver, 2)).toEqual([2, 2]);
  });

  test('of a packet that the rules changed under are looked at anew', () => {
    const driver = new EngineDriver(['udp:443 len=1000-1500 loss nth 9', 'udp:443']);
    const [first, second, last] = fragments(3000, 10);
    verdicts(driver, [first, second]);
    driver.configure(['udp:443 len=20-999', 'udp:443 len=1000-1500 loss nth 3', 'udp:443'], 1);
    // It has no length of its own to be judged by: neither `len=` holds for a later fragment.
    verdicts(driver, [last], 1);
    expect(seen(driver, 3)).toEqual([0, 0, 1]);
  });
});

describe('sni=', () => {
  const hello = records(clientHello('www.example.com'));
  const halves = [hello.subarray(0, 90), hello.subarray(90)];
  const RULES = ['tcp:443 sni=*.example.com loss nth 2', 'tcp:443 loss nth 3'];
  const handshake = [
    segment(2, undefined, 0),
    segment(0x18, halves[0], 1),
    segment(0x18, halves[1], 91),
    segment(0x10, undefined, 91 + halves[1].length),
    segment(0x10, undefined, 91 + halves[1].length),
  ];

  test('matches from the packet on that completes the name', () => {
    const driver = new EngineDriver(RULES);
    expect(verdicts(driver, handshake)).toEqual([pass, pass, pass, drop, pass]);
    expect(seen(driver, 2)).toEqual([3, 2]);
    const answer = ip(THERE, HERE, tcp(443, 4000, { flags: 0x10 }));
    driver.send(answer, into, 0);
    expect(seen(driver, 2, into)).toEqual([1, 0]);
  });

  test('goes on, with its numbers, when other rules are set in between', () => {
    const driver = new EngineDriver(RULES);
    verdicts(driver, handshake.slice(0, 2));
    driver.configure([...RULES, 'udp'], 1);
    expect(verdicts(driver, handshake.slice(2), 1)).toEqual([pass, drop, pass]);
    driver.configure(['udp', 'tcp:443 sni=*.example.com loss nth 4', RULES[1]], 2);
    expect(verdicts(driver, handshake.slice(3), 2)).toEqual([drop, pass]);
    expect(driver.counts(1)).toMatchObject({ seen: 2, droppedLoss: 1 });
  });

  test('of a flow whose ClientHello went by before the rule came finds no name', () => {
    const driver = new EngineDriver(['tcp:443 loss nth 7']);
    verdicts(driver, handshake);
    driver.configure(RULES, 1);
    const data = Array.from({ length: 20 }, (_, i) =>
      segment(0x18, new Uint8Array(100).fill(0x99), 1000 + i * 100),
    );
    verdicts(driver, data, 1);
    expect(seen(driver, 2)[0]).toBe(0);
  });

  test('of QUIC: from the Initial on that completes the name', () => {
    const driver = new EngineDriver(['quic sni=www.example.com loss nth 2', 'quic']);
    const message = clientHello('www.example.com');
    const [one, two] = [message.subarray(0, 60), message.subarray(60)];
    const sent = [
      quic.initial(quic.crypto(0, one), { padToBytes: 1100 }),
      quic.initial(quic.crypto(60, two), { padToBytes: 1100, number: 1 }),
      quic.short(),
      quic.short(),
    ].map((payload) => ip(HERE, THERE, udp(4000, 443, payload)));
    expect(verdicts(driver, sent)).toEqual([pass, pass, drop, pass]);
    expect(seen(driver, 2)).toEqual([3, 1]);
  });

  test('is forgotten with the flow', () => {
    const driver = new EngineDriver(RULES);
    verdicts(driver, handshake);
    // A connection by the same ports, to another name.
    const others = [
      segment(2, undefined, 0),
      segment(0x18, records(clientHello('www.example.net')), 1),
      segment(0x10, undefined, 400),
    ];
    expect(verdicts(driver, others, FLOW_IDLE_NS)).toEqual([pass, pass, drop]);
    expect(seen(driver, 2)).toEqual([3, 5]);
  });
});
