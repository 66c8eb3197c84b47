import { expect, test } from 'vitest';
import { Effect } from '../../../src/netem/stages/stage.js';
import { LinkType } from '../../../src/packet/packet-view.js';
import type { Chance, Corrupt, Impairments, Loss, Rate } from '../../../src/rules/rule.js';
import { checksum, ipv4, udp } from '../../support/packets.js';
import { fakeKit } from '../../support/stage-kit.js';
import { CompatDriver } from './drive.js';

const MS = 1e6;
const ALL: Chance = { probability: 1, correlation: 0 };
const lossOf = (probability: number): Loss => ({ kind: 'random', probability, runMax: null });
const corruptOf = (probability: number): Corrupt => ({
  probability,
  correlation: 0,
  checksumOk: false,
  anywhere: false,
  firstBytes: null,
  runMax: null,
});
const rateOf = (bitsPerSecond: number, changes: Partial<Rate> = {}): Rate => ({
  bitsPerSecond,
  overheadBytes: 0,
  cellBytes: 0,
  cellOverheadBytes: 0,
  burstBytes: 0,
  ...changes,
});

test('nothing asked for, nothing done', () => {
  const driver = new CompatDriver({});
  expect(driver.send(5)).toEqual({ releaseNs: 5, effects: 0, copy: null });
});

test('a packet that is doubled and lost goes on as one', () => {
  const driver = new CompatDriver({ duplicate: ALL, loss: lossOf(1) });
  expect(driver.send()).toEqual({ releaseNs: 0, effects: 0, copy: null });
  expect(new CompatDriver({ loss: lossOf(1) }).send().releaseNs).toBe(null);
});

test('a copy is not doubled again, but may be lost', () => {
  const driver = new CompatDriver({ duplicate: ALL });
  expect(driver.send(7)).toEqual({
    releaseNs: 7,
    effects: Effect.duplicated,
    copy: { releaseNs: 7, effects: 0 },
  });
  let [whole, halved, single] = [0, 0, 0];
  const half = new CompatDriver({ duplicate: ALL, loss: lossOf(0.5) });
  for (let i = 0; i < 20_000; i++) {
    const { copy } = half.send();
    if (copy === null) single++;
    else if (copy.releaseNs === null) halved++;
    else whole++;
  }
  expect(Math.abs(single / 20_000 - 0.5)).toBeLessThan(0.015);
  expect(Math.abs(halved / 20_000 - 0.25)).toBeLessThan(0.015);
  expect(whole + halved + single).toBe(20_000);
});

test('marks instead of losing where the packet is ECT, before it is copied', () => {
  for (const [trafficClass, expected] of [
    [0, null],
    [2, 3],
    [1, 3],
    [3, 3],
  ]) {
    const driver = new CompatDriver({ loss: lossOf(1), ecn: true });
    const frame = ipv4('192.0.2.1', '192.0.2.2', udp(1, 2), { trafficClass: trafficClass! });
    driver.packet.view.parse(frame, 0, frame.length, LinkType.rawIp);
    const { releaseNs, effects } = driver.send();
    expect(releaseNs).toBe(expected === null ? null : 0);
    if (expected === null) continue;
    expect(effects).toBe(Effect.marked);
    expect(frame[1]).toBe(expected);
    expect(checksum(frame.subarray(0, 20))).toBe(0);
  }
});

function differingBits(a: Uint8Array, b: Uint8Array): number[] {
  const bits: number[] = [];
  a.forEach((byte, i) => {
    for (let bit = 0; bit < 8; bit++) if (((byte ^ b[i]) >> bit) & 1) bits.push(8 * i + bit);
  });
  return bits;
}

test('one bit anywhere in the frame, all alike, and nowhere else', () => {
  const driver = new CompatDriver({ corrupt: corruptOf(1) });
  const { view } = driver.packet;
  view.bytes = new Uint8Array(30);
  view.frameOffset = 10;
  view.frameLength = 12;
  const counts = new Map<number, number>();
  for (let i = 0; i < 9600; i++) {
    view.bytes.fill(0xa5);
    expect(driver.send().effects).toBe(Effect.corrupted);
    const bits = differingBits(view.bytes, new Uint8Array(30).fill(0xa5));
    expect(bits).toHaveLength(1);
    counts.set(bits[0], (counts.get(bits[0]) ?? 0) + 1);
  }
  expect([Math.min(...counts.keys()), Math.max(...counts.keys())]).toEqual([80, 175]);
  expect(counts.size).toBe(96);
  for (const count of counts.values()) expect(Math.abs(count - 100)).toBeLessThan(45);
});

test('the copy has the bytes from before its original was corrupted, and a bit of its own', () => {
  const clean = new Uint8Array(2000).fill(0xa5);
  const driver = new CompatDriver({ corrupt: corruptOf(0.5), duplicate: ALL });
  let both = 0;
  for (let i = 0; i < 2000; i++) {
    driver.packet.view.bytes.set(clean);
    const { effects, copy } = driver.send();
    // These are the copy's bytes now.
    const bits = differingBits(driver.packet.view.bytes.subarray(0, 1000), clean.subarray(0, 1000));
    expect(bits.length).toBe(copy!.effects === Effect.corrupted ? 1 : 0);
    if ((effects & Effect.corrupted) !== 0 && bits.length === 1) both++;
  }
  expect(Math.abs(both - 500)).toBeLessThan(80);
});

test('reordering: one packet behind each gap − 1 delayed ones, at once', () => {
  const kept = { delayNs: 10 * MS, reorder: { kind: 'skip', ...ALL, gap: 5 } } as const;
  const driver = new CompatDriver(kept);
  const skipped = Array.from({ length: 12 }, (_, i) => {
    const { releaseNs, effects } = driver.send(i);
    expect(releaseNs).toBe((effects & Effect.skips) !== 0 ? i : i + 10 * MS);
    return effects & Effect.skips;
  });
  const at = skipped.flatMap((skips, i) => (skips ? [i + 1] : []));
  expect(at).toEqual([5, 10]);
  for (const gap of [0, 1]) {
    const always = new CompatDriver({ ...kept, reorder: { kind: 'skip', ...ALL, gap } });
    expect([1, 2, 3].map(() => always.send().effects)).toEqual(Array(3).fill(Effect.skips));
  }
});

/** When packets of 1000 bytes that come at these times leave, in milliseconds. */
function departures(impairments: Partial<Impairments>, arrivalsMs: readonly number[]): number[] {
  const driver = new CompatDriver(impairments);
  return arrivalsMs.map((ms) => driver.send(ms * MS).releaseNs! / MS);
}

test('rate by hand: the last packet that waits is the beginning, its rest is off the delay', () => {
  // 1000 bytes take 8 ms.
  expect(departures({ rate: rateOf(1e6) }, [0, 1, 2, 50, 58, 65])).toEqual([8, 16, 24, 58, 66, 74]);
  // 10 + 8; then max(0, 10 − 17) + 8 behind 18; …; 50 + 10 + 8; behind 68, of which 2 ms of delay are left.
  expect(departures({ rate: rateOf(1e6), delayNs: 10 * MS }, [0, 1, 2, 50, 60])).toEqual([
    18, 26, 34, 68, 78,
  ]);
});

test('rate with jitter keeps the order', () => {
  const driver = new CompatDriver({
    rate: rateOf(1e9),
    delayNs: 10 * MS,
    jitter: { spreadNs: 9 * MS, distribution: { kind: 'normal' }, correlation: 0, unordered: true },
  });
  let last = 0;
  for (let i = 0; i < 2000; i++) {
    const { releaseNs } = driver.send(i * 10_000);
    if (releaseNs! > i * 10_000) expect(releaseNs).toBeGreaterThan(last);
    last = releaseNs!;
  }
});

test.each([
  // 1000 bytes of frame; bytes that count; at 1,000,003 bit/s, which tc sends as 125,000 bytes/s.
  [{}, 1000],
  [{ overheadBytes: 20 }, 1020],
  [{ overheadBytes: -14 }, 986],
  [{ cellBytes: 48 }, 21 * 48],
  [{ cellBytes: 48, cellOverheadBytes: 5 }, 21 * 53],
  [{ overheadBytes: 8, cellBytes: 48, cellOverheadBytes: 5 }, 21 * 53],
  [{ overheadBytes: 9, cellBytes: 48, cellOverheadBytes: 5 }, 22 * 53],
  [{ overheadBytes: -1000 }, 0],
  [{ overheadBytes: -2000 }, 0],
])('a frame of 1000 bytes with %o counts %d', (changes, bytes) => {
  const driver = new CompatDriver({ rate: rateOf(1_000_003, changes) });
  expect(driver.send().releaseNs).toBe(bytes * 8000);
});

test('a part of a nanosecond is dropped, and nothing leaves before it came', () => {
  expect(new CompatDriver({ rate: rateOf(24) }).send().releaseNs).toBe(333_333_333_333);
  const driver = new CompatDriver({
    delayNs: 0,
    jitter: { spreadNs: MS, distribution: { kind: 'uniform' }, correlation: 0, unordered: true },
  });
  const times = Array.from({ length: 1000 }, () => driver.send(5).releaseNs!);
  expect(Math.min(...times)).toBe(5);
  expect(times.filter((time) => time === 5).length).toBeGreaterThan(400);
});

const everything: Partial<Impairments> = {
  loss: { kind: 'corr', probability: 0.4, correlation: 0.25 },
  duplicate: { probability: 0.3, correlation: 0.5 },
  corrupt: { ...corruptOf(0.2), correlation: 0.1 },
  delayNs: 10 * MS,
  jitter: { spreadNs: 3 * MS, distribution: { kind: 'pareto' }, correlation: 0.5, unordered: true },
  reorder: { kind: 'skip', probability: 0.25, correlation: 0.5, gap: 2 },
};

/** `lost`, or the time in µs with letters for the effects; the copy behind a `+`. */
function spell(driver: CompatDriver, arrivalNs: number): string {
  const { releaseNs, effects, copy } = driver.send(arrivalNs);
  const parts = copy === null ? [{ releaseNs, effects }] : [{ releaseNs, effects }, copy];
  return parts
    .map((part) => {
      if (part.releaseNs === null) return 'lost';
      const flag = (bit: number, letter: string) => (part.effects & bit ? letter : '');
      const letters = flag(Effect.corrupted, 'c') + flag(Effect.skips, 's');
      return Math.round((part.releaseNs - arrivalNs) / 1000) + letters;
    })
    .join('+');
}

test('the verdicts of a seed never change', () => {
  const driver = new CompatDriver(everything, fakeKit({ seed: '42', rule: 'udp:53' }));
  const all = Array.from({ length: 20 }, (_, i) => spell(driver, i * MS));
  expect(all.join(' ')).toMatchInlineSnapshot(
    `"8094 lost 8492 lost 8804 21862 11296 8614c lost 18229c 8787 8467c 8574+9076 13252 9240 8856 lost lost lost 8685"`,
  );
});

test('memories outlive a change of values', () => {
  const kit = fakeKit();
  const whole = new CompatDriver(everything);
  const expected = Array.from({ length: 40 }, (_, i) => whole.send(i * MS));
  const first = new CompatDriver(everything, kit);
  for (let i = 0; i < 20; i++) first.send(i * MS);
  const second = new CompatDriver(everything, kit.successor());
  const late = Array.from({ length: 20 }, (_, i) => second.sendAs(21 + i, (20 + i) * MS));
  expect(late).toEqual(expected.slice(20));
});
