/** What a recording says of itself comes back as it was, however long, and damage is noticed. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  endComment,
  headerComments,
  type RecordingHeader,
  readEnd,
  readHeader,
} from '../../../src/pcap/recording/header.js';

const HEADER: RecordingHeader = {
  version: '0.1.0',
  seed: '7f3a',
  source: { rules: ['udp:53 loss 0.5%', 'tcp:443 delay 20ms'] },
  memoryBytes: 2 ** 28,
  clockOffsetNs: '1795386717536319186',
  startNs: 8_410_375_334,
  continues: false,
};

/** What the length of an option can say. */
const COMMENT_BYTES_MAX = 65_535;

const anyHeader: fc.Arbitrary<RecordingHeader> = fc.record({
  version: fc.string(),
  seed: fc.string({ unit: 'binary' }),
  source: fc.record({
    rules: fc.array(fc.string({ unit: 'grapheme' })),
    scenario: fc.option(fc.record({ name: fc.string(), text: fc.string({ unit: 'grapheme' }) }), {
      nil: undefined,
    }),
    files: fc.option(fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' })), {
      nil: undefined,
    }),
  }),
  memoryBytes: fc.nat(),
  clockOffsetNs: fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }).map(String),
  startNs: fc.maxSafeNat(),
  continues: fc.boolean(),
});

test('any header comes back', () => {
  fc.assert(
    fc.property(anyHeader, (header) => {
      // As a file keeps it.
      const comments = headerComments(header).map((text) => Buffer.from(text).toString());
      expect(readHeader(comments)).toEqual(JSON.parse(JSON.stringify(header)));
    }),
    { seed: 1, numRuns: 200 },
  );
});

test('a person can read the first comment', () => {
  const { source } = HEADER;
  const [first] = headerComments(HEADER);
  expect(first).toBe('netemu 0.1.0 recorded this: seed 7f3a; udp:53 loss 0.5%; tcp:443 delay 20ms');
  const [next] = headerComments({ ...HEADER, continues: true, source: { rules: [] } });
  expect(next).toBe('netemu 0.1.0 went on recording with other rules: seed 7f3a; no rules');
  const scenario = { name: 'lte.yaml', text: 'rules: []' };
  expect(headerComments({ ...HEADER, source: { ...source, rules: [], scenario } })[0]).toContain(
    'the scenario lte.yaml',
  );
});

test('a long trace is cut into comments that fit', () => {
  const files = { 'a.trace': 'ä1\n'.repeat(100_000) };
  const header = { ...HEADER, source: { rules: ['any trace a.trace'], files } };
  const comments = headerComments(header);
  expect(comments.length).toBeGreaterThan(10);
  expect(Math.max(...comments.map((text) => Buffer.byteLength(text)))).toBeLessThanOrEqual(
    COMMENT_BYTES_MAX,
  );
  expect(readHeader(comments)).toEqual(header);
});

test('rules that no reader would take are refused', () => {
  const source = { rules: ['any'], files: { a: 'x'.repeat(25 * 2 ** 20) } };
  expect(() => headerComments({ ...HEADER, source })).toThrow(
    expect.objectContaining({ code: 'E_RECORD', message: expect.stringMatching(/keeps at most/) }),
  );
});

test('other comments are no header', () => {
  expect(readHeader([])).toBeNull();
  expect(readHeader(['made by hand', 'netemu 0.1.0 recorded this: seed 1; any'])).toBeNull();
});

const LONG = headerComments({ ...HEADER, seed: 'x'.repeat(100_000) });

test.each([
  ['a piece is missing', LONG.slice(0, -1)],
  ['the first piece is missing', [LONG[0], LONG[2]]],
  ['a piece is there twice', [...LONG, LONG[1]]],
  ['pieces are in another order', LONG.toReversed()],
  ['text is missing', ['netemu-recording 1/1 {"version":"0.1.0"']],
  ['it is no object', ['netemu-recording 1/1 []']],
  ['a field is missing', [withField({ seed: undefined })]],
  ['a field is of another kind', [withField({ memoryBytes: '1' })]],
  ['the offset is no number', [withField({ clockOffsetNs: '1e9' })]],
  ['the rules are no texts', [withField({ source: { rules: [1] } })]],
  ['a file is no text', [withField({ source: { rules: [], files: { a: 1 } } })]],
  ['the scenario is no text', [withField({ source: { rules: [], scenario: { name: 'a' } } })]],
])('damage is noticed: %s', (_, comments) => {
  expect(() => readHeader(comments)).toThrow(expect.objectContaining({ code: 'E_RECORDING' }));
});

function withField(field: object): string {
  return `netemu-recording 1/1 ${JSON.stringify({ ...HEADER, ...field })}`;
}

test('the end comes back, and nothing else is one', () => {
  const end = { endNs: 12_345.5, packets: 7, lost: 0 };
  expect(readEnd(endComment(end))).toEqual(end);
  for (const comment of ['', 'netemu-end', 'netemu-end {}', 'netemu-end {"endNs":-1}', '{}']) {
    expect(readEnd(comment)).toBeNull();
  }
});
