/** Samples in their order, and not too many at once. */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Turns } from '../../../src/gradient/probe/quic-turns.js';

function stage(limit: number, count: number) {
  const turns = new Turns(limit);
  const begun: number[] = [];
  const sent: (() => void)[] = [];
  const end: (() => void)[] = [];
  for (let i = 0; i < count; i++) {
    turns.add((onSent) => {
      begun.push(i);
      sent[i] = onSent;
      return new Promise((resolve) => {
        end[i] = resolve;
      });
    });
  }
  return { turns, begun, sent, end };
}

test('each begins when the one before it has sent, or has ended without', async () => {
  const { turns, begun, sent, end } = stage(10, 4);
  expect(begun).toEqual([0]);
  sent[0]();
  sent[0]();
  expect(begun).toEqual([0, 1]);
  end[1]();
  await turn();
  expect(begun).toEqual([0, 1, 2]);
  sent[2]();
  expect(begun).toEqual([0, 1, 2, 3]);
  expect(turns.running).toBe(3);
  let isOver = false;
  const over = turns.none().then(() => {
    isOver = true;
  });
  end[0]();
  end[2]();
  await turn();
  expect(isOver).toBe(false);
  end[3]();
  await over;
  expect(turns.running).toBe(0);
});

test('no more than the limit at once; what has not begun can be dropped', async () => {
  const { turns, begun, sent, end } = stage(2, 5);
  sent[0]();
  sent[1]();
  expect(begun).toEqual([0, 1]);
  end[0]();
  await turn();
  expect(begun).toEqual([0, 1, 2]);
  turns.drop();
  const over = turns.none();
  end[1]();
  end[2]();
  await over;
  expect(begun).toEqual([0, 1, 2]);
});

test('none at all are over at once', async () => {
  await new Turns(1).none();
});
