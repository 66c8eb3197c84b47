import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Counter } from '../../src/netem/counters.js';
import { FATE_BYTES, Fate, Fates, LEFT_NS, TIME_NS } from '../../src/netem/fates.js';
import { SlotFlag } from '../../src/netem/packet-memory.js';
import { Decider } from '../../src/netem/ruling.js';
import { Effect } from '../../src/netem/stages/stage.js';

const OUTCOMES = [Counter.passed, Counter.droppedLoss, Counter.held] as const;

/** The slow obvious thing: a list of objects. */
interface Model {
  serial: number;
  time: number;
  left: number;
  outcome: number;
  copy: number;
  open: number;
}

interface Step {
  readonly kind: 'push' | 'release' | 'drop' | 'shift' | 'count';
  readonly pick: number;
  readonly outcome: number;
  readonly copy: number;
}

const step = fc.record({
  kind: fc.constantFrom('push', 'push', 'push', 'release', 'release', 'drop', 'shift', 'count'),
  pick: fc.nat(),
  outcome: fc.constantFrom(...OUTCOMES),
  copy: fc.constantFrom(0, 0, Counter.held, Counter.droppedQueue),
}) as fc.Arbitrary<Step>;

test('fates come out in the order of the packets, each when it is decided, as a list would have them', () => {
  const steps = fc.array(step, { minLength: 1, maxLength: 4_000, size: 'max' });
  fc.assert(fc.property(steps, agreesWithModel), { seed: 17, numRuns: 30 });
});

function agreesWithModel(steps: readonly Step[]): void {
  const fates = new Fates();
  const fate = new Fate();
  const window: Model[] = [];
  const deadline = new Float64Array(1);
  let pushed = 0;
  for (const { kind, pick, outcome, copy } of steps) {
    if (kind === 'push') {
      Object.assign(fate, { rule: pushed % 3, flow: pushed, direction: -1, outcome, copy });
      fate.values[TIME_NS] = pushed * 10;
      fate.values[LEFT_NS] = pushed * 10;
      expect(fates.nextSerial).toBe(pushed);
      fates.push(fate);
      const open = (outcome === Counter.held ? 1 : 0) + (copy === Counter.held ? 1 : 0);
      const time = pushed * 10;
      window.push({ serial: pushed++, time, left: time, outcome, copy, open });
    } else if (kind === 'release' || kind === 'drop') {
      const held = window.filter((each) => each.open > 0);
      const chosen = held[pick % Math.max(1, held.length)];
      if (chosen === undefined) continue;
      const isCopy = chosen.outcome !== Counter.held;
      const flags = isCopy ? SlotFlag.copy : 0;
      const result = kind === 'release' ? Counter.passed : Counter.droppedQueue;
      chosen.open--;
      if (isCopy) chosen.copy = result;
      else chosen.outcome = result;
      if (kind === 'drop') {
        fates.late(chosen.serial, flags, result);
        continue;
      }
      deadline[0] = chosen.time + pick;
      if (!isCopy) chosen.left = deadline[0];
      fates.released(chosen.serial, flags, deadline, 0);
    } else if (kind === 'shift') {
      const decided = window[0]?.open === 0;
      expect(fates.shift()).toBe(decided);
      if (decided) expectCurrent(fates, window.shift()!);
    } else {
      const open = window.findIndex((each) => each.open > 0);
      const count = fates.countDecided();
      expect(count).toBeLessThanOrEqual(open < 0 ? window.length : open);
      if (window.length > 0 && open !== 0) expect(count).toBeGreaterThan(0);
      expect(fates.bytesOf(count)).toHaveLength(count * FATE_BYTES);
      fates.drop(count);
      window.splice(0, count);
    }
    expect(fates.length).toBe(window.length);
  }
  for (const each of window) {
    expect(fates.shiftOpen()).toBe(true);
    expectCurrent(fates, each);
  }
  expect(fates.shiftOpen()).toBe(false);
}

function expectCurrent({ current }: Fates, { serial, time, left, outcome, copy }: Model): void {
  const { flow, rule, direction, values } = current;
  expect({ flow, rule, direction, outcome: current.outcome, copy: current.copy }).toEqual({
    flow: serial,
    rule: serial % 3,
    direction: -1,
    outcome,
    copy,
  });
  expect([values[TIME_NS], values[LEFT_NS]]).toEqual([time, left]);
}

test('what is told of packets that have left the window is forgotten', () => {
  const fates = new Fates();
  const fate = new Fate();
  fate.outcome = Counter.held;
  fates.push(fate);
  fates.shiftOpen();
  fates.released(0, 0, new Float64Array([5]), 0);
  fates.late(0, 0, Counter.droppedQueue);
  expect(fates.length).toBe(0);
});

test('a late mark is an effect, a late drop of the original is the queue’s, of the copy it is not', () => {
  const fates = new Fates();
  const fate = new Fate();
  Object.assign(fate, { outcome: Counter.held, copy: Counter.held, decider: Decider.rate });
  for (let i = 0; i < 2; i++) fates.push(fate);
  fates.late(0, 0, Counter.marked);
  fates.late(0, SlotFlag.copy, Counter.droppedQueue);
  fates.released(0, SlotFlag.reply, new Float64Array([1]), 0);
  expect(fates.shift()).toBe(false);
  fates.released(0, 0, new Float64Array([7]), 0);
  expect(fates.shift()).toBe(true);
  expect(fates.current).toMatchObject({
    outcome: Counter.passed,
    effects: Effect.marked,
    copy: Counter.droppedQueue,
    decider: Decider.rate,
  });
  fates.late(1, 0, Counter.droppedQueue);
  fates.late(1, SlotFlag.copy, Counter.droppedQueue);
  expect(fates.shift()).toBe(true);
  expect(fates.current).toMatchObject({ outcome: Counter.droppedQueue, decider: Decider.queue });
});
