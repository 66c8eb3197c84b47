import { expect, test } from 'vitest';
import { channelOf } from '../../../src/gradient/theory/channel.js';
import { parseRule } from '../../../src/rules/parse.js';

const DNS = { server: '192.0.2.1', port: 53, name: 'Example.com', transport: 'udp' };
const HTTP = { host: 'www.example.com', port: 8080 };

test('losses and delays each way', () => {
  const channel = channelOf(parseRule('udp:53 loss out:2% in:5% rtt 30ms'), 'dns', DNS)!;
  expect(channel.bothArrive).toBeCloseTo(0.98 * 0.95, 12);
  expect(channel.out).toEqual({ loss: 0.02, delayMs: 15, delaySdMs: 0, leastMs: 15, mostMs: 15 });
  expect(channel.in.loss).toBe(0.05);
});

test('a rule for one direction leaves the other alone', () => {
  const channel = channelOf(parseRule('udp:53 dir=in loss 10% delay 20ms'), 'dns', DNS)!;
  expect([channel.out.loss, channel.out.delayMs]).toEqual([0, 0]);
  expect([channel.in.loss, channel.in.delayMs]).toEqual([0.1, 20]);
});

test('jitter has a mean, a deviation and ends', () => {
  const { out } = channelOf(parseRule('udp:53 delay 20ms jitter 10ms'), 'dns', DNS)!;
  expect(out.delayMs).toBeCloseTo(20, 6);
  expect(out.delaySdMs).toBeCloseTo(10 / Math.sqrt(3), 3);
  expect(out.leastMs).toBeCloseTo(10, 1);
  expect(out.mostMs).toBeCloseTo(30, 1);
});

test.each([
  'udp:53',
  'loss 1%',
  'udp loss 1%',
  'udp:50-60 loss 1%',
  'udp:53@192.0.2.0/24 loss 1%',
  'udp:53 qname=example.com loss 1%',
  'udp:53 qname=*.com loss 1%',
  'udp:53 loss 0% delay 5ms',
])('%s is about all lookups', (text) => {
  expect(channelOf(parseRule(text), 'dns', DNS)).not.toBeNull();
});

test.each([
  'udp:54 loss 1%',
  'tcp loss 1%',
  'udp:53@192.0.2.2 loss 1%',
  'udp:53 src=192.0.2.1 loss 1%',
  'udp dport=53 loss 1%',
  'udp:53 len=100-200 loss 1%',
  'udp:53 qname=example.org loss 1%',
  'udp:53 loss 1% burst 3',
  'udp:53 loss 1% corr 20%',
  'udp:53 loss 1% max 2',
  'udp:53 loss gemodel 1% 10%',
  'udp:53 loss first 1',
  'udp:53 loss 1% ecn',
  'udp:53 loss 1% duplicate 1%',
  'udp:53 loss 1% corrupt 1%',
  'udp:53 delay 10ms reorder 5%',
  'udp:53 loss 1% rate 1mbit',
  'udp:53 partition',
  'udp:53 outage on 1s off 1s',
  'udp:53 loss 1% slot 10ms',
])('formulae end at %s', (text) => {
  expect(channelOf(parseRule(text), 'dns', DNS)).toBeNull();
});

test('by the probe’s protocol', () => {
  const rule = parseRule('tcp:8080 loss 1%');
  expect(channelOf(rule, 'http', HTTP)).not.toBeNull();
  expect(channelOf(rule, 'tcp', { host: '::1', port: 8080 })).not.toBeNull();
  expect(channelOf(rule, 'quic', HTTP)).toBeNull();
  expect(
    channelOf(parseRule('tcp:53 loss 1%'), 'dns', { ...DNS, transport: 'tcp' }),
  ).not.toBeNull();
  expect(channelOf(rule, 'command', {})).toBeNull();
});

test('a server with a name is taken as the one that is meant', () => {
  const rule = parseRule('tcp:8080@[fd00::1] loss 1%');
  expect(channelOf(rule, 'http', HTTP)).not.toBeNull();
  expect(channelOf(rule, 'http', { ...HTTP, host: 'fd00::2' })).toBeNull();
  expect(channelOf(rule, 'http', { ...HTTP, host: 'fd00::1' })).not.toBeNull();
});
