/** Words compared and copied: every length, every place of a difference, nothing beyond. */
import { expect, test } from 'vitest';
import { copyBytes, isSame, WordViews } from '../../src/packet/word-views.js';

test('a difference is seen wherever it is, and nowhere else', () => {
  const views = new WordViews();
  for (let length = 0; length <= 12; length++) {
    for (let at = -1; at <= length; at++) {
      const [ours, theirs] = [new Uint8Array(20), new Uint8Array(20)];
      theirs[5 + at] = 1;
      const same = isSame(views.of(theirs), 5, 5 + length, views.of(ours), -3);
      expect({ length, at, same }).toEqual({ length, at, same: at === -1 || at === length });
    }
  }
});

test('so many bytes are copied', () => {
  const from = Uint8Array.from({ length: 20 }, (_, i) => i + 1);
  const views = new WordViews();
  for (let count = 0; count <= 12; count++) {
    const to = new Uint8Array(20);
    copyBytes(views.of(from), 2, count, views.of(to), 5);
    const expected = new Uint8Array(20);
    expected.set(from.subarray(2, 2 + count), 5);
    expect(to).toEqual(expected);
  }
});

test('views are those of the bytes, whichever were asked for before', () => {
  const all = Uint8Array.from({ length: 40 }, (_, i) => i);
  const parts = [0, 10, 20].map((at) => all.subarray(at, at + 10));
  const views = new WordViews();
  for (const i of [0, 1, 0, 1, 1, 2, 1, 2, 0, 0, 2]) {
    const view = views.of(parts[i]!);
    expect([view.getUint8(0), view.byteLength]).toEqual([10 * i, 10]);
  }
  // Those of two buffers are made once.
  expect(views.of(parts[0]!)).toBe(views.of(parts[0]!));
  const [first, second] = [views.of(parts[0]!), views.of(parts[1]!)];
  expect([views.of(parts[0]!), views.of(parts[1]!)]).toEqual([first, second]);
  expect(views.of(parts[0]!)).toBe(first);
  expect(views.of(parts[1]!)).toBe(second);
});
