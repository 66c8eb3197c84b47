/** The same seed, rules and packets give the same verdicts, whatever happens around them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Direction } from '../../src/rules/rule.js';
import { type Arrival, EngineDriver, LOST, numberOf, releaseTimes } from './engine-driver.js';

const RULE = 'udp:53 loss 20% delay 5ms jitter 4ms';
const UNORDERED = 'udp:53 loss 20% delay 5ms jitter 4ms unordered';

const arrivals = fc
  .array(
    fc.record({
      flow: fc.nat(5),
      direction: fc.constantFrom(Direction.out, Direction.in),
      gapNs: fc.oneof(fc.constant(0), fc.nat(3_000_000)),
    }),
    { minLength: 1, maxLength: 300, size: 'max' },
  )
  .map((packets) => {
    let nowNs = 0;
    return packets.map(({ flow, direction, gapNs }): Arrival => {
      nowNs += gapNs;
      return { flow, direction, nowNs };
    });
  });

const seed = fc.string({ maxLength: 8 });

test.each([RULE, UNORDERED, 'udp:53 jitter 4ms', 'udp:53 loss every 3'])(
  'verdicts do not depend on batches: %s',
  (rule) => {
    fc.assert(
      fc.property(arrivals, seed, fc.integer({ min: 1, max: 40 }), (packets, seed, batch) => {
        const run = (expiresBefore: (index: number) => boolean) =>
          releaseTimes(new EngineDriver([rule], { seed }), packets, expiresBefore);
        const eager = run(() => true);
        expect(run(() => false)).toEqual(eager);
        expect(run((index) => index % batch === 0)).toEqual(eager);
      }),
      { seed: 1, numRuns: 25 },
    );
  },
);

/** Offsets that move all deadlines to other buckets, and across the boundaries of every level. */
const OFFSETS_NS = [1, 2_047, 4_095, 2 ** 24 - 1, 2 ** 24 + 1, 2 ** 36 - 5_000_000, 2 ** 48 - 1];

test.each([RULE, UNORDERED])("verdicts do not depend on the wheel's granularity: %s", (rule) => {
  fc.assert(
    fc.property(arrivals, seed, fc.constantFrom(...OFFSETS_NS), (packets, seed, offsetNs) => {
      const run = (startNs: number) => {
        const moved = packets.map((packet) => ({ ...packet, nowNs: packet.nowNs + startNs }));
        const driver = new EngineDriver([rule], { seed });
        const times = releaseTimes(driver, moved, (index) => index % 3 === 0);
        const order = driver.released.map(({ frame }) => numberOf(frame));
        return { times: times.map((timeNs) => timeNs - startNs), order };
      };
      expect(run(offsetNs)).toEqual(run(0));
    }),
    { seed: 1, numRuns: 40 },
  );
});

test('verdicts do not depend on the other rules', () => {
  fc.assert(
    fc.property(arrivals, seed, (packets, seed) => {
      const run = (rules: string[]) => releaseTimes(new EngineDriver(rules, { seed }), packets);
      const alone = run([RULE]);
      expect(run(['tcp loss 50%', 'udp:99 delay 1s', RULE, 'any partition'])).toEqual(alone);
      // Where rules compete for flows, what one does to its own does not matter to the other.
      const competed = run(['udp:10000-10002', RULE]);
      const changed = run(['udp:10000-10002 partition', RULE]);
      packets.forEach(({ flow }, i) => {
        if (flow > 2) expect(changed[i]).toBe(competed[i]);
        else expect(changed[i]).toBe(LOST);
      });
    }),
    { seed: 1, numRuns: 25 },
  );
});

test('verdicts do not depend on how the packets of flows interleave', () => {
  fc.assert(
    fc.property(arrivals, seed, fc.infiniteStream(fc.nat()), (packets, seed, picks) => {
      // The flows start in the same order; then the packets come flow by flow, at other times.
      const flows = [...new Set(packets.map(({ flow }) => flow))];
      const starts = flows.map((flow) => packets.findIndex((packet) => packet.flow === flow));
      const queues = flows.map((flow) =>
        [...packets.keys()].filter((i) => packets[i].flow === flow && !starts.includes(i)),
      );
      const order = [...starts];
      for (const pick of picks) {
        const filled = queues.filter((queue) => queue.length > 0);
        if (filled.length === 0) break;
        order.push(filled[pick % filled.length].shift()!);
      }
      const shuffled = order.map((i, at) => ({ ...packets[i], nowNs: at * 1000 }));
      const run = (list: Arrival[]) =>
        releaseTimes(new EngineDriver([UNORDERED], { seed }), list).map(
          (timeNs, i) => timeNs - list[i].nowNs,
        );
      const delays = run(packets);
      expect(run(shuffled)).toEqual(order.map((i) => delays[i]));
    }),
    { seed: 1, numRuns: 25 },
  );
});

test('what is lost at some rate is lost at every higher rate', () => {
  const packets = Array.from({ length: 2000 }, (_, i) => ({
    flow: i % 7,
    direction: Direction.out,
    nowNs: i,
  }));
  let lostBefore = new Set<number>();
  for (const rate of ['1%', '2%', '3%', '10%', '50%', '99%', '100%']) {
    const times = releaseTimes(new EngineDriver([`udp loss ${rate}`]), packets);
    const lost = new Set([...times.keys()].filter((i) => times[i] === LOST));
    expect([...lostBefore].every((i) => lost.has(i))).toBe(true);
    expect(lost.size).toBeGreaterThan(lostBefore.size);
    lostBefore = lost;
  }
  expect(lostBefore.size).toBe(packets.length);
});

test('directions are independent', () => {
  const COUNT = 20_000;
  const both = [Direction.out, Direction.in].map((direction) => {
    const packets = Array.from({ length: COUNT }, (_, i) => ({ flow: i % 7, direction, nowNs: i }));
    return releaseTimes(new EngineDriver(['udp loss 50%']), packets).map((time) => time === LOST);
  });
  const alike = both[0].filter((lost, i) => lost === both[1][i]).length;
  // A binomial count with p = 1/2: at most 4 standard deviations from the half.
  expect(Math.abs(alike - COUNT / 2)).toBeLessThan(4 * Math.sqrt(COUNT / 4));
});

test('another seed gives other verdicts', () => {
  const packets = Array.from({ length: 200 }, (_, i) => ({
    flow: 0,
    direction: Direction.out,
    nowNs: i,
  }));
  const run = (seed: string) => releaseTimes(new EngineDriver([RULE], { seed }), packets);
  expect(run('1')).not.toEqual(run('2'));
});

test('the verdicts of a seed never change', () => {
  const packets = Array.from({ length: 24 }, (_, i) => ({
    flow: i % 3,
    direction: (i % 2) as Direction,
    nowNs: i * 1_000_000,
  }));
  const times = releaseTimes(new EngineDriver([RULE], { seed: '42' }), packets);
  const spelled = times.map((time, i) => (time === LOST ? 'lost' : time - packets[i].nowNs));
  expect(spelled.join(' ')).toMatchInlineSnapshot(
    `"lost 5051646 6808580 6525487 7759072 6485751 5759072 4485751 3759072 lost lost 8179863 5951031 7134128 7066244 lost 5066244 lost lost lost 5266648 5108338 8806232 3255820"`,
  );
});
