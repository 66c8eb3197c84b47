import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BY_FLOW, Verdict } from '../../src/netem/engine.js';
import { binomialInterval } from '../../src/netem/interval.js';
import { LinkType } from '../../src/packet/packet-view.js';
import { DIRECTION_NAMES, Direction } from '../../src/rules/rule.js';
import {
  ethernet,
  extension,
  fragmentHeader,
  fragmentIpv4,
  fragmentIpv6,
  icmpEcho,
  ip,
  ipv6,
  raw,
  udp,
} from '../support/packets.js';
import { EngineDriver, imbalance, numbered, numberOf } from './engine-driver.js';

const { pass, held, drop } = Verdict;
const { out } = Direction;
const MS = 1e6;

test('packets that no rule matches pass uncounted, as do frames that are not IP', () => {
  const driver = new EngineDriver(['udp:53 partition']);
  expect(driver.send(ip('192.0.2.1', '192.0.2.2', udp(1, 54)), out, 0)).toBe(pass);
  const arp = ethernet(new Uint8Array(28), { etherType: 0x0806 });
  expect(driver.send(arp, out, 0, LinkType.ethernet)).toBe(pass);
  expect(driver.counts().seen).toBe(0);
  expect(driver.engine.malformed).toBe(0);
});

test('malformed packets pass and are counted', () => {
  const driver = new EngineDriver(['any partition']);
  const packet = numbered(0, out, 0);
  expect(driver.send(packet.subarray(0, 19), out, 0)).toBe(pass);
  expect(driver.engine.malformed).toBe(1);
  expect(driver.counts().seen).toBe(0);
});

test('a rule without impairment counts and passes at once', () => {
  const driver = new EngineDriver(['udp:53']);
  expect(driver.send(ethernet(numbered(0, out, 0)), out, 0, LinkType.ethernet)).toBe(pass);
  expect(driver.counts()).toMatchObject({ seen: 1, passed: 1, bytes: 36, delayed: 0 });
  expect(driver.counts(0, Direction.in).seen).toBe(0);
});

test('partition drops everything before anything else could', () => {
  const driver = new EngineDriver(['any partition loss 100% delay 1s']);
  expect(driver.send(numbered(0, out, 0), out, 0)).toBe(drop);
  expect(driver.counts()).toMatchObject({ seen: 1, droppedPartition: 1, droppedLoss: 0, held: 0 });
});

test('a constant delay releases each packet that much after its arrival, in order', () => {
  const driver = new EngineDriver(['any delay 30ms']);
  for (let i = 0; i < 5; i++) {
    expect(driver.send(numbered(i, out, i), out, i * 10 * MS)).toBe(held);
  }
  expect(driver.engine.heldCount).toBe(5);
  expect(driver.engine.nextDeadline()).toBe(30 * MS);
  expect(driver.expire(30 * MS - 1)).toBe(0);
  expect(driver.expire(30 * MS)).toBe(1);
  expect(driver.expire(65 * MS)).toBe(3);
  expect(driver.counts()).toMatchObject({ seen: 5, passed: 4, held: 1, delayed: 5 });
  expect(driver.flush()).toBe(1);
  expect(driver.released.map(({ frame }) => numberOf(frame))).toEqual([0, 1, 2, 3, 4]);
  expect(driver.released.map(({ deadlineNs }) => deadlineNs / MS)).toEqual([30, 40, 50, 60, 70]);
  expect(driver.engine.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
});

test('a held packet has its bytes, tag, link type and length', () => {
  const driver = new EngineDriver(['any delay 1ms']);
  const frame = ethernet(numbered(0, out, 7), { padToBytes: 60 });
  expect(driver.send(frame, out, 0, LinkType.ethernet)).toBe(held);
  driver.send(ethernet(numbered(1, out, 8)), out, 0, LinkType.ethernet); // Overwrites the slot.
  driver.flush();
  expect(driver.released[0].frame).toEqual(frame);
});

test('losses of packets 2, 7 and 10 to 12 of each flow and direction', () => {
  const driver = new EngineDriver(['udp loss nth 2,7,10-12']);
  const lost = (flow: number, direction: Direction) => {
    const ordinals = [];
    for (let ordinal = 1; ordinal <= 20; ordinal++) {
      if (driver.send(numbered(flow, direction, 0), direction, 0) === drop) ordinals.push(ordinal);
    }
    return ordinals;
  };
  expect(lost(0, Direction.out)).toEqual([2, 7, 10, 11, 12]);
  expect(lost(0, Direction.in)).toEqual([2, 7, 10, 11, 12]);
  expect(lost(1, Direction.out)).toEqual([2, 7, 10, 11, 12]);
});

test('when the memory is full the newest packet is dropped and counted', () => {
  const driver = new EngineDriver(['any delay 1s'], { memoryBytes: 2 ** 20 });
  const verdicts = [];
  for (let i = 0; i < 10_000; i++) verdicts.push(driver.send(numbered(0, out, i), out, i));
  const { held: kept, overflow, seen } = driver.counts();
  expect(kept).toBeGreaterThan(2 ** 20 / 151 - 3 * 2052);
  expect(kept + overflow).toBe(seen);
  expect(overflow).toBeGreaterThan(3000);
  expect(verdicts).toEqual(Array.from(verdicts, (_, i) => (i < kept ? held : drop)));
  driver.expire(2e9);
  expect(driver.released.map(({ frame }) => numberOf(frame))).toEqual(
    Array.from({ length: kept }, (_, i) => i),
  );
  expect(driver.send(numbered(0, out, 0), out, 3e9)).toBe(held); // There is room again.
});

test.each([
  ['IPv4', fragmentIpv4(ip('192.0.2.1', '192.0.2.2', udp(1000, 53, new Uint8Array(3000))), 1400)],
  ['IPv6', fragmentIpv6(ip('fd00::1', 'fd00::2', udp(1000, 53, new Uint8Array(3000))), 1400, 9)],
])('%s fragments follow their first fragment, in flow, rule and ordinal', (_version, fragments) => {
  const driver = new EngineDriver(['udp:53 loss nth 2', 'any partition']);
  expect(fragments.map((fragment) => driver.send(fragment, out, 0))).toEqual([pass, drop, pass]);
  expect(driver.counts(0)).toMatchObject({ seen: 3, droppedLoss: 1 });
  expect(driver.counts(1).seen).toBe(0);
  // One whose first fragment is unknown has no port that a rule could name; so after a while.
  expect(driver.send(fragments[2], out, 31e9)).toBe(drop);
  expect(driver.counts(1).seen).toBe(1);
});

test('a later IPv6 fragment has the protocol of its first, behind its extension headers', () => {
  const driver = new EngineDriver(['udp:53 loss nth 2', 'any partition']);
  const first = ipv6('fd00::1', 'fd00::2', udp(1000, 53, new Uint8Array(1000)), {
    extensions: [fragmentHeader(9, 0, true), extension(60)],
  });
  // All that it says of itself is that destination options (60) came first.
  const later = ipv6('fd00::1', 'fd00::2', raw(60, new Uint8Array(500)), {
    extensions: [fragmentHeader(9, 127, false)],
  });
  expect([driver.send(first, out, 0), driver.send(later, out, 0)]).toEqual([pass, drop]);
  expect(driver.counts(0)).toMatchObject({ seen: 2, droppedLoss: 1 });
});

test('fragments of a ping are of its flow', () => {
  const driver = new EngineDriver(['icmp loss nth 3']);
  const ping = ip('192.0.2.1', '192.0.2.2', icmpEcho(77, { payload: new Uint8Array(3000) }));
  const verdicts = fragmentIpv4(ping, 1400).map((fragment) => driver.send(fragment, out, 0));
  expect(verdicts).toEqual([pass, pass, drop]);
});

test('on a loopback device the opener of a flow sends out and is answered in', () => {
  const driver = new EngineDriver(['udp:53 dir=in partition']);
  expect(driver.send(numbered(0, Direction.out, 0), BY_FLOW, 0)).toBe(pass);
  expect(driver.send(numbered(0, Direction.in, 0), BY_FLOW, 0)).toBe(drop);
  // A flow that the server opens goes the other way.
  expect(driver.send(numbered(1, Direction.in, 0), BY_FLOW, 0)).toBe(pass);
  expect(driver.send(numbered(1, Direction.out, 0), BY_FLOW, 0)).toBe(drop);
});

test('on a router with one device a packet that comes in and goes out is two packets', () => {
  const driver = new EngineDriver(['src=192.0.2.1 loss nth 1', 'udp loss nth 2']);
  const there = numbered(0, Direction.out, 0);
  const back = numbered(0, Direction.in, 0);
  const verdicts = [there, there, back, back].map((packet, i) =>
    driver.send(packet, i % 2 === 0 ? Direction.in : Direction.out, 0),
  );
  expect(verdicts).toEqual([drop, drop, pass, pass]);
  expect(driver.send(back, Direction.in, 0)).toBe(drop);
  expect(driver.send(there, Direction.in, 0)).toBe(pass);
});

test('a flow that was idle for two minutes is a new one', () => {
  const driver = new EngineDriver(['udp loss first 1']);
  const packet = numbered(0, out, 0);
  const verdicts = [0, 1, 119e9, 238e9, 358e9, 478e9].map((at) => driver.send(packet, out, at));
  expect(verdicts).toEqual([drop, pass, pass, pass, drop, drop]);
});

test('0.5 % of ten million packets are lost, within the 99.9 % interval', {
  timeout: 120_000,
}, () => {
  const COUNT = 10_000_000;
  const driver = new EngineDriver(['udp:53 loss 0.5%'], { seed: 'ten million' });
  driver.send(numbered(0, out, 0), out, 0);
  for (let i = 1; i < COUNT; i++) driver.repeat(out, i);
  const [lo, hi] = binomialInterval(COUNT, 0.005, 0.999);
  const { seen, droppedLoss } = driver.counts();
  expect(seen).toBe(COUNT);
  expect(droppedLoss).toBeGreaterThanOrEqual(lo);
  expect(droppedLoss).toBeLessThanOrEqual(hi);
});

test('seen = passed + dropped + overflow + held, after every call', () => {
  const rules = ['udp:53 loss 20%', 'udp:1-20000 delay 1ms jitter 2ms', 'udp delay 1s loss 5%'];
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.record({ send: fc.nat(20_000), direction: fc.nat(1) }) },
    { weight: 2, arbitrary: fc.record({ sleepNs: fc.nat(2_000_000_000) }) },
    { weight: 1, arbitrary: fc.record({ rules: fc.subarray(rules) }) },
    { weight: 1, arbitrary: fc.constant({ flush: true }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), fc.boolean(), (steps, scarce) => {
      // One slab beside the staging slot's, or no other.
      const driver = new EngineDriver(rules, { memoryBytes: scarce ? 400_000 : 2 ** 20 });
      let nowNs = 0;
      for (const step of steps) {
        if ('send' in step) {
          const size = new Uint8Array(step.send);
          driver.send(
            ip('::1', '::2', udp(step.send, 53 + (step.send % 2), size)),
            step.direction,
            nowNs,
          );
        } else if ('sleepNs' in step) {
          nowNs += step.sleepNs;
          driver.expire(nowNs);
        } else if ('rules' in step) driver.configure(step.rules, nowNs);
        else driver.flush();
        driver.engine.rules.forEach((_, rule) => {
          for (const direction of DIRECTION_NAMES.keys()) {
            expect(imbalance(driver.counts(rule, direction as Direction))).toBe(0);
          }
        });
      }
      driver.flush();
      expect(driver.engine.heldCount).toBe(0);
    }),
    { seed: 1, numRuns: 60 },
  );
});
