/** What was asked for beside what happened, worked by hand and against exact intervals. */
import { describe, expect, test } from 'vitest';
import type { DirectionCounts, Measured } from '../../../src/control/types.js';
import { realizedOf } from '../../../src/gradient/analysis/realized.js';
import { type Stepped, steppedOf } from '../../../src/gradient/analysis/stepped.js';
import { clopperPearson } from '../../../src/netem/interval.js';
import { parseRule } from '../../../src/rules/parse.js';
import { counts, EMULATOR, segment, traffic } from './records.js';

/** Of `out`, where each round had these packets. */
function outOf(
  stepped: Stepped,
  rule: string,
  rounds: readonly (readonly [DirectionCounts, Partial<Measured>?])[],
  lateNs = 0,
) {
  const emulator = { ...EMULATOR, latenessNs: { ...EMULATOR.latenessNs, p99: lateNs } };
  const segments = rounds.map(([out, measured], round) =>
    segment(1, [], { round, traffic: traffic(out, counts(0), measured), emulator }),
  );
  const all = realizedOf(stepped, parseRule(rule), segments);
  expect(all.length).toBeLessThanOrEqual(1);
  return all[0]!;
}

describe('loss', () => {
  test('is counted over all rounds, with exact intervals', () => {
    const realized = outOf('loss', 'udp loss 2%', [[counts(600, 9)], [counts(400, 13)]]);
    expect(realized).toEqual({
      direction: 'out',
      packets: 1_000,
      lost: 22,
      configured: 0.02,
      realized: 0.022,
      ci95: clopperPearson(22, 1_000, 0.95),
      ci99: clopperPearson(22, 1_000, 0.99),
      within99: true,
    });
  });

  test('that is another one than asked for is said to be', () => {
    expect(outOf('loss', 'udp loss 2%', [[counts(1_000, 60)]]).within99).toBe(false);
    expect(outOf('loss', 'udp', [[counts(1_000, 0)]])).toMatchObject({
      configured: 0,
      realized: 0,
      within99: true,
    });
    expect(outOf('loss', 'udp', [[counts(1_000, 3)]]).within99).toBe(false);
  });

  test('is of the packets that came to the loss stage', () => {
    const dropped = { loss: 10, partition: 500, queue: 3, overflow: 1 };
    const realized = outOf('loss', 'udp loss 2%', [[counts(1_000, 0, { dropped })]]);
    expect(realized).toMatchObject({ packets: 1_000, lost: 514, realized: 10 / 500 });
  });

  test('in bursts of 4 is worth a seventh: ρ = 3/4, (1−ρ)/(1+ρ) = 1/7', () => {
    // Lost 1 of 5: P(lost after lost) = 1 − 1/5; ρ = (0.8 − 0.2)/(1 − 0.2) = 3/4.
    const lossBurst = { configured: 5, realized: 5, ci95: null };
    const of = (rule: string) => outOf('loss', rule, [[counts(7_000, 1_400), { lossBurst }]]);
    expect(of('udp loss 20% burst 5').ci99).toEqual(clopperPearson(200, 1_000, 0.99));
    expect(of('udp loss 20% burst 2').ci99, 'as measured').toEqual(
      clopperPearson(200, 1_000, 0.99),
    );
    expect(of('udp loss 20%').ci99).toEqual(clopperPearson(1_400, 7_000, 0.99));
  });

  test('in bursts that have not come yet is no wrong loss', () => {
    // 2.5 bursts were to be expected in 1,000 packets; none in 13 of 100 such measurements.
    const realized = outOf('loss', 'udp loss 1% burst 4', [[counts(1_000, 0)]]);
    expect(realized.within99).toBe(true);
    expect(outOf('loss', 'udp loss 1%', [[counts(1_000, 0)]]).within99).toBe(false);
  });

  test.each([
    ['by ordinal', 'udp loss every 10', counts(1_000, 0)],
    ['in chains of each flow', 'udp loss 5% burst 4 per flow', counts(1_000, 0)],
    ['that marks', 'udp loss 5% ecn', counts(1_000, 0, { marked: 50 })],
    ['that has no rate', 'udp loss first 2', counts(1_000, 40)],
  ])('%s cannot be compared', (_, rule, out) => {
    expect(outOf('loss', rule, [[out]]).within99).toBeNull();
  });

  test('in a schedule has no one value', () => {
    const rule = parseRule('udp loss 1%');
    const schedule = { text: 'at 10s loss 5%', steps: [], loopNs: 0 };
    const [realized] = realizedOf('loss', { ...rule, schedule }, [
      segment(1, [], { traffic: traffic(counts(100, 1)) }),
    ]);
    expect(realized).toMatchObject({ configured: null, realized: 0.01, within99: null });
  });
});

test('directions without packets, and segments without counts, are left out', () => {
  const rule = parseRule('udp loss 1%');
  const both = [
    segment(1, [], { traffic: traffic(counts(10), counts(20, 1)) }),
    segment(1, [], { round: 1, traffic: null }),
  ];
  expect(realizedOf('loss', rule, both).map(({ direction }) => direction)).toEqual(['out', 'in']);
  expect(realizedOf('loss', rule, [segment(1, [])])).toEqual([]);
});

describe('other impairments', () => {
  test('duplicates and corruption are of the packets that were not lost', () => {
    const out = counts(1_000, 100, { duplicated: 45, corrupted: 9 });
    expect(outOf('duplicate', 'udp loss 10% duplicate 5%', [[out]])).toMatchObject({
      configured: 0.05,
      realized: 0.05,
      ci99: clopperPearson(45, 900, 0.99),
      within99: true,
    });
    expect(outOf('corrupt', 'udp corrupt 1%', [[out]])).toMatchObject({ realized: 0.01 });
  });

  const delayOf = (meanNs: number, half: number): Partial<Measured> => {
    const measure = (realized: number) => ({
      configured: 20e6,
      realized,
      ci95: [realized - half, realized + half] as const,
    });
    return {
      delay: {
        meanNs: measure(meanNs),
        sdNs: measure(half),
        p50Ns: measure(meanNs),
        p99Ns: measure(meanNs),
      },
    };
  };

  test('delays of rounds are weighted by packets, and their errors add up as squares', () => {
    const realized = outOf('delay', 'udp delay 20ms', [
      [counts(300), delayOf(20e6, 4e3)],
      [counts(100), delayOf(24e6, 12e3)],
    ]);
    // (300·20 + 100·24)/400 = 21; √((300·4)² + (100·12)²)/400 = 4.243 µs.
    expect(realized.realized).toBeCloseTo(21e6, 3);
    const half = (Math.SQRT2 * 1_200 * 1e3) / 400;
    expect(realized.ci95![0]).toBeCloseTo(21e6 - half, 3);
    expect(realized.ci95![1]).toBeCloseTo(21e6 + half, 3);
    expect(realized.ci99![1] - 21e6).toBeCloseTo((half * 2.575829) / 1.959964, 1);
    expect(realized.within99).toBe(false);
  });

  test('a delay that is as much longer as the emulator was late is the one asked for', () => {
    const rounds = [[counts(300), delayOf(20.08e6, 1e3)]] as const;
    expect(outOf('delay', 'udp delay 20ms', rounds).within99).toBe(false);
    expect(outOf('delay', 'udp delay 20ms', rounds, 100e3).within99).toBe(true);
    // In order, packets wait for those before them.
    expect(outOf('delay', 'udp delay 20ms jitter 5ms', rounds).within99).toBeNull();
  });

  test('a rate is that of all bits over all time', () => {
    const rate = (realized: number): Partial<Measured> => ({
      rate: { configured: 8e6, realized, ci95: [realized * 0.99, realized * 1.01] },
    });
    const realized = outOf('rate', 'udp rate 8mbit', [
      [counts(300), rate(6e6)],
      [counts(300), rate(12e6)],
    ]);
    expect(realized.realized).toBeCloseTo(8e6, 3);
    expect(realized.ci95![0]).toBeCloseTo(8e6 * 0.99, 3);
    expect(realized.within99).toBe(true);
  });

  test('bursts are weighted by their number, and few of them tell nothing', () => {
    const burst = (realized: number): Partial<Measured> => ({
      lossBurst: { configured: 4, realized, ci95: [realized - 2, realized + 2] },
    });
    const many = outOf('burst', 'udp loss 2% burst 4', [
      [counts(9_000, 120), burst(4)],
      [counts(9_000, 180), burst(6)],
    ]);
    expect(many).toMatchObject({ configured: 4, realized: 5, within99: true, lost: 300 });
    const few = outOf('burst', 'udp loss 2% burst 4', [[counts(900, 16), burst(8)]]);
    expect(few).toMatchObject({ realized: 8, within99: null });
  });

  test('what nobody measures has packets only', () => {
    expect(outOf(null, 'udp rate 1mbit queue 20p', [[counts(50, 5)]])).toMatchObject({
      packets: 50,
      lost: 5,
      configured: null,
      realized: null,
      within99: null,
    });
  });
});

describe('what is stepped', () => {
  test.each([
    ['loss', 'loss', ['udp', 'udp loss 1%', 'udp loss 2%']],
    ['loss', 'loss', ['udp', 'udp loss 1%']],
    ['loss', 'gemodel', ['udp', 'udp loss gemodel 1% 10%', 'udp loss gemodel 2% 10%']],
    ['burst', 'burst', ['udp', 'udp loss 2% burst 2', 'udp loss 2% burst 4']],
    ['delay', 'rtt', ['udp', 'udp rtt 10ms', 'udp rtt 20ms']],
    ['delay', 'delay', ['udp loss 1%', 'udp loss 1% delay 10ms', 'udp loss 1% delay 20ms']],
    ['jitter', 'delay', ['udp', 'udp delay 20ms jitter 1ms', 'udp delay 20ms jitter 5ms']],
    ['rate', 'rate', ['udp', 'udp rate 10mbit', 'udp rate 1mbit']],
    ['corrupt', 'corrupt', ['udp', 'udp corrupt out:1%', 'udp corrupt out:2%']],
    ['duplicate', 'duplicate', ['udp', 'udp duplicate 1%', 'udp duplicate 2%']],
    ['delay', 'delay', ['udp', 'udp loss 1% delay 10ms']],
    [null, 'queue', ['udp', 'udp rate 1mbit queue 10p', 'udp rate 1mbit queue 20p']],
  ] as const)('%s, of a ladder of %s', (stepped, key, texts) => {
    const rules = texts.map((text) => parseRule(text));
    expect(steppedOf(rules, key)).toBe(stepped);
  });
});
