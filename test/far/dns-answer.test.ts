import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressesOf, answerQuery } from '../../src/far/dns-answer.js';

const own = addressesOf('198.18.0.1', 'fd00:6e65::1');
const ownV4 = addressesOf('198.18.0.1', null);

const RD = 0x0100;

interface Asked {
  name: string;
  type?: number;
  flags?: number;
  class?: number;
  opt?: string;
}

/** Two names of the same length stay of it: `a.invalid` is `01 61 07 …`. */
function query({ name, type = 1, flags = RD, class: inClass = 1, opt = '' }: Asked): Buffer {
  const labels = name
    .split('.')
    .map((label) => hex(label.length, 1) + Buffer.from(label).toString('hex'));
  const question = `${labels.join('')}00${hex(type, 2)}${hex(inClass, 2)}`;
  const counts = `000100000000${opt === '' ? '0000' : '0001'}`;
  return Buffer.from(`beef${hex(flags, 2)}${counts}${question}${opt}`, 'hex');
}

function hex(value: number, bytes: number): string {
  return value.toString(16).padStart(2 * bytes, '0');
}

function answer(asked: Asked, addresses = own): string {
  return answerQuery(query(asked), addresses)!.toString('hex');
}

/** Header and question of an answer to `asked`; then come the records. */
function begins(asked: Asked, flags: string, answers: number, additional = 0): string {
  const question = query(asked)
    .subarray(12)
    .toString('hex')
    .replace(asked.opt ?? '', '');
  return `beef${flags}0001${hex(answers, 2)}0000${hex(additional, 2)}${question}`;
}

describe('answers, byte for byte', () => {
  const a = 'c00c00010001'.concat('0000003c', '0004', 'c6120001');
  const aaaa = 'c00c001c0001'.concat('0000003c', '0010', 'fd006e65000000000000000000000001');

  test.each([
    ['A', { name: 'www.example.com' }, own, '8180', 1, a],
    ['AAAA', { name: 'www.example.com', type: 28 }, own, '8180', 1, aaaa],
    ['AAAA without IPv6', { name: 'example.com', type: 28 }, ownV4, '8180', 0, ''],
    ['the case of the question', { name: 'wWw.ExAmPlE' }, own, '8180', 1, a],
    ['another type', { name: 'example.com', type: 15 }, own, '8180', 0, ''],
    ['not recursive', { name: 'example.com', flags: 0 }, own, '8080', 1, a],
    ['AD, CD and junk in the flags', { name: 'a', flags: 0x0770 }, own, '8190', 1, a],
    ['.invalid', { name: 'a.b.invalid' }, own, '8183', 0, ''],
    ['invalid', { name: 'InValid', type: 28 }, own, '8183', 0, ''],
    ['a label that ends so', { name: 'xinvalid' }, own, '8180', 1, a],
    ['a label that contains it', { name: 'a.invalid.example' }, own, '8180', 1, a],
    ['another class', { name: 'version.bind', type: 16, class: 3 }, own, '8185', 0, ''],
  ])('%s', (_, asked, addresses, flags, count, records) => {
    expect(answer(asked, addresses)).toBe(begins(asked, flags, count) + records);
  });

  test.each([
    ['plain', '000029100000000000 0000', '8180', 1, a, '00002904d0000000000000'],
    ['DNSSEC OK, a cookie', '0000291000000080000003aabbcc', '8180', 1, a, '00002904d0000080000000'],
    ['of a later version', '00002910000001000000 00', '8180', 0, '', '00002904d0010000000000'],
  ])('EDNS, %s', (_, opt, flags, count, records, ownOpt) => {
    const asked = { name: 'example.com', opt: opt.replaceAll(' ', '') };
    expect(answer(asked)).toBe(begins(asked, flags, count, 1) + records + ownOpt);
  });

  test('the root', () => {
    const root = Buffer.from('beef01000001000000000000'.concat('00', '0002', '0001'), 'hex');
    expect(answerQuery(root, own)?.toString('hex')).toBe(
      'beef81800001000000000000'.concat('00', '0002', '0001'),
    );
  });
});

describe('messages that are no questions', () => {
  const good = query({ name: 'www.example.com' });
  const changed = (at: number, ...bytes: number[]) => {
    const copy = Buffer.from(good);
    copy.set(bytes, at);
    return copy;
  };

  test.each([
    ['empty', Buffer.alloc(0)],
    ['shorter than a header', good.subarray(0, 11)],
    ['an answer', changed(2, 0x81)],
  ])('get no answer: %s', (_, message) => {
    expect(answerQuery(message, own)).toBeNull();
  });

  test.each([
    ['only a header', good.subarray(0, 12), 1],
    ['no question', changed(4, 0, 0), 1],
    ['two questions', changed(4, 0, 2), 1],
    ['cut in the name', good.subarray(0, 20), 1],
    ['cut in the type', good.subarray(0, good.length - 3), 1],
    ['a pointer for a name', changed(12, 0xc0, 0x0c), 1],
    ['a label that is too long', changed(12, 64), 1],
    ['another operation', changed(2, 0x29), 4],
  ])('get an error: %s', (_, message, rcode) => {
    const flags = message[2] === 0x29 ? 'a9' : '81';
    const expected = `beef${flags}8${rcode}0000000000000000`;
    expect(answerQuery(message, own)?.toString('hex')).toBe(expected);
  });

  test('never throw', () => {
    const anyByte = fc.integer({ min: 0, max: 255 });
    const damage = fc.array(fc.tuple(fc.nat(60), anyByte), { maxLength: 6 });
    const opt = fc.uint8Array({ maxLength: 20 });
    fc.assert(
      fc.property(damage, opt, fc.nat(60), (changes, tail, cut) => {
        const bytes = Buffer.concat([good, tail]);
        for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
        const reply = answerQuery(bytes.subarray(0, Math.max(cut, bytes.length - cut)), own);
        expect(reply?.length ?? 0).toBeLessThan(512);
      }),
      { seed: 1, numRuns: 3_000 },
    );
  });
});
