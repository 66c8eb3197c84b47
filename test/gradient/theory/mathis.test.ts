import { expect, test } from 'vitest';
import { expected, TCP, TEN_MS } from './context.js';

const SEND = { ...TCP, bytes: 10e6, upload: 'send', sendBytes: 10e6 };

test('a worked example: 1448 bytes, 100 ms, 1 %', () => {
  // 1448 · 8 / 0.1 s / 0.1 = 1.1584 Mbit/s, times √0.75 and √1.5.
  const baseline = { ...TEN_MS, meanMs: 100 };
  const { goodput } = expected('tcp', SEND, 'tcp:80 loss 1% rtt 90ms', baseline);
  expect(goodput).toMatchObject({
    kind: 'range',
    low: expect.closeTo(1_158_400 * 0.8660254, 0),
    high: expect.closeTo(1_158_400 * 1.2247449, 0),
  });
  const { value, low, high } = goodput as { value: number; low: number; high: number };
  expect(value).toBeCloseTo(Math.sqrt(low * high), 6);
  expect(goodput!.model).toContain('Reno');
});

test('loses in the direction of the data only', () => {
  const receive = { ...TCP, bytes: 10e6, upload: 'receive', receiveBytes: 10e6 };
  expect(expected('tcp', SEND, 'tcp:80 loss out:1%').goodput).toBeDefined();
  expect(expected('tcp', SEND, 'tcp:80 loss in:1%').goodput).toBeUndefined();
  expect(expected('tcp', receive, 'tcp:80 loss in:1%').goodput).toBeDefined();
  expect(expected('tcp', receive, 'tcp:80 loss out:1%').goodput).toBeUndefined();
});

test('a stepped delay slows it down', () => {
  const rate = (rule: string) => {
    const { goodput } = expected('tcp', SEND, rule, TEN_MS, 'tcp:80');
    return goodput?.kind === 'range' ? goodput.value : Number.NaN;
  };
  expect(rate('tcp:80 loss 1% rtt 10ms')).toBeCloseTo(rate('tcp:80 loss 1%') / 2, 3);
});

test.each([
  ['connections only', TCP, 'loss 1%', TEN_MS],
  ['short transfers', { ...SEND, bytes: 100_000 }, 'loss 1%', TEN_MS],
  ['both directions', { ...SEND, receiveBytes: 10e6 }, 'loss 1%', TEN_MS],
  ['losses that make it time out', SEND, 'loss 10%', TEN_MS],
  ['no round trip to speak of', SEND, 'loss 1%', { ...TEN_MS, meanMs: 0.1 }],
  ['no baseline', SEND, 'loss 1% rtt 20ms', null],
])('says nothing about %s', (_name, settings, impairments, baseline) => {
  expect(expected('tcp', settings, `tcp:80 ${impairments}`, baseline).goodput).toBeUndefined();
});
