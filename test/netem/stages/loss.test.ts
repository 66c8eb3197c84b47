import { expect, test } from 'vitest';
import { Counter } from '../../../src/netem/counters.js';
import { binomialInterval } from '../../../src/netem/interval.js';
import { lossStage } from '../../../src/netem/stages/loss.js';
import { Effect, GO_ON, Judgement } from '../../../src/netem/stages/stage.js';
import { LinkType } from '../../../src/packet/packet-view.js';
import type { Loss } from '../../../src/rules/rule.js';
import { lossesOf } from '../../support/loss-runs.js';
import { checksum, ipv4, ipv6, udp } from '../../support/packets.js';
import { fakeKit, nextPacket } from '../../support/stage-kit.js';

const random = (probability: number): Loss => ({ kind: 'random', probability, runMax: null });

/** The ordinals, of `count` packets of a flow, that are lost. */
function lostOrdinals(loss: Loss, count: number, first = 1): number[] {
  const stage = lossStage(loss, false, fakeKit());
  const packet = new Judgement();
  const lost = [];
  for (let ordinal = first; ordinal < first + count; ordinal++) {
    nextPacket(packet, 0, ordinal);
    if (stage.apply(packet) === Counter.droppedLoss) lost.push(ordinal);
  }
  return lost;
}

test('nth, first and every go by the ordinal', () => {
  const ranges = [
    { min: 2, max: 2 },
    { min: 5, max: 6 },
  ];
  expect(lostOrdinals({ kind: 'nth', ranges }, 100)).toEqual([2, 5, 6]);
  expect(lostOrdinals({ kind: 'first', count: 3 }, 100)).toEqual([1, 2, 3]);
  expect(lostOrdinals({ kind: 'every', period: 30 }, 100)).toEqual([30, 60, 90]);
  expect(lostOrdinals({ kind: 'map', file: 'x', ranges, period: 0 }, 100)).toEqual([2, 5, 6]);
  const repeated = lostOrdinals({ kind: 'map', file: 'x', ranges, period: 40 }, 100);
  expect(repeated).toEqual([2, 5, 6, 42, 45, 46, 82, 85, 86]);
});

test('ordinals beyond 2^32 are as good as others', () => {
  const first = 2 ** 32 - 50;
  const period = 2 ** 31;
  expect(lostOrdinals({ kind: 'every', period }, 100, first)).toEqual([2 ** 32]);
  const lost = lostOrdinals(random(0.5), 10_000, 2 ** 32).map((ordinal) => ordinal - 2 ** 32);
  expect(lost).not.toEqual(lostOrdinals(random(0.5), 10_000, 0));
  expect(Math.abs(lost.length - 5000)).toBeLessThan(200);
});

test.each([0.00001, 0.005, 0.2, 0.5, 0.999])('random loss of %d is that rate', (probability) => {
  const [lo, hi] = binomialInterval(1_000_000, probability, 0.999);
  const { length } = lostOrdinals(random(probability), 1_000_000);
  expect(length).toBeGreaterThanOrEqual(lo);
  expect(length).toBeLessThanOrEqual(hi);
});

test.each<(probability: number) => Loss>([
  random,
  (probability) => ({ kind: 'random', probability, runMax: 2 ** 31 }),
  (probability) => ({ kind: 'burst', probability, meanBurst: 4 }),
  (probability) => ({ kind: 'corr', probability, correlation: 0.25 }),
  (probability) => ({
    kind: 'gemodel',
    p: 1,
    r: 0.5,
    lossInBad: probability,
    lossInGood: probability,
  }),
])('0 loses nothing and 1 everything', (lossOf) => {
  expect(lostOrdinals(lossOf(0), 100_000).length).toBe(0);
  expect(lostOrdinals(lossOf(1), 100_000).length).toBe(100_000);
});

test.each<(probability: number) => Loss>([
  random,
  (probability) => ({ kind: 'burst', probability, meanBurst: 4 }),
  (probability) => ({ kind: 'corr', probability, correlation: 0.25 }),
])('what is lost at a rate is lost at every higher one', (lossOf) => {
  let lower = new Set<number>();
  for (const probability of [0.001, 0.01, 0.02, 0.2, 0.5, 0.75]) {
    const lost = new Set(lostOrdinals(lossOf(probability), 20_000));
    expect(lost.size).toBeGreaterThan(lower.size);
    expect([...lower].every((ordinal) => lost.has(ordinal))).toBe(true);
    lower = lost;
  }
});

test('verdicts do not change from version to version', () => {
  const models: Loss[] = [
    random(0.2),
    { kind: 'random', probability: 0.7, runMax: 2 },
    { kind: 'burst', probability: 0.2, meanBurst: 4 },
    { kind: 'corr', probability: 0.2, correlation: 0.5 },
    { kind: 'gemodel', p: 0.1, r: 0.3, lossInBad: 0.8, lossInGood: 0.05 },
    { kind: 'state', p13: 0.05, p31: 0.2, p32: 0.2, p23: 0.4, p14: 0.05 },
  ];
  const lines = models.flatMap((loss) => {
    const verdicts = Array.from(lossesOf(loss, 300), (lost) => (lost === 1 ? 'x' : '.')).join('');
    return [loss.kind, ...(verdicts.match(/.{75}/g) ?? [])];
  });
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "random
    ....xx...x...x.......xx..........x..xx...xxx............x...xx.x..xx...x..x
    ........x.xx..............xx......x....xx...x.........x...x...xx.x...x.....
    .xx..xxxx....x...xxx.....x.....xxxxx..............xx.....xx.x...xx..x....x.
    ...............x.....x..x.x...xx.x...........x.................x...........
    random
    xx.xx.xx.xx.xx.x.x.xx.xx..xx..xx.x.xx.xx.xx.x...xx.x..xx..x.xx.xx.xx.x.xx.x
    x.x...xx..xx.xx.....xx.xx.xx.xx.x.xx.xx.x...xx.xx...xx...xx..xx.xx.x.xx.xx.
    .xx.xx.xx.x..x..xx.x.xx..xx..x.xx.xx...xx..xx...xx.x.xx..xx.xx.xx..xx.xx.xx
    ..xx..x.x.x.x.xx.xx.xx.xx.xx.xx.xx..xx..x.xx.xx.xx...x.x.x.x.xx..x..xx.xx..
    burst
    .............xxx.....xxxx...........xxxx................x....xxxx......xxxx
    xxx.....x.xxxxxx..................xx....x......................xxxxx.......
    .....xxxxxxx.............xx........x...............xxxxxxxx................
    ...............x.....xxxx.xxxxxxxxx..........xx................x...........
    corr
    .............xxx.....xx.............xxxx..xx............x....xxxx......xxxx
    xxx.....x.xxx..............x......x.....x......................xxxxx.......
    .xxxxxxxxx........xx.....xx.....xxxx..............xx.....xx.x....x.........
    ...............x.....x..x.x....x.xx..........xx................x...........
    gemodel
    ..............xx....................xxxx.x..............x.x..x.........x...
    .x......x.x.xxx...........xxxxx..xxx.xxxx..xx............xx....x.xxx.......
    .....xxx.................x........xx..xx...........x.....xx........xx.xx...
    .........xx..........xxxx......x..........xxxxxxx......x.....xxx.x.........
    state
    .............x.......x.........xx..x.xx...x............x....x.x.xx.xx..x..x
    ........x.x................xxx....x.....x......................x...........
    .x..x.x.xxxxx....x.xxxxxx.xxxxx.x.x.....xxx.......x......x..xx...xx........
    ...............xx....x..x.xx...xx.xxx........x.................x..........."
  `);
});

/** The stage's verdicts on the flow's packets from `first` to `last`. */
function verdictsOn(stage: ReturnType<typeof lossStage>, first: number, last: number): number[] {
  const packet = new Judgement();
  return Array.from({ length: last - first + 1 }, (_, i) => {
    nextPacket(packet, 0, first + i);
    return stage.apply(packet);
  });
}

test.each<Loss>([
  { kind: 'random', probability: 0.9, runMax: 3 },
  { kind: 'burst', probability: 0.5, meanBurst: 40 },
  { kind: 'corr', probability: 0.5, correlation: 0.95 },
  { kind: 'gemodel', p: 0.02, r: 0.02, lossInBad: 1, lossInGood: 0 },
  { kind: 'state', p13: 0.02, p31: 0.02, p32: 0, p23: 1, p14: 0 },
])('a stage made anew goes on where its predecessor was: $kind', (loss) => {
  for (const perFlow of [false, true]) {
    const whole = verdictsOn(lossStage(loss, false, fakeKit({ perFlow })), 1, 1000);
    const kit = fakeKit({ perFlow });
    const parts: number[] = [];
    for (let first = 1; first <= 1000; first += 10) {
      parts.push(...verdictsOn(lossStage(loss, false, kit.successor()), first, first + 9));
    }
    expect(parts).toEqual(whole);
  }
});

test('a model in the place of another begins anew', () => {
  // Each of these never leaves the state it is in; a burst begins lost or not with even chances.
  const burst: Loss = { kind: 'burst', probability: 0.5, meanBurst: 1e12 };
  const bad: Loss = { kind: 'gemodel', p: 1, r: 0, lossInBad: 1, lossInGood: 0 };
  let changed = 0;
  for (let ordinal = 10; ordinal < 30; ordinal++) {
    const fresh = verdictsOn(lossStage(burst, false, fakeKit()), ordinal, ordinal + 5);
    for (const between of [bad, { kind: 'first', count: 1 } as const, random(0.1)]) {
      const kit = fakeKit();
      const [before] = verdictsOn(lossStage(burst, false, kit), 1, 1);
      verdictsOn(lossStage(between, false, kit.successor()), 2, 9);
      const after = verdictsOn(lossStage(burst, false, kit.successor()), ordinal, ordinal + 5);
      expect(after).toEqual(fresh);
      if (after[0] !== before) changed++;
    }
  }
  expect(changed).toBeGreaterThan(0);
});

test('with ecn, packets that can be are marked in place of the loss, all others are lost', () => {
  const loss: Loss = { kind: 'burst', probability: 0.3, meanBurst: 2 };
  const packets = 100;
  const lost = lossesOf(loss, packets);
  const transport = udp(1, 2);
  for (const ecn of [0, 1, 2, 3]) {
    for (const bytes of [
      ipv4('192.0.2.1', '192.0.2.2', transport, { trafficClass: 0xb8 | ecn }),
      ipv6('2001:db8::1', '2001:db8::2', transport, { trafficClass: 0xb8 | ecn }),
    ]) {
      const stage = lossStage(loss, true, fakeKit());
      const packet = new Judgement();
      const { view } = packet;
      for (let i = 0; i < packets; i++) {
        // Behind other bytes, to see that the header is found.
        const frame = new Uint8Array(bytes.length + 5);
        frame.set(bytes, 5);
        expect(view.parse(frame, 5, bytes.length, LinkType.rawIp)).toBe(true);
        nextPacket(packet, 0, i + 1);
        packet.effects = Effect.corrupted;
        const verdict = stage.apply(packet);
        const marks = lost[i] === 1 && ecn !== 0;
        expect(verdict).toBe(lost[i] === 1 && ecn === 0 ? Counter.droppedLoss : GO_ON);
        expect(packet.effects).toBe(marks ? Effect.corrupted | Effect.marked : Effect.corrupted);
        view.parse(frame, 5, bytes.length, LinkType.rawIp);
        expect(view.trafficClass).toBe(0xb8 | (marks ? 3 : ecn));
        if (view.version === 4) expect(checksum(frame.subarray(5, 25))).toBe(0);
      }
    }
  }
});
