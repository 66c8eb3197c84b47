import { expect, test } from 'vitest';
import { u32OfShare } from '../../../src/netem/compat/crandom.js';
import { netemLoss } from '../../../src/netem/compat/loss.js';
import { Judgement } from '../../../src/netem/stages/stage.js';
import type { Loss } from '../../../src/rules/rule.js';
import { fakeKit, nextPacket } from '../../support/stage-kit.js';

type Gemodel = Extract<Loss, { kind: 'gemodel' }>;
type State = Extract<Loss, { kind: 'state' }>;

const gemodel = (p: number, r: number, lossInBad = 1, lossInGood = 0): Gemodel => ({
  kind: 'gemodel',
  p,
  r,
  lossInBad,
  lossInGood,
});
const state = (p13: number, p31: number, p32 = 0, p23 = 1, p14 = 0): State => ({
  kind: 'state',
  p13,
  p31,
  p32,
  p23,
  p14,
});

function losses(loss: Loss, count: number, kit = fakeKit()): string {
  const model = netemLoss(loss, kit);
  const packet = new Judgement();
  let text = '';
  for (let ordinal = 1; ordinal <= count; ordinal++) {
    nextPacket(packet, 0, ordinal);
    text += model.happens(packet) ? 'x' : '.';
  }
  return text;
}

const streamOf = (name: string) => {
  const stream = fakeKit().stream(name);
  return (ordinal: number) => stream.int32(0, ordinal, 0) >>> 0;
};

/** The function of the kernel, step by step. */
function kernelGemodel(loss: Gemodel, count: number): string {
  const [p, r, k] = [loss.p, loss.r, loss.lossInGood].map(u32OfShare);
  const h = 2 ** 32 - 1 - u32OfShare(loss.lossInBad);
  const [moves, draws] = [streamOf('loss state'), streamOf('loss')];
  let bad = false;
  let text = '';
  for (let ordinal = 1; ordinal <= count; ordinal++) {
    const [move, draw] = [moves(ordinal), draws(ordinal)];
    text += (bad ? draw > h : draw < k) ? 'x' : '.';
    if (move < (bad ? r : p)) bad = !bad;
  }
  return text;
}

function kernelState(loss: State, count: number): string {
  const [p13, p31, p32, p23, p14] = [loss.p13, loss.p31, loss.p32, loss.p23, loss.p14].map(
    u32OfShare,
  );
  const sum = (a: number, b: number) => Number(BigInt.asUintN(32, BigInt(a) + BigInt(b)));
  const draws = streamOf('loss');
  let now = 1;
  let text = '';
  for (let ordinal = 1; ordinal <= count; ordinal++) {
    const draw = draws(ordinal);
    let next = now;
    if (now === 1) {
      if (draw < p14) next = 4;
      else if (p14 < draw && draw < sum(p13, p14)) next = 3;
    } else if (now === 2) {
      if (draw < p23) next = 3;
    } else if (now === 3) {
      if (draw < p32) next = 2;
      else if (p32 < draw && draw < sum(p31, p32)) next = 1;
    } else {
      next = 1;
    }
    const staysLost = now === 3 && next === 3 && draw > sum(p31, p32);
    text += staysLost || (next !== now && next >= 3) ? 'x' : '.';
    now = next;
  }
  return text;
}

test.each([
  gemodel(0.01, 0.1),
  gemodel(0.3, 0.2, 0.7, 0.1),
  gemodel(1, 1, 0.5, 0.5),
  gemodel(0.5, 0.5, 0, 0),
])('gemodel as the kernel, draw for draw: %o', (loss) => {
  const found = losses(loss, 20_000);
  expect(found).toBe(kernelGemodel(loss, 20_000));
  expect(found.includes('x')).toBe(loss.lossInBad > 0);
});

test.each([
  state(0.01, 0.1),
  state(0.01, 0.1, 0.7, 0.5, 0.005),
  state(0.3, 0.2, 0.3, 0.4, 0.2),
  // Sums beyond 100 % begin at 0 again.
  state(0.7, 0.6, 0.8, 0.5, 0.6),
  state(0.9, 0.9, 0.05, 0.5, 0.3),
])('state as the kernel, draw for draw: %o', (loss) => {
  const found = losses(loss, 20_000);
  expect(found).toBe(kernelState(loss, 20_000));
  expect(found).toContain('x');
});

test('in a gemodel the state of the packet before decides, in a state model the new one', () => {
  expect(losses(gemodel(1, 0), 5)).toBe('.xxxx');
  expect(losses(state(1, 0), 5)).toBe('xxxxx');
  // 4 is left at once; 2 is where a burst has its good packets.
  expect(losses(state(0, 1, 0, 1, 1), 6)).toBe('x.x.x.');
  expect(losses(state(1, 0, 1, 1), 6)).toBe('x.x.x.');
});

test('a draw that is just the limit is on neither side of it', () => {
  const share = streamOf('loss')(1) / (2 ** 32 - 1);
  expect(losses(state(0.5, 1, 0, 1, share), 1)).toBe('.');
  expect(losses(state(0.5, 1, 0, 1, share + 1e-9), 1)).toBe('x');
  const second = streamOf('loss')(2) / (2 ** 32 - 1);
  expect(losses(state(1, 1e-6, second), 2)).toBe('x.');
  expect(losses(state(1, second), 2)).toBe('x.');
});

test.each([
  gemodel(0.3, 0.2),
  state(0.3, 0.2, 0.3),
  { kind: 'corr', probability: 0.4, correlation: 0.5 } as Loss,
])('a change of values goes on where it was: %o', (loss) => {
  const kit = fakeKit();
  losses(loss, 100, kit);
  const model = netemLoss(loss, kit.successor());
  const packet = new Judgement();
  let rest = '';
  for (let ordinal = 101; ordinal <= 200; ordinal++) {
    nextPacket(packet, 0, ordinal);
    rest += model.happens(packet) ? 'x' : '.';
  }
  expect(rest).toBe(losses(loss, 200).slice(100));
});
