/**
 * What tc-netem was measured to do (Linux 6.1 in User-Mode Linux, 100,000 packets each): `compat netem` has to
 * do the same. A measured figure must be one that such a run here could have given: within 4 deviations
 * of their mean.
 */
import { expect, test } from 'vitest';
import { Effect } from '../../../src/netem/stages/stage.js';
import type { Impairments, Loss } from '../../../src/rules/rule.js';
import { fakeKit } from '../../support/stage-kit.js';
import { lag1, mean } from '../../support/statistics.js';
import { CompatDriver, meanRun } from './drive.js';

const RUNS = 5;
const PACKETS = 100_000;

interface Figure {
  readonly runs: number[];
  readonly measured: number;
}

/** `figure` of some runs of 100,000 packets each. */
function runs(
  impairments: Partial<Impairments>,
  figure: (driver: CompatDriver) => number,
): number[] {
  return Array.from({ length: RUNS }, (_, run) =>
    figure(new CompatDriver(impairments, fakeKit({ seed: String(run) }))),
  );
}

/** With so few runs their deviation is itself uncertain, by a third. */
function expectOneOf({ runs, measured }: Figure): void {
  const average = mean(runs);
  const deviation = Math.sqrt(
    mean(runs.map((value) => (value - average) ** 2)) * (RUNS / (RUNS - 1)),
  );
  expect(Math.abs(measured - average)).toBeLessThan(1.3 * 4 * deviation);
}

test.each<[string, number, number, Loss]>([
  ['1', 1.017, 1.005, { kind: 'random', probability: 0.01, runMax: null }],
  ['10', 9.859, 1.105, { kind: 'random', probability: 0.1, runMax: null }],
  ['10 corr 25', 1.728, 1.111, { kind: 'corr', probability: 0.1, correlation: 0.25 }],
  ['gemodel 1 10', 8.77, 9.7, { kind: 'gemodel', p: 0.01, r: 0.1, lossInBad: 1, lossInGood: 0 }],
  [
    'gemodel 1 10 70 0.1',
    5.995,
    2.58,
    { kind: 'gemodel', p: 0.01, r: 0.1, lossInBad: 0.7, lossInGood: 0.001 },
  ],
  [
    'state 1 10 70 50 0.5',
    8.778,
    1.233,
    { kind: 'state', p13: 0.01, p31: 0.1, p32: 0.7, p23: 0.5, p14: 0.005 },
  ],
])('loss %s as measured: %d percent, in runs of %d', (_name, percent, burst, loss) => {
  const all = Array.from({ length: RUNS }, (_, run) =>
    new CompatDriver({ loss }, fakeKit({ seed: String(run) })).losses(PACKETS),
  );
  expectOneOf({ runs: all.map((events) => 100 * mean(events)), measured: percent });
  expectOneOf({ runs: all.map(meanRun), measured: burst });
});

test('duplicate and reorder as measured', () => {
  const share = (impairments: Partial<Impairments>, effect: number) =>
    runs(impairments, (driver) => {
      let count = 0;
      for (let i = 0; i < PACKETS; i++)
        if ((driver.send(i * 200_000).effects & effect) !== 0) count++;
      return (100 * count) / PACKETS;
    });
  const duplicate = { probability: 0.01, correlation: 0 };
  expectOneOf({ runs: share({ duplicate }, Effect.duplicated), measured: 1.034 });
  const reorder = { kind: 'skip', probability: 0.25, correlation: 0.5, gap: 1 } as const;
  expectOneOf({ runs: share({ delayNs: 1e7, reorder }, Effect.skips), measured: 6.9 });
  const fifth = { kind: 'skip', probability: 1, correlation: 0, gap: 5 } as const;
  for (const percent of share({ delayNs: 1e7, reorder: fifth }, Effect.skips)) {
    expect(percent).toBeCloseTo(20, 1);
  }
});

test('reordering at 5,000 packets a second as measured: 84.88 % come after a later one', () => {
  const reorder = { kind: 'skip', probability: 0.25, correlation: 0.5, gap: 1 } as const;
  const shares = runs({ delayNs: 1e7, reorder }, (driver) => {
    const releases = Array.from({ length: PACKETS }, (_, i) => driver.send(i * 200_000).releaseNs!);
    const order = [...releases.keys()].sort((a, b) => releases[a] - releases[b] || a - b);
    let [highest, late] = [-1, 0];
    for (const number of order) {
      if (number < highest) late++;
      else highest = number;
    }
    return (100 * late) / PACKETS;
  });
  expectOneOf({ runs: shares, measured: 84.88 });
});

test('the correlation of delays has no effect, and their law is that of independent ones', () => {
  const jitter = { spreadNs: 1e7, correlation: 0.95, unordered: true } as const;
  for (const kind of ['uniform', 'normal'] as const) {
    const driver = new CompatDriver({
      delayNs: 5e7,
      jitter: { ...jitter, distribution: { kind } },
    });
    const times = Array.from({ length: PACKETS }, () => driver.send().releaseNs! / 1e6);
    expect(Math.abs(lag1(times))).toBeLessThan(0.02);
    expect(Math.abs(mean(times) - 50)).toBeLessThan(0.15);
    const deviation = Math.sqrt(mean(times.map((time) => (time - 50) ** 2)));
    // Measured: 5.80 and 9.97 ms.
    expect(Math.abs(deviation - (kind === 'uniform' ? 5.77 : 10))).toBeLessThan(0.1);
  }
});

test('corrupt 1% as measured: 0.77 % with a fault in 100 bytes of payload', () => {
  const corrupt = {
    probability: 0.01,
    correlation: 0,
    checksumOk: false,
    anywhere: false,
    firstBytes: null,
    runMax: null,
  };
  // Behind the headers of Ethernet, IPv4 and UDP.
  const HEADERS = 14 + 20 + 8;
  const shares = runs({ corrupt }, (driver) => {
    const { view } = driver.packet;
    view.frameLength = HEADERS + 100;
    let hit = 0;
    for (let i = 0; i < PACKETS; i++) {
      if ((driver.send().effects & Effect.corrupted) === 0) continue;
      if (view.bytes.subarray(HEADERS, view.frameLength).some((byte) => byte !== 0)) hit++;
      view.bytes.fill(0);
    }
    return (100 * hit) / PACKETS;
  });
  expectOneOf({ runs: shares, measured: 0.77 });
});
