import assert from 'node:assert';
import seedrandom from 'seedrandom';
import { describe, expect, test } from 'vitest';
import { binomialInterval } from '../../../src/netem/interval.js';
import { corruptStage } from '../../../src/netem/stages/corrupt.js';
import { Effect, Judgement } from '../../../src/netem/stages/stage.js';
import { LinkType } from '../../../src/packet/packet-view.js';
import type { Corrupt } from '../../../src/rules/rule.js';
import { ALWAYS, corrupted, flippedBits, offsetsHit, span } from '../../support/corruption.js';
import {
  concat,
  ethernet,
  extension,
  fragmentIpv4,
  fragmentIpv6,
  icmpEcho,
  icmpv6Echo,
  ipv4,
  ipv6,
  raw,
  sctp,
  tcp,
  udp,
} from '../../support/packets.js';
import { eventsOf, fakeKit, nextPacket } from '../../support/stage-kit.js';
import { chiSquare, lag1 } from '../../support/statistics.js';

const V4 = ['192.0.2.1', '198.51.100.2'] as const;
const V6 = ['2001:db8::1', '2001:db8::2'] as const;

const random = seedrandom('corrupt');
const randomBytes = (length: number) =>
  Uint8Array.from({ length }, () => Math.floor(random() * 256));

const ack = tcp(50_000, 443);
const withOptions = tcp(1, 2, { options: new Uint8Array(12).fill(1), payload: randomBytes(30) });
const dccp = (payload: Uint8Array) =>
  raw(33, concat(Uint8Array.of(0, 1, 0, 2, 4), new Uint8Array(11), payload));

describe('by default one bit is flipped', () => {
  test.each([
    ['TCP: the payload behind the options', withOptions, 32, 62],
    ['UDP: the payload', udp(1, 2, randomBytes(17)), 8, 25],
    ['SCTP: the chunks', sctp(1, 2, randomBytes(16)), 12, 28],
    ['DCCP: the data', dccp(randomBytes(9)), 16, 25],
    ['ESP: everything', raw(50, randomBytes(20)), 0, 20],
    ['TCP without payload: behind the ports', ack, 4, 20],
    ['a SYN: behind the ports, options too', tcp(1, 2, { options: randomBytes(8) }), 4, 28],
    ['UDP without payload: length and checksum', udp(1, 2), 4, 8],
    ['SCTP without payload: behind the ports', sctp(1, 2), 4, 12],
    ['half of a TCP header', raw(6, Uint8Array.of(0, 1, 0, 2, 0, 0, 0, 1)), 4, 8],
  ])('%s', (_, transport, from, to) => {
    expect(offsetsHit(ipv4(...V4, transport), {})).toEqual(span(20 + from, 20 + to));
    expect(offsetsHit(ipv6(...V6, transport), {})).toEqual(span(40 + from, 40 + to));
    const extensions = [extension(0), extension(60, 2)];
    const extended = ipv6(...V6, transport, { extensions });
    expect(offsetsHit(extended, {})).toEqual(span(64 + from, 64 + to));
  });

  test('pings: the payload, else the sequence number', () => {
    const payload = randomBytes(8);
    expect(offsetsHit(ipv4(...V4, icmpEcho(7, { payload })), {})).toEqual(span(28, 36));
    expect(offsetsHit(ipv6(...V6, icmpv6Echo(7, { payload })), {})).toEqual(span(48, 56));
    expect(offsetsHit(ipv4(...V4, icmpEcho(7)), {})).toEqual([26, 27]);
    expect(offsetsHit(ipv6(...V6, icmpv6Echo(7, { reply: true })), {})).toEqual([46, 47]);
    const solicitation = raw(58, Uint8Array.of(133, 0, 0, 0, 0, 0, 0, 0));
    expect(offsetsHit(ipv6(...V6, solicitation), {})).toEqual(span(44, 48));
  });

  test('fragments: the first’s payload, later ones’ too', () => {
    const whole4 = ipv4(...V4, udp(1, 2, randomBytes(60)), { identification: 5 });
    const [first4, later4] = fragmentIpv4(whole4, 24);
    expect(offsetsHit(first4, {})).toEqual(span(28, 44));
    expect(offsetsHit(later4, {})).toEqual(span(20, 44));
    const [first6, later6] = fragmentIpv6(ipv6(...V6, udp(1, 2, randomBytes(60))), 24, 9);
    expect(offsetsHit(first6, {})).toEqual(span(56, 72));
    expect(offsetsHit(later6, {})).toEqual(span(48, 72));
  });

  test('packets cut short: what there is', () => {
    const whole = ipv4(...V4, udp(1, 2, randomBytes(60)));
    expect(offsetsHit(whole.slice(0, 40), {})).toEqual(span(28, 40));
    expect(offsetsHit(whole.slice(0, 26), {})).toEqual(span(24, 26));
  });

  test('nothing, where there is nothing to hit', () => {
    for (const transport of [raw(59), raw(17, Uint8Array.of(0, 1, 0, 2)), raw(6), raw(1)]) {
      const packet = ipv4(...V4, transport);
      for (const after of corrupted(packet, {}, 10)) expect(after).toEqual(packet);
    }
  });

  test('each with the same probability', () => {
    const packet = ipv4(...V4, udp(1, 2, new Uint8Array(13)));
    const counts = new Float64Array(8 * 13);
    for (const after of corrupted(packet, {}, 20_000)) {
      counts[flippedBits(packet, after)[0] - 8 * 28]++;
    }
    expect(
      chiSquare(
        counts,
        counts.map(() => 20_000 / counts.length),
      ).pValue,
    ).toBeGreaterThan(0.01);
  });
});

test('`anywhere` is any byte of the IP packet, but no Ethernet padding', () => {
  const packet = ipv4(...V4, udp(1, 2, randomBytes(2)));
  expect(offsetsHit(packet, { anywhere: true })).toEqual(span(0, 30));
  const padded = concat(packet, new Uint8Array(10));
  expect(offsetsHit(padded, { anywhere: true })).toEqual(span(0, 30));
  const [, later] = fragmentIpv6(ipv6(...V6, udp(1, 2, randomBytes(30))), 16, 9);
  expect(offsetsHit(later, { anywhere: true })).toEqual(span(0, 64));
});

test('`first` limits what may be hit from its beginning', () => {
  const packet = ipv4(...V4, udp(1, 2, randomBytes(100)));
  expect(offsetsHit(packet, { firstBytes: 50 })).toEqual(span(28, 78));
  expect(offsetsHit(packet, { firstBytes: 1 })).toEqual([28]);
  expect(offsetsHit(packet, { firstBytes: 500 })).toEqual(span(28, 128));
  expect(offsetsHit(packet, { firstBytes: 5, anywhere: true })).toEqual(span(0, 5));
  expect(offsetsHit(ipv4(...V4, ack), { firstBytes: 3 })).toEqual([24, 25, 26]);
});

test('frames keep their Ethernet header and tags', () => {
  const packet = ipv4(...V4, udp(1, 2, randomBytes(4)));
  const frame = ethernet(packet, { tags: [[0x8100, 20]], padToBytes: 64 });
  const stage = corruptStage({ ...ALWAYS, anywhere: true }, fakeKit());
  const judgement = new Judgement();
  for (let ordinal = 1; ordinal < 1_000; ordinal++) {
    const bytes = frame.slice();
    nextPacket(judgement, 0, ordinal);
    judgement.view.parse(bytes, 0, bytes.length, LinkType.ethernet);
    stage.apply(judgement);
    const [bit] = flippedBits(frame, bytes);
    assert(bit >= 8 * 18 && bit < 8 * (18 + packet.length), 'stays within the packet');
  }
});

describe('how often', () => {
  const packet = ipv4(...V4, udp(1, 2, randomBytes(20)));

  function events(changes: Partial<Corrupt>, count: number, kit = fakeKit(), flow = 0) {
    const stage = corruptStage({ ...ALWAYS, ...changes }, kit);
    return eventsOf(
      (judgement) => {
        judgement.view.parse(packet.slice(), 0, packet.length, LinkType.rawIp);
        stage.apply(judgement);
        return judgement.effects === Effect.corrupted;
      },
      count,
      flow,
    );
  }

  const sum = (samples: Uint8Array) => samples.reduce((total, value) => total + value, 0);

  test.each([0, 0.01, 0.3])('a share of %d', (probability) => {
    const [lo, hi] = binomialInterval(100_000, probability, 0.999);
    const count = sum(events({ probability }, 100_000));
    expect(count).toBeGreaterThanOrEqual(lo);
    expect(count).toBeLessThanOrEqual(hi);
  });

  test('correlated, with the same share', () => {
    const samples = events({ probability: 0.3, correlation: 0.6 }, 100_000);
    expect(Math.abs(sum(samples) / 100_000 - 0.3)).toBeLessThan(0.01);
    expect(Math.abs(lag1(samples) - 0.6)).toBeLessThan(0.02);
  });

  test.each([1, 3])('never more than %d in a row', (runMax) => {
    expect([...events({ runMax }, 8)]).toEqual(
      span(0, 8).map((i) => (i % (runMax + 1) === runMax ? 0 : 1)),
    );
    // What would be corrupted without a limit stays, except after runs of that length.
    const free = events({ probability: 0.6 }, 10_000);
    const limited = events({ probability: 0.6, runMax }, 10_000);
    let run = 0;
    for (let i = 0; i < free.length; i++) {
      const expected = free[i] === 1 && run < runMax ? 1 : 0;
      run = expected === 1 ? run + 1 : 0;
      if (limited[i] !== expected) expect(i).toBe('as without the limit');
    }
  });

  test('a run goes on when values change, and each flow has its own if told so', () => {
    const kit = fakeKit();
    expect([...events({ runMax: 3 }, 2, kit)]).toEqual([1, 1]);
    expect([...events({ runMax: 3 }, 3, kit.successor())]).toEqual([1, 0, 1]);
    // Without a limit there are no runs to remember.
    expect([...events({}, 3, kit.successor())]).toEqual([1, 1, 1]);
    expect([...events({ runMax: 3 }, 4, kit.successor())]).toEqual([1, 1, 1, 0]);
    // Two flows in turn: together they would have runs of 4.
    const stage = corruptStage({ ...ALWAYS, runMax: 2 }, fakeKit({ perFlow: true }));
    const judgement = new Judgement();
    const seen = span(0, 6).map((i) => {
      nextPacket(judgement, i % 2, 1 + (i >> 1));
      judgement.view.parse(packet.slice(), 0, packet.length, LinkType.rawIp);
      stage.apply(judgement);
      return judgement.effects === Effect.corrupted;
    });
    expect(seen).toEqual([true, true, true, true, false, false]);
  });
});
