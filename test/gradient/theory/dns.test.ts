import { describe, expect, test } from 'vitest';
import { makeDnsRetry } from '../../../src/gradient/probe/dns-resolver.js';
import type { DnsNext } from '../../../src/gradient/probe/dns-retry.js';
import type { DnsRetryName } from '../../../src/gradient/probe/dns-settings.js';
import { randomOf } from '../statistics/random.js';
import { DNS, expected, meanOf, probabilityOf, TEN_MS } from './context.js';

/** Loss each way; late, and failed with two tries. Six lookups by two servers are left out. */
const TABLE = [
  ['0.1%', 0.001999, 0.000004],
  ['0.5%', 0.009975, 0.0000995],
  ['1%', 0.0199, 0.000396],
  ['2%', 0.0396, 0.00157],
  ['5%', 0.0975, 0.00951],
  ['10%', 0.19, 0.0361],
  ['20%', 0.36, 0.1296],
] as const;

test.each(TABLE)('glibc asks one server: loss %s', (loss, late, failed) => {
  const found = expected('dns', DNS, `udp:53 loss ${loss}`);
  expect(probabilityOf(found.late) / late).toBeCloseTo(1, 2);
  expect(probabilityOf(found.failed) / failed).toBeCloseTo(1, 2);
});

test('the latency of those that are answered, by hand', () => {
  // q = 0.5; of three answered by two tries one waits 5 s.
  const { latency, failed } = expected('dns', DNS, 'udp:53 loss out:50%');
  expect(probabilityOf(failed)).toBe(0.25);
  expect(meanOf(latency)).toBeCloseTo(10 + 5_000 / 3, 6);
  expect(latency).toMatchObject({ sd: expect.closeTo(Math.hypot(5_000 * Math.sqrt(2 / 9), 1), 6) });
});

test('without loss nothing is late; with nothing but loss all is, and no latency', () => {
  const none = expected('dns', DNS, 'udp:53');
  expect([probabilityOf(none.late), probabilityOf(none.failed)]).toEqual([0, 0]);
  expect(none.latency).toMatchObject({ kind: 'mean', mean: 10, sd: 1 });
  const all = expected('dns', DNS, 'udp:53 loss 100%');
  expect([probabilityOf(all.late), probabilityOf(all.failed)]).toEqual([1, 1]);
  expect(all.latency).toBeUndefined();
});

test('musl’s timeout is for all tries, a single one is late when it fails', () => {
  const musl = expected('dns', { ...DNS, retry: 'musl', attempts: 5 }, 'udp:53 loss out:50%');
  expect(probabilityOf(musl.failed)).toBeCloseTo(0.5 ** 5, 12);
  // 0, 1, 2, 3 and 4 s with 16, 8, 4, 2 and 1 of 31.
  expect(meanOf(musl.latency)).toBeCloseTo(10 + (1_000 * (8 + 2 * 4 + 3 * 2 + 4)) / 31, 6);
  const single = expected('dns', { ...DNS, retry: 'single', attempts: 1 }, 'udp:53 loss out:30%');
  expect(probabilityOf(single.late)).toBeCloseTo(0.3, 12);
  expect(probabilityOf(single.failed)).toBeCloseTo(0.3, 12);
});

test('stepped delays come on top of the baseline, those of the rule are in it', () => {
  const settings = { ...DNS, timeoutMs: 100 };
  const late = (rule: string, base: string) =>
    probabilityOf(expected('dns', settings, rule, TEN_MS, base).late);
  expect(late('udp:53 rtt 95ms', 'udp:53')).toBe(1);
  expect(late('udp:53 rtt 80ms', 'udp:53')).toBe(0);
  const slow = expected(
    'dns',
    DNS,
    'udp:53 rtt 60ms',
    { ...TEN_MS, meanMs: 50 },
    'udp:53 rtt 40ms',
  );
  expect(meanOf(slow.latency)).toBe(70);
});

test('answers that come after the first wait count, but not from dig’s closed sockets', () => {
  const settings = { ...DNS, timeoutMs: 100, attempts: 3 };
  const rule = 'udp:53 loss out:50% rtt 150ms';
  const found = expected('dns', settings, rule, null);
  expect(probabilityOf(found.late)).toBe(1);
  // Tries at 0 and 100 ms are answered before 300 ms, the third is not.
  expect(probabilityOf(found.failed)).toBe(0.25);
  const dig = expected('dns', { ...settings, retry: 'dig' }, rule, null);
  expect(probabilityOf(dig.failed)).toBe(1);
});

test('where jitter decides what is late, nothing is said of it', () => {
  const settings = { ...DNS, timeoutMs: 100 };
  const around = expected('dns', settings, 'udp:53 delay 50ms jitter 10ms', null);
  expect(Object.keys(around)).toEqual(['failed']);
  const below = expected('dns', settings, 'udp:53 delay 30ms jitter 10ms', null);
  expect(Object.keys(below)).toEqual(['late', 'failed']);
});

test('over TCP nothing is said', () => {
  expect(expected('dns', { ...DNS, transport: 'tcp', attempts: 1 }, 'tcp:53 loss 1%')).toEqual({});
});

test('the model is a sentence', () => {
  const { late } = expected('dns', { ...DNS, pairs: 2 }, 'udp:53 loss out:0.5% in:1%');
  expect(late!.model).toBe(
    'independent losses of 0.5% out and 1% in; 2 tries of 5 s, as glibc, A and AAAA at once',
  );
});

describe('agrees with the probe’s own way of asking again', () => {
  test.each<[DnsRetryName, number, number, number]>([
    ['glibc', 1, 2, 0.7],
    ['glibc', 1, 3, 0.5],
    ['glibc', 2, 2, 0.9],
    ['glibc', 2, 2, 0.5],
    ['glibc', 2, 3, 0.6],
    ['musl', 1, 3, 0.5],
    ['musl', 2, 2, 0.6],
    ['dig', 1, 3, 0.6],
    ['single', 1, 1, 0.8],
  ])('%s, %d at once, %d attempts, q = %d', (retry, pairs, attempts, q) => {
    const random = randomOf(`${retry} ${pairs} ${attempts} ${q}`);
    const settings = { ...DNS, retry, pairs, attempts, timeoutMs: 100 };
    const lookups = 40_000;
    const latencies: number[] = [];
    let late = 0;
    const firstWaitMs = retry === 'musl' ? 100 / attempts : 100;
    for (let i = 0; i < lookups; i++) {
      const latency = lookUp({ retry, pairs, attempts, timeoutMs: 100 }, 10, () => random() < q);
      if (latency === null || latency > firstWaitMs) late++;
      if (latency !== null) latencies.push(latency);
    }
    const found = expected('dns', settings, `udp:53 loss out:${100 * (1 - q)}%`);
    const near = (share: number, p: number) =>
      expect(Math.abs(share - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / lookups));
    near(late / lookups, probabilityOf(found.late));
    near(1 - latencies.length / lookups, probabilityOf(found.failed));
    const mean = latencies.reduce((a, b) => a + b, 0) / latencies.length;
    // The baseline's own deviation of 1 ms is not simulated.
    const { sd } = found.latency as { sd: number };
    expect(Math.abs(mean - meanOf(found.latency))).toBeLessThan((4 * sd) / Math.sqrt(lookups / 2));
    const variance = latencies.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / latencies.length;
    expect(Math.sqrt(variance + 1) / sd).toBeCloseTo(1, 1);
  });
});

/** Its latency, or null; each query is answered after `delayMs`, by chance. */
function lookUp(
  settings: Parameters<typeof makeDnsRetry>[0],
  delayMs: number,
  isAnswered: () => boolean,
): number | null {
  const retry = makeDnsRetry(settings);
  let answers: { atMs: number; query: number }[] = [];
  let untilMs = 0;
  let nowMs = 0;
  let next: DnsNext = retry.begin(0);
  for (;;) {
    if (next.kind === 'done') return next.failure === null ? nowMs : null;
    if (next.kind === 'send') {
      if (next.isFresh) answers = [];
      ({ untilMs } = next);
      for (const query of next.queries) {
        if (isAnswered()) answers.push({ atMs: nowMs + delayMs, query });
      }
    }
    const answer = answers.shift();
    nowMs = answer?.atMs ?? untilMs;
    next = answer ? retry.answered(answer.query, null, nowMs) : retry.expired(nowMs);
  }
}
