import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OrdinalLoss } from '../../../src/netem/stages/loss-ordinals.js';
import { Judgement } from '../../../src/netem/stages/stage.js';
import type { PortRange } from '../../../src/rules/rule.js';
import { fakeKit, nextPacket } from '../../support/stage-kit.js';

function isLost(loss: OrdinalLoss, ordinal: number): boolean {
  const packet = new Judgement();
  nextPacket(packet, 0, ordinal);
  return loss.happens(packet);
}

const range = fc
  .tuple(fc.integer({ min: 1, max: 300 }), fc.integer({ min: -1, max: 20 }))
  .map(([min, more]): PortRange => ({ min, max: min + more }));

test('is lost what lies in one of the ranges, whatever their order and overlap', () => {
  fc.assert(
    fc.property(
      fc.array(range, { maxLength: 40 }),
      fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 400 })),
      (ranges, period) => {
        const loss = new OrdinalLoss(ranges, period, fakeKit());
        for (let ordinal = 1; ordinal <= 1000; ordinal++) {
          // Counted as one counts packets: the map's last one is followed by its first.
          const inMap = period === 0 ? ordinal : ordinal % period === 0 ? period : ordinal % period;
          const listed = ranges.some(({ min, max }) => min <= inMap && inMap <= max);
          if (isLost(loss, ordinal) !== listed) return false;
        }
        return true;
      },
    ),
    { seed: 1, numRuns: 100 },
  );
});

test('a long map, far out and at the ends of its period', () => {
  const ranges = Array.from({ length: 100_000 }, (_, i) => ({ min: i * 10 + 3, max: i * 10 + 4 }));
  const period = 1_000_000;
  const loss = new OrdinalLoss(ranges, period, fakeKit());
  for (const start of [0, period, 2 ** 31, 2 ** 32, 2 ** 45]) {
    const first = Math.ceil(start / period) * period;
    const lost = [];
    for (let i = 1; i <= 25; i++) if (isLost(loss, first + i)) lost.push(i);
    expect(lost).toEqual([3, 4, 13, 14, 23, 24]);
    expect(isLost(loss, first + period - 6)).toBe(true);
    expect(isLost(loss, first + period)).toBe(false);
  }
});

test('a list is sorted once for all stages that have it', () => {
  let reads = 0;
  const ranges = [{ min: 2, max: 3 }];
  const watched = new Proxy(ranges, {
    get: (target, key, receiver) => {
      reads++;
      return Reflect.get(target, key, receiver);
    },
  });
  const kit = fakeKit();
  expect(isLost(new OrdinalLoss(watched, 0, kit), 2)).toBe(true);
  expect(reads).toBeGreaterThan(0);
  reads = 0;
  expect(isLost(new OrdinalLoss(watched, 5, kit.successor()), 8)).toBe(true);
  expect(reads).toBe(0);
  expect(isLost(new OrdinalLoss([{ min: 9, max: 9 }], 0, kit.successor()), 2)).toBe(false);
});
