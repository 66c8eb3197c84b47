/** Options as bytes and back, against the tests' own writer; and lists that are cut short. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  comment,
  encodeOptions,
  NO_OPTIONS,
  OptionCode,
  padded,
  readOptions,
  textOption,
  textsOf,
} from '../../src/pcap/options.js';
import { big, data, little } from '../support/capture-bytes.js';

describe.each([
  ['little', little],
  ['big', big],
])('options in %s-endian order', (_, at) => {
  const { littleEndian } = at;

  test('are what the format says', () => {
    const list = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 65_535 }), fc.uint8Array({ maxLength: 12 })),
      { minLength: 1 },
    );
    const property = fc.property(list, (options) => {
      const raw = at.options(...options);
      const each = options.map(([code, value]) => ({ code, value }));
      expect(encodeOptions(each, littleEndian)).toEqual(raw);
      expect(readOptions(raw, littleEndian)).toEqual(each);
    });
    fc.assert(property, { seed: 1, numRuns: 200 });
    const largest = { code: 1, value: data(65_535) };
    const raw = encodeOptions([largest], littleEndian);
    expect(raw.length).toBe(4 + 65_536 + 4);
    expect(readOptions(raw, littleEndian)).toEqual([largest]);
    expect(() => encodeOptions([{ code: 1, value: data(65_536) }], littleEndian)).toThrowError();
  });

  test('none take no bytes', () => {
    expect(encodeOptions([], littleEndian)).toBe(NO_OPTIONS);
    expect(readOptions(NO_OPTIONS, littleEndian)).toEqual([]);
  });

  test('are read as far as they are whole', () => {
    const raw = at.options([5, data(4)], [6, data(5)]);
    const counts = Array.from({ length: raw.length + 1 }, (_, length) => {
      return readOptions(raw.slice(0, length), littleEndian).length;
    });
    // The padding of the last one need not be there, nor the end mark.
    const expected = counts.map((_, length) => (length < 8 ? 0 : length < 17 ? 1 : 2));
    expect(counts).toEqual(expected);
    expect(raw.length).toBe(24);
  });

  test('end at the end mark', () => {
    const raw = at.options([5, data(4)]);
    const more = Uint8Array.from([...raw, ...at.options([6, data(4)])]);
    expect(readOptions(more, littleEndian).map(({ code }) => code)).toEqual([5]);
  });
});

test('texts', () => {
  const options = [comment('größer'), textOption(OptionCode.application, 'dumpcap'), comment('')];
  expect(textsOf(options, OptionCode.comment)).toEqual(['größer', '']);
  expect(textsOf(options, OptionCode.application)).toEqual(['dumpcap']);
  expect(textsOf(options, 99)).toEqual([]);
  const bad = { code: OptionCode.comment, value: Uint8Array.of(0x61, 0xff) };
  expect(textsOf([bad], OptionCode.comment)).toEqual(['a\u{fffd}']);
});

test('padding', () => {
  expect([0, 1, 3, 4, 5, 262_143].map(padded)).toEqual([0, 4, 4, 4, 8, 262_144]);
});
