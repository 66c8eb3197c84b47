/** Rules replaced under traffic. */
import { expect, test } from 'vitest';
import { snapshotCounters } from '../../src/netem/counters.js';
import { Verdict } from '../../src/netem/engine.js';
import { Direction } from '../../src/rules/rule.js';
import { ip, udp } from '../support/packets.js';
import { EngineDriver, numbered, numberOf } from './engine-driver.js';

const { out } = Direction;
const MS = 1e6;

test('held packets keep their time, also when their rule is gone', () => {
  const driver = new EngineDriver(['udp delay 100ms']);
  driver.send(numbered(0, out, 0), out, 0);
  driver.configure([], 10 * MS);
  expect(driver.engine.nextDeadline()).toBe(100 * MS);
  expect(driver.send(numbered(0, out, 1), out, 11 * MS)).toBe(Verdict.pass);
  driver.expire(100 * MS);
  expect(driver.released.map(({ deadlineNs }) => deadlineNs)).toEqual([100 * MS]);
});

test('nobody overtakes after the delay was reduced, unless unordered', () => {
  for (const unordered of [false, true]) {
    const suffix = unordered ? ' jitter 1ns unordered' : '';
    const driver = new EngineDriver([`udp delay 100ms${suffix}`]);
    driver.send(numbered(0, out, 0), out, 0);
    driver.configure([`udp${unordered ? ' jitter 0ns unordered' : ''}`], 10 * MS);
    const verdict = driver.send(numbered(0, out, 1), out, 20 * MS);
    expect(verdict).toBe(unordered ? Verdict.pass : Verdict.held);
    if (unordered) continue;
    driver.expire(100 * MS);
    expect(driver.released.map(({ frame }) => numberOf(frame))).toEqual([0, 1]);
    expect(driver.released.map(({ deadlineNs }) => deadlineNs)).toEqual([100 * MS, 100 * MS]);
    // Nothing is held any more, so nothing is waited for.
    expect(driver.send(numbered(0, out, 2), out, 100 * MS)).toBe(Verdict.pass);
  }
});

test('a packet that is due does not overtake one that is due and not yet released', () => {
  const driver = new EngineDriver(['udp delay 10ms']);
  driver.send(numbered(0, out, 0), out, 0);
  driver.configure(['udp'], 1 * MS);
  // Late: the driver reads at 20 ms what it should have released at 10.
  expect(driver.send(numbered(0, out, 1), out, 20 * MS)).toBe(Verdict.held);
  driver.expire(20 * MS);
  expect(driver.released.map(({ frame }) => numberOf(frame))).toEqual([0, 1]);
  expect(driver.counts()).toMatchObject({ seen: 1, passed: 1, delayed: 0 });
});

test('after a flush nothing is waited for', () => {
  const driver = new EngineDriver(['udp delay 100ms']);
  driver.send(numbered(0, out, 0), out, 0);
  driver.flush();
  driver.configure(['udp'], 1 * MS);
  expect(driver.send(numbered(0, out, 1), out, 2 * MS)).toBe(Verdict.pass);
});

test('an unchanged rule keeps its counters wherever it stands, a changed one starts anew', () => {
  const driver = new EngineDriver(['udp:53 delay 1ms', 'udp loss 100%']);
  driver.send(numbered(0, out, 0), out, 0);
  driver.send(ip('::1', '::2', udp(1, 2)), out, 0);
  driver.configure(['tcp', 'udp loss 100%', 'udp:53 delay 2ms'], 1);
  expect([0, 1, 2].map((rule) => driver.counts(rule).seen)).toEqual([0, 1, 0]);
  driver.flush();
  expect(driver.counts(2)).toMatchObject({ seen: 0, passed: 0, held: 0 });
});

test('a rule of the same name goes on counting its flows and their packets', () => {
  const driver = new EngineDriver(['udp:53 loss nth 3']);
  const send = (flow: number) => driver.send(numbered(flow, out, 0), out, 0);
  expect([send(0), send(0)]).toEqual([Verdict.pass, Verdict.pass]);
  driver.configure(['tcp', 'udp:53 loss nth 4', 'any'], 1);
  expect([send(0), send(0), send(0)]).toEqual([Verdict.pass, Verdict.drop, Verdict.pass]);
  // Under another rule the flow is a new one, and again when the first comes back.
  driver.configure(['any loss nth 1'], 2);
  expect([send(0), send(0)]).toEqual([Verdict.drop, Verdict.pass]);
  driver.configure(['udp:53 loss nth 1'], 3);
  expect(send(0)).toBe(Verdict.drop);
});

test('what is lost at some rate is lost at a higher one that is set later', () => {
  const verdicts = (change: boolean) => {
    const driver = new EngineDriver(['udp loss 10%']);
    return Array.from({ length: 4000 }, (_, i) => {
      if (change && i === 2000) driver.configure(['udp loss 20%'], i);
      return driver.send(numbered(i % 5, out, 0), out, i) === Verdict.drop;
    });
  };
  const constant = verdicts(false);
  const raised = verdicts(true);
  expect(raised.slice(0, 2000)).toEqual(constant.slice(0, 2000));
  expect(constant.every((lost, i) => !lost || raised[i])).toBe(true);
  expect(raised.filter((lost) => lost).length).toBeGreaterThan(
    constant.filter((lost) => lost).length + 150,
  );
});

test('rows of replaced rules are free again when their packets have left', () => {
  const driver = new EngineDriver(['udp delay 1s']);
  for (let i = 0; i < 5000; i++) {
    driver.configure([`udp delay ${i}ms`], i);
    if (i % 1000 === 0) driver.send(numbered(0, out, 0), out, i);
  }
  driver.flush();
  driver.configure([], 1e9);
  expect(driver.engine.counters.freeRows).toBe(1024);
});

test('rules that are replaced faster than their packets leave are refused, harmlessly', () => {
  const driver = new EngineDriver([]);
  const rules = (i: number) => Array.from({ length: 256 }, (_, p) => `udp:${p + 1} delay ${i}s`);
  const fill = (nowNs: number) => {
    for (let port = 1; port <= 256; port++) {
      driver.send(ip('::1', '::2', udp(9999, port)), Direction.out, nowNs);
      driver.send(ip('::2', '::1', udp(port, 9999)), Direction.in, nowNs);
    }
  };
  for (let i = 1; i <= 2; i++) {
    driver.configure(rules(i), i);
    fill(i);
  }
  expect(() => driver.configure(rules(3), 3)).toThrow(/still held/);
  expect(driver.counts(0).seen).toBe(1);
  driver.flush();
  driver.configure(rules(3), 4);
  expect(driver.counts(0).seen).toBe(0);
});

test('each configuration is an epoch of the counters', () => {
  const driver = new EngineDriver(['udp']);
  const { counters } = driver.engine;
  counters.publish();
  const { epoch } = snapshotCounters(counters.buffer);
  driver.configure(['tcp'], 1);
  counters.publish();
  expect(snapshotCounters(counters.buffer).epoch).toBe(epoch + 1);
});

test('a flow keeps its number and its packets theirs when a new rule begins to look at them', () => {
  const driver = new EngineDriver(['udp:53 loss nth 5']);
  const send = () => driver.send(numbered(0, out, 0), out, 0);
  for (let i = 0; i < 3; i++) expect(send()).toBe(Verdict.pass);
  driver.configure(['udp:53 len=1000-1500 loss 1%', 'udp:53 loss nth 5'], 1);
  expect([send(), send(), send()]).toEqual([Verdict.pass, Verdict.drop, Verdict.pass]);
});

test('nobody overtakes what waits for a slot that is gone', () => {
  for (const next of ['any delay 1ms', 'any slot 5ms']) {
    const driver = new EngineDriver(['any slot 1s']);
    for (let i = 0; i < 3; i++) driver.send(numbered(0, out, i), out, i * MS);
    driver.configure([next], 10 * MS);
    for (let i = 3; i < 6; i++) driver.send(numbered(0, out, i), out, (10 + i) * MS);
    driver.expire(2_000 * MS);
    expect(driver.released.map(({ frame }) => numberOf(frame))).toEqual([0, 1, 2, 3, 4, 5]);
  }
});

test('rules in force keep their tags when names run out', () => {
  const driver = new EngineDriver(['udp len=20-500 loss nth 3']);
  const send = () => driver.send(numbered(0, out, 0), out, 0);
  for (let i = 0; i < 32_765; i++)
    driver.configure(['udp len=20-500 loss nth 3', `tcp:${i + 1}`], 1);
  driver.configure(['udp len=20-500 loss nth 3', 'udp len=501-1500 loss nth 3', 'tcp'], 1);
  const large = ip('192.0.2.1', '198.51.100.2', udp(10_000, 53, new Uint8Array(600)));
  const verdicts = [0, 1, 2].flatMap(() => [send(), driver.send(large, out, 0)]);
  expect(verdicts.slice(4)).toEqual([Verdict.drop, Verdict.drop]);
});

test('what a link has sent is counted once, also when it ends', () => {
  const driver = new EngineDriver(['udp rate 100kbit']);
  for (let i = 0; i < 5; i++) driver.send(numbered(0, out, i), out, 0);
  driver.expire(1e9);
  // 36 bytes are 2.88 ms.
  const sent = { linkBits: 5 * 288, linkBusyNs: 14.4 * MS };
  expect(driver.counts()).toMatchObject(sent);
  driver.configure(['udp'], 2e9);
  expect(driver.counts()).toMatchObject({ linkBits: 0, linkBusyNs: 0 });
});
