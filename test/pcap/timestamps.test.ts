/** Times against BigInt, which needs no care: exact below 2^53 ns, whatever interface a packet came by. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Timestamps } from '../../src/pcap/timestamps.js';
import { words } from '../support/capture-bytes.js';

const NS_PER_S = 1_000_000_000n;
const LAST_TICK = 2n ** 64n - 1n;
const BINARY = 0x80;

interface Clock {
  readonly resolution: number;
  readonly offsetSeconds: bigint;
}

function absoluteNs({ resolution, offsetSeconds }: Clock, ticks: bigint): bigint {
  const digits = BigInt(resolution & 0x7f);
  const perSecond = resolution >= BINARY ? 2n ** digits : 10n ** digits;
  return (ticks * NS_PER_S) / perSecond + offsetSeconds * NS_PER_S;
}

function clamped(ns: bigint): number {
  const max = BigInt(Number.MAX_SAFE_INTEGER);
  return Number(ns > max ? max : ns < -max ? -max : ns);
}

/** The last tick that is not after the time, as far as there is one. */
function ticksAt({ resolution, offsetSeconds }: Clock, ns: bigint): bigint {
  const digits = BigInt(resolution & 0x7f);
  const perSecond = resolution >= BINARY ? 2n ** digits : 10n ** digits;
  const ticks = ((ns - offsetSeconds * NS_PER_S) * perSecond) / NS_PER_S;
  return ticks < 0n ? 0n : ticks > LAST_TICK ? LAST_TICK : ticks;
}

const resolution = fc.oneof(
  fc.constantFrom(
    0,
    3,
    6,
    9,
    12,
    15,
    16,
    BINARY,
    BINARY + 9,
    BINARY + 10,
    BINARY + 30,
    BINARY + 32,
  ),
  fc.integer({ min: 0, max: 255 }),
);
const offsetSeconds = fc.oneof(
  fc.constant(0n),
  fc.bigInt({ min: -(2n ** 33n), max: 2n ** 33n }),
  fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n),
);
const clock = fc.record({ resolution, offsetSeconds });
const near = fc.bigInt({ min: 0n, max: 2n ** 54n });
const far = fc.bigInt({ min: 0n, max: LAST_TICK });

/** Packets near a time that many interfaces can say, and others anywhere. */
const packet = fc.record({
  clock: fc.nat(3),
  near: fc.boolean(),
  ns: fc.oneof(near, far),
  ticks: fc.oneof(far, fc.constantFrom(0n, LAST_TICK)),
  /** The tick before a whole nanosecond is the one whose rounding is hardest. */
  less: fc.constantFrom(0n, 1n),
});

test('are exact for every resolution and offset', () => {
  const property = fc.property(
    fc.array(clock, { minLength: 4, maxLength: 4 }),
    fc.array(packet, { minLength: 1, maxLength: 10 }),
    fc.nat(4),
    (clocks, packets, early) => {
      const times = new Timestamps();
      for (const { resolution, offsetSeconds } of clocks.slice(0, early)) {
        times.add(resolution, offsetSeconds);
      }
      let added = early;
      let baseNs: bigint | null = null;
      for (const { clock, near, ns, ticks, less } of packets) {
        // Interfaces may come before the base is known, and after.
        for (; added <= clock; added++) {
          times.add(clocks[added].resolution, clocks[added].offsetSeconds);
        }
        const last = ticksAt(clocks[clock], ns);
        const chosen = near ? (last > less ? last - less : last) : ticks;
        times.read(clock, ...signed(words(chosen)));
        const is = absoluteNs(clocks[clock], chosen);
        baseNs ??= is;
        if (times.baseNs !== baseNs) throw new Error(`base ${times.baseNs}, not ${baseNs}`);
        const expected = clamped(is - baseNs);
        if (times.timeNs[0] !== expected) throw new Error(`${times.timeNs[0]}, not ${expected}`);
      }
    },
  );
  fc.assert(property, { numRuns: 5_000, seed: 1 });
});

function signed([high, low]: [number, number]): [number, number] {
  return [high | 0, low | 0];
}

test.each([
  // 2023-11-14 22:13:20 and an eighth of a second, in each unit.
  ['s', 0, 1_700_000_000n, 1_700_000_000_000_000_000n],
  ['ms', 3, 1_700_000_000_125n, 1_700_000_000_125_000_000n],
  ['µs', 6, 1_700_000_000_125_000n, 1_700_000_000_125_000_000n],
  ['ns', 9, 1_700_000_000_125_000_001n, 1_700_000_000_125_000_001n],
  ['2^-3 s', BINARY + 3, (1_700_000_000n << 3n) + 1n, 1_700_000_000_125_000_000n],
  ['2^-32 s', BINARY + 32, (1_700_000_000n << 32n) + 2n ** 29n, 1_700_000_000_125_000_000n],
])('of a base in %s', (_, resolution, ticks, baseNs) => {
  const times = new Timestamps();
  times.add(resolution, 0n);
  times.read(0, ...signed(words(ticks)));
  expect(times.baseNs).toBe(baseNs);
  expect(times.timeNs[0]).toBe(0);
});

test('go back', () => {
  const times = new Timestamps();
  times.add(9, 0n);
  times.read(0, 1, 5);
  times.read(0, 0, -1);
  expect(times.timeNs[0]).toBe(-6);
});

test.each([
  ['decimal', 10, 30, 0],
  ['binary', 10, 70, BINARY],
])('are rounded down on both sides of a nanosecond’s edge: %s', (_, from, to, flag) => {
  for (let digits = from; digits < to; digits++) {
    const clock = { resolution: flag | digits, offsetSeconds: 0n };
    const perSecond = flag === 0 ? 10n ** BigInt(digits) : 2n ** BigInt(digits);
    const times = new Timestamps();
    times.add(clock.resolution, 0n);
    times.read(0, 0, 0);
    // Spread over all the time that 64 bits of ticks can say, or that is exact.
    const lastNs = [(LAST_TICK * NS_PER_S) / perSecond, 2n ** 53n].reduce((a, b) =>
      a < b ? a : b,
    );
    for (let i = 1n; i <= 200n; i++) {
      const ns = (lastNs * ((i * 7919n) % 10_007n)) / 10_007n;
      const edge = (ns * perSecond + NS_PER_S - 1n) / NS_PER_S;
      for (const ticks of [edge - 1n, edge]) {
        if (ticks < 0n) continue;
        times.read(0, ...signed(words(ticks)));
        expect(BigInt(times.timeNs[0]), `${digits} digits, ${ticks}`).toBe(
          absoluteNs(clock, ticks),
        );
      }
    }
  }
});
