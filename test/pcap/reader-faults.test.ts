/** What is wrong with a file is said once, with place and reason, after all that comes before it. */
import { describe, expect, test } from 'vitest';
import { type CaptureBytes, data, little, MAGIC } from '../support/capture-bytes.js';
import { readCapture } from '../support/capture-reading.js';
import { ascii, concat } from '../support/packet-bytes.js';

const MIB = 2 ** 20;

function faultOf(file: Uint8Array): [order: string, offset: number, reason: string] {
  const { order, fault } = readCapture(file);
  expect(fault).not.toBeNull();
  // The same when each byte comes alone, as far as that is quick.
  if (file.length < 10_000) {
    const slow = readCapture(file, () => 1);
    expect([slow.order, slow.fault]).toEqual([order, fault]);
  }
  return [order, fault!.offset, fault!.reason];
}

test.each([
  ['', 'the file is empty'],
  ['abc', 'this is no pcap or pcapng file'],
  ['GET / HTTP/1.1', 'this is no pcap or pcapng file'],
  ['\x1f\x8b\x08\x00', 'this is no pcap or pcapng file'],
  ['\n\r\r\n', 'the file ends inside the header of a block'],
  ['\xd4\xc3\xb2\xa1', 'the file ends inside its header'],
])('of a file %j', (text, reason) => {
  expect(faultOf(ascii(text))).toEqual(['', 0, reason]);
});

describe('of a classic file', () => {
  const good = { data: data(100) };
  const start = little.classic({}, [good]);

  test.each([
    [1, 'the file ends inside the header of a packet'],
    [15, 'the file ends inside the header of a packet'],
    [16, 'the file ends inside a packet of 1,514 bytes'],
    [1529, 'the file ends inside a packet of 1,514 bytes'],
  ])('that is cut %i bytes into a packet', (bytes, reason) => {
    const packet = { data: data(1514) };
    const cut = concat(little.record(packet), packet.data).slice(0, bytes);
    expect(faultOf(concat(start, cut))).toEqual(['IP', 140, reason]);
  });

  test.each([
    [262_145, '262,145'],
    [0x8000_0000, '2,147,483,648'],
    [0xffff_ffff, '4,294,967,295'],
  ])('with a packet of %i bytes', (capturedBytes, said) => {
    const reason = `a packet of ${said} bytes, where the most is 262,144`;
    const file = little.classic({}, [good, { ...good, capturedBytes }, good]);
    expect(faultOf(file)).toEqual(['IP', 140, reason]);
  });

  test.each([
    [1, 0],
    [2, 3],
    [3, 0],
  ])('of version %i.%i', (...version) => {
    const reason = `a pcap file of version ${version.join('.')}, where 2.4 is known`;
    expect(faultOf(little.classic({ version }, [good]))).toEqual(['', 0, reason]);
    expect(faultOf(little.classic({ version, magic: MAGIC.nanoseconds }, []))[2]).toBe(reason);
  });
});

describe('of pcapng', () => {
  const at = little;
  const start = concat(
    at.section(),
    at.interface({ snapLength: 64 }),
    at.enhanced({ data: data(5) }),
  );
  const after = start.length;

  /** A block with other lengths than its own. */
  function lengths(block: Uint8Array, first: number, last = first): Uint8Array {
    return concat(block.slice(0, 4), at.u32(first), block.slice(8, -4), at.u32(last));
  }

  test.each<[string, Uint8Array, string]>([
    ['5 bytes', lengths(at.block(7, data(40)), 5), 'a block of 5 bytes, where the least is 12'],
    ['0 bytes', lengths(at.block(7, data(40)), 0), 'a block of 0 bytes, where the least is 12'],
    [
      'a crooked length',
      lengths(at.block(7, data(40)), 41),
      'a block of 41 bytes, which is no multiple of 4',
    ],
    [
      'more than 32 MiB',
      lengths(at.block(7, data(40)), 32 * MIB + 4),
      'a block of 33,554,436 bytes, where the most is 33,554,432',
    ],
    [
      'nearly 4 GiB',
      lengths(at.block(7, data(40)), 0xffff_fffc),
      'a block of 4,294,967,292 bytes, where the most is 33,554,432',
    ],
    [
      'another length at its end',
      lengths(at.block(7, data(40)), 52, 48),
      'a block of 52 bytes whose length at its end is 48',
    ],
    [
      'more than a packet may have',
      lengths(at.enhanced({ data: data(40) }), 327_684),
      "a packet's block of 327,684 bytes, where the most is 327,680",
    ],
    ['less than its packet', at.block(6, data(16)), "a packet's block of 28 bytes"],
    ['less than its simple packet', at.block(3, data(0)), "a simple packet's block of 12 bytes"],
    [
      'less than a section',
      at.block(0x0a0d0d0a, at.u32(0x1a2b3c4d)),
      'a section header of 16 bytes',
    ],
    ['less than an interface', at.block(1, data(4)), 'an interface description of 16 bytes'],
  ])('with a block of %s', (_, block, reason) => {
    expect(faultOf(concat(start, block, at.enhanced({ data: data(5) })))).toEqual([
      'SIP',
      after,
      reason,
    ]);
  });

  test.each<[string, Uint8Array, string]>([
    [
      'more bytes than its block',
      at.enhanced({ data: data(5), capturedBytes: 9 }),
      'a packet of 9 bytes in a block that has room for 8',
    ],
    [
      'as many bytes as 32 bits can say',
      at.obsolete({ data: data(5), capturedBytes: 0xffff_ffff }),
      'a packet of 4,294,967,295 bytes in a block that has room for 8',
    ],
    [
      'too many bytes',
      at.enhanced({ data: data(262_145) }),
      'a packet of 262,145 bytes, where the most is 262,144',
    ],
    [
      'more bytes than its simple block',
      at.simple({ data: data(20), wireBytes: 1500 }),
      'a packet of 64 bytes in a block that has room for 20',
    ],
    [
      'an interface that is not there',
      at.enhanced({ data: data(5), interface: 1 }),
      'a packet of interface 1, where its section has one',
    ],
    [
      'the last of all interfaces',
      at.enhanced({ data: data(5), interface: 0xffff_ffff }),
      'a packet of interface 4,294,967,295, where its section has one',
    ],
    [
      'an option that is longer than its block',
      at.enhanced({ data: data(5), options: concat(at.u16(1, 9), data(8)) }),
      'an option of 9 bytes where its block has 8 left',
    ],
  ])('with a packet of %s', (_, block, reason) => {
    expect(faultOf(concat(start, block, at.enhanced({ data: data(5) })))).toEqual([
      'SIP',
      after,
      reason,
    ]);
  });

  test.each<[string, Uint8Array, string]>([
    ['magic', at.block(0x0a0d0d0a, data(40)), 'a section header without the byte-order magic'],
    ['version', at.section({ version: [2, 1] }), 'a section of version 2.1, where 1.0 is known'],
    [
      'option',
      at.section({ options: at.u16(1, 1) }),
      'an option of 1 byte where its block has 0 left',
    ],
  ])('with a section of another %s', (_, block, reason) => {
    expect(faultOf(concat(start, block))).toEqual(['SIP', after, reason]);
  });

  test('with an interface whose clock makes no sense', () => {
    const wrong = (code: number, value: Uint8Array) =>
      faultOf(concat(start, at.interface({ options: at.options([code, value]) })))[2];
    expect(wrong(9, data(2))).toBe('an if_tsresol of 2 bytes, where 1 is right');
    expect(wrong(14, data(4))).toBe('an if_tsoffset of 4 bytes, where 8 is right');
  });

  test.each<[number, (at: CaptureBytes) => Uint8Array]>([
    [0, (at) => at.enhanced({ data: data(5) })],
    [0, (at) => at.obsolete({ data: data(5) })],
    [0, (at) => at.simple({ data: data(5) })],
  ])('with a packet before any interface', (number, write) => {
    // The interface of the section before does not count.
    const [, offset, reason] = faultOf(concat(start, at.section(), write(at)));
    const expected = `a packet of interface ${number}, where its section has 0`;
    expect([offset, reason]).toEqual([after + 28, expected]);
  });

  test.each([
    [4, 'the file ends inside the header of a block'],
    [11, 'the file ends inside the header of a block'],
    [12, 'the file ends inside a block of 132 bytes'],
    [131, 'the file ends inside a block of 132 bytes'],
  ])('that is cut %i bytes into a block', (bytes, reason) => {
    const cut = at.enhanced({ data: data(100) }).slice(0, bytes);
    expect(faultOf(concat(start, cut))).toEqual(['SIP', after, reason]);
  });

  test('that is cut inside a block larger than the window', () => {
    const block = at.block(7, data(2 * MIB));
    const reason = 'the file ends inside a block of 2,097,164 bytes';
    for (const bytes of [12, MIB, block.length - 1]) {
      expect(faultOf(concat(start, block.slice(0, bytes)))).toEqual(['SIP', after, reason]);
    }
    const other = concat(block.slice(0, -4), at.u32(12));
    const expected = 'a block of 2,097,164 bytes whose length at its end is 12';
    expect(faultOf(concat(start, other, at.enhanced({ data: data(5) })))[2]).toBe(expected);
  });

  test('with more options or interfaces than anything has', () => {
    const many = new Uint8Array(4 * 65_538).map((_, i) => (i % 4 === 0 ? 1 : 0));
    const reason = 'a block with 65,538 options, where the most is 65,536';
    expect(faultOf(concat(start, at.interface({ options: many })))).toEqual(['SIP', after, reason]);
    expect(faultOf(concat(start, at.section({ options: many })))).toEqual(['SIP', after, reason]);
    const interfaces = new Uint8Array(20 * 65_536);
    for (let i = 0; i < 65_536; i++) interfaces.set(at.interface(), 20 * i);
    const offset = after + 20 * 65_535;
    expect(faultOf(concat(start, interfaces)).slice(1)).toEqual([
      offset,
      'more than 65,536 interfaces',
    ]);
  });

  test('with more to say of its interfaces than is kept', () => {
    const options = at.options(...Array(150).fill([1, data(65_535)]));
    const [order, , reason] = faultOf(concat(start, ...Array(4).fill(at.interface({ options }))));
    expect(order).toBe('SIPIII');
    expect(reason).toBe('interfaces with more than 33,554,432 bytes of options together');
  });
});

test('what a block says of its length allocates nothing', () => {
  const before = process.memoryUsage().arrayBuffers;
  const files = Array.from({ length: 20 }, () =>
    concat(little.section(), little.u32(7, 32 * MIB), data(100)),
  );
  for (const file of files) {
    const [, , reason] = faultOf(file);
    expect(reason).toBe('the file ends inside a block of 33,554,432 bytes');
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * MIB);
});
