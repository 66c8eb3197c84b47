import { expect, test } from 'vitest';
import { Lifecycle } from '../../src/control/lifecycle.js';
import { runtimeError } from '../../src/errors.js';

function life() {
  const takenAway: boolean[] = [];
  const lifecycle = new Lifecycle(async (hasFailed) => {
    takenAway.push(hasFailed);
  });
  return { takenAway, lifecycle };
}

test('told to stop, it ends without an error, once', async () => {
  const { takenAway, lifecycle } = life();
  await lifecycle.open(async () => {});
  expect(lifecycle.isEnding).toBe(false);
  await Promise.all([lifecycle.stop(), lifecycle.stop()]);
  expect(lifecycle.isEnding).toBe(true);
  lifecycle.fail('E_LATE', 'too late to matter');
  expect(await lifecycle.ended).toBe(null);
  expect(takenAway).toEqual([false]);
});

test('what fails first ends it', async () => {
  const { takenAway, lifecycle } = life();
  await lifecycle.open(async () => {});
  lifecycle.fail('E_FIRST', 'first');
  lifecycle.fail('E_SECOND', 'second');
  await lifecycle.stop();
  expect(await lifecycle.ended).toMatchObject({ code: 'E_FIRST', message: 'first' });
  expect(takenAway).toEqual([true]);
});

test('what fails while it opens is why it did not open, whatever followed from that', async () => {
  const { takenAway, lifecycle } = life();
  const opening = lifecycle.open(async () => {
    lifecycle.fail('E_CAUSE', 'the cause');
    throw runtimeError('E_CONSEQUENCE', 'the consequence');
  });
  await expect(opening).rejects.toMatchObject({ code: 'E_CAUSE' });
  const silent = life().lifecycle;
  const alone = silent.open(async () => silent.fail('E_CAUSE', 'the cause'));
  await expect(alone).rejects.toMatchObject({ code: 'E_CAUSE' });
  expect(takenAway).toEqual([]);
  await lifecycle.stop();
  expect(takenAway).toEqual([false]);
});

test('taking away may fail: then stop says so, and it has ended all the same', async () => {
  const lifecycle = new Lifecycle(() => Promise.reject(new Error('stuck')));
  await lifecycle.open(async () => {});
  await expect(lifecycle.stop()).rejects.toThrow('stuck');
  expect(await lifecycle.ended).toBe(null);
});
