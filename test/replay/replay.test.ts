/** Captures through the engine: what comes out, when, and with what of the capture around it. */
import { expect, test } from 'vitest';
import { Pace } from '../../src/replay/pace.js';
import { big, data, little } from '../support/capture-bytes.js';
import { goldenPackets, pcapngOf, pcapOf } from '../support/golden-captures.js';
import { cooked, cooked2, loopback } from '../support/link-headers.js';
import { concat } from '../support/packet-bytes.js';
import { ethernet, ip, tcp, udp } from '../support/packets.js';
import { BASE_NS, capture, enhancedBytes, replayed, sourceOf, timeOf } from '../support/replays.js';

const A = '192.0.2.1';
const B = '198.51.100.2';

/** A datagram that is told from others by its first byte. */
function datagram(number: number, bytes = 64) {
  return ip(A, B, udp(40_000, 53, data(bytes, number)));
}

const frame = (number: number, bytes?: number) => ethernet(datagram(number, bytes));

/** What left, in its order: number of the packet and time. */
function left(packets: readonly { data: Uint8Array; timeNs: number }[]): [number, number][] {
  const numbers = new Map(Array.from({ length: 200 }, (_, i) => [data(1, i)[0], i]));
  return packets.map(({ data: bytes, timeNs }) => [numbers.get(bytes[bytes.length - 64])!, timeNs]);
}

const MS = 1e6;

test('without rules a pcapng of ours comes out as it went in', async () => {
  const whole = pcapngOf(goldenPackets('tcp'));
  const { bytes, result } = await replayed(whole);
  expect(bytes.equals(whole)).toBe(true);
  const { packets } = result.counts;
  expect(result.counts).toMatchObject({ left: packets, outOfOrder: 0, otherLinks: 0 });
});

test('without rules a classic file with ns comes out as it went in', async () => {
  const whole = pcapOf(goldenPackets('quic'));
  const { bytes } = await replayed(whole);
  expect(bytes.equals(whole)).toBe(true);
});

test('packets leave at their own times, between others and behind the last', async () => {
  const file = capture([
    { atNs: 0, data: frame(1) },
    { atNs: 4 * MS, data: ethernet(ip(A, B, tcp(1, 2, { payload: data(64, 2) }))) },
    { atNs: 5 * MS, data: frame(3) },
    { atNs: 12 * MS, data: ethernet(ip(A, B, tcp(1, 2, { payload: data(64, 4) }))) },
  ]);
  const { output, result } = await replayed(file, { rules: ['udp delay 10ms'] });
  expect(output.baseNs).toBe(BASE_NS + BigInt(4 * MS));
  expect(left(output.packets)).toEqual([
    [2, 0],
    [1, 6 * MS],
    [4, 8 * MS],
    [3, 11 * MS],
  ]);
  expect(result).toMatchObject({ spanNs: 15 * MS, baseNs: BASE_NS });
});

test('of a burst each packet takes its turn in the link', async () => {
  // 42 bytes of headers below Ethernet's, and 64: 106 − 14 = 92 bytes, 736 bits, 0.736 ms at 1 Mbit/s.
  const file = capture([1, 2, 3].map((number) => ({ atNs: 0, data: frame(number) })));
  const { output } = await replayed(file, { rules: ['udp rate 1mbit queue 2p'] });
  const [first, second] = left(output.packets);
  expect(first).toEqual([1, 0]);
  expect(second[1]).toBe(736_000);
});

test('what is due at the moment of an arrival leaves before it', async () => {
  const file = capture([
    { atNs: 0, data: frame(1) },
    { atNs: 10 * MS, data: ethernet(ip(A, B, tcp(1, 2, { payload: data(64, 2) }))) },
  ]);
  const { output } = await replayed(file, { rules: ['udp delay 10ms'] });
  expect(left(output.packets)).toEqual([
    [1, 0],
    [2, 0],
  ]);
});

test('a packet with an earlier time comes with the one before it', async () => {
  const file = capture([
    { atNs: 0, data: frame(1) },
    { atNs: 5 * MS, data: frame(2) },
    { atNs: 3 * MS, data: frame(3) },
    { atNs: 6 * MS, data: frame(4) },
  ]);
  const { output, result } = await replayed(file);
  expect(left(output.packets)).toEqual([
    [1, 0],
    [2, 5 * MS],
    [3, 5 * MS],
    [4, 6 * MS],
  ]);
  expect(result.counts.outOfOrder).toBe(1);
});

test('duplicates leave, too', async () => {
  const file = capture([{ atNs: 0, data: frame(1) }]);
  const { output, verdicts, result } = await replayed(file, {
    rules: ['udp duplicate 100% delay 1ms jitter 1ms unordered'],
  });
  expect(output.packets).toHaveLength(2);
  expect(output.packets[0].data).toEqual(output.packets[1].data);
  expect(verdicts[0]).toMatch(/^netemu left after [\d.]+ ms \(jitter\), copy after [\d.]+ ms; /);
  expect(result.counts.left).toBe(2);
});

test('who is rejected is answered, at once', async () => {
  const options = little.options([1, 'a comment of the packet that was rejected']);
  const syn = ethernet(ip(A, B, tcp(40_000, 443, { flags: 2 })));
  const file = capture(
    [
      { atNs: 0, data: frame(1) },
      { atNs: MS, data: syn, options, interface: 1 },
      { atNs: 2 * MS, data: frame(2) },
    ],
    { links: [1, 1] },
  );
  const { output, verdicts } = await replayed(file, { rules: ['tcp partition reject'] });
  expect(output.packets.map(({ timeNs }) => timeNs)).toEqual([0, MS, 2 * MS]);
  const answer = output.packets[1];
  expect(answer.interface).toBe(1);
  expect(answer.options).toHaveLength(0);
  // From the server's address, a reset that acknowledges.
  expect([...answer.data.subarray(26, 34)]).toEqual([198, 51, 100, 2, 192, 0, 2, 1]);
  expect(answer.data[14 + 20 + 13]).toBe(0x14);
  expect(verdicts[1]).toBe('netemu dropped by partition, answered; rule tcp, flow 0, packet 1');
});

test('what is not understood passes untouched, and is counted', async () => {
  const long = concat(frame(3), new Uint8Array(70_000));
  const file = capture(
    [
      { atNs: 0, data: frame(1) },
      { atNs: 1, data: frame(2), interface: 1 },
      { atNs: 2, data: long },
      { atNs: 3, data: frame(4).subarray(0, 30) },
      { atNs: 4, data: data(20, 1) },
    ],
    { links: [1, 147] },
  );
  const { output, result, verdicts } = await replayed(file, { rules: ['any loss 100%'] });
  expect(output.packets.map(({ data: { length } }) => length)).toEqual([
    frame(2).length,
    long.length,
    30,
    20,
  ]);
  expect(output.packets[1].data).toEqual(long);
  expect(result).toMatchObject({ counts: { otherLinks: 1, oversized: 1, left: 4 }, malformed: 1 });
  expect(verdicts[1]).toBe('netemu passed; no rule');
});

test.each([
  ['raw IP', 101, (packet: Uint8Array) => packet],
  ['null', 0, (packet: Uint8Array) => loopback(packet)],
  ['loopback', 108, (packet: Uint8Array) => loopback(packet, 'big')],
  ['Linux cooked', 113, (packet: Uint8Array) => cooked(packet)],
  ['Linux cooked 2', 276, (packet: Uint8Array) => cooked2(packet)],
  ['VLAN', 1, (packet: Uint8Array) => ethernet(packet, { tags: [[0x8100, 5]] })],
])('packets of link type %s are understood', async (_, link, wrap) => {
  const packets = [1, 2, 3].map((number) => wrap(datagram(number)));
  const timed = packets.map((bytes, i) => ({ atNs: i, data: bytes }));
  const file = capture(timed, { links: [link] });
  const { output, verdicts } = await replayed(file, { rules: ['udp:53 loss nth 2 delay 1ms'] });
  expect(output.packets.map(({ data: bytes }) => bytes)).toEqual([packets[0], packets[2]]);
  expect(output.interfaces[0].link).toBe(link);
  expect(verdicts[1]).toBe('netemu dropped by loss; rule udp:53, flow 0, packet 2');
});

test('of a packet that was captured in part, what there is keeps its length on the wire', async () => {
  const whole = frame(1, 1_000);
  const cut = { data: whole.subarray(0, 96), wireBytes: whole.length };
  const packets = [0, 1].map((i) => ({ atNs: i * MS, ...cut }));
  const { output, verdicts } = await replayed(capture(packets), { rules: ['udp rate 1mbit'] });
  expect(output.packets.map(({ wireBytes }) => wireBytes)).toEqual([whole.length, whole.length]);
  expect(output.packets[0].data).toEqual(cut.data);
  // 1,028 bytes of IP take 8.224 ms; the second waits for 7.224 ms of that, or for its own end with it.
  const delays = output.packets.map(({ timeNs }, i) => timeNs - i * MS);
  expect(delays[1] % 1_000).toBe(224_000 % 1_000);
  expect(delays[1]).toBeGreaterThanOrEqual(7.224 * MS);
  expect(verdicts[1]).toMatch(/\(rate\)/);
});

test('options, comments and unknown blocks are kept, but for what a recording says of itself', async () => {
  const comment = little.options([1, 'seen by me'], [2, Uint8Array.of(2, 0, 0, 0)]);
  const ours = little.options([1, 'netemu passed; rule a, flow 0, packet 1'], [1, 'not ours']);
  const names = little.block(4, new Uint8Array(8));
  const custom = little.block(0x40000bad, concat(little.u32(32473), data(8)));
  const section = little.options(
    [1, 'about the section'],
    [4, 'dumpcap'],
    [1, 'netemu-recording 1/9 x'],
  );
  const description = little.options([2, 'eth7'], [9, Uint8Array.of(9)], [11, data(3)]);
  const file = concat(
    little.section({ options: section }),
    little.interface({ options: description, snapLength: 96 }),
    names,
    little.enhanced({ data: frame(1), time: timeOf(0), options: comment }),
    custom,
    little.enhanced({ data: frame(2), time: timeOf(MS), options: ours }),
  );
  const { output } = await replayed(file, { rules: ['udp delay 5ms'] });
  expect(output.sections[0]).toMatchObject({
    comments: ['about the section'],
    application: 'dumpcap',
  });
  expect(output.interfaces).toMatchObject([{ name: 'eth7', snapLength: 96 }]);
  expect(output.packets[0].options).toEqual(comment);
  expect(output.packets[0].direction).toBe(0);
  expect(output.packets[1].options).toEqual(little.options([1, 'not ours']));
  expect(output.blocks).toEqual([names, custom]);
  expect(output.order).toBe('SIBBPP');
});

test('several sections become one, their interfaces are numbered through', async () => {
  const resolution = [9, Uint8Array.of(9)] as [number, Uint8Array];
  const comment = big.options([1, 'of the other byte order']);
  const file = concat(
    little.section(),
    little.interface({ options: little.options([2, 'a'], resolution) }),
    little.enhanced({ data: frame(1), time: timeOf(0) }),
    big.section(),
    big.interface({ options: big.options([2, 'b'], resolution) }),
    big.enhanced({ data: frame(2), time: timeOf(MS), options: comment }),
    big.block(0x40000bad, data(8)),
    little.section(),
    little.interface({ link: 101, options: little.options([2, 'c'], resolution) }),
    little.enhanced({ data: datagram(3), time: timeOf(2 * MS), options: little.options([1, 'x']) }),
  );
  const { output } = await replayed(file, { rules: ['udp delay 1us'] });
  expect(output.sections).toHaveLength(1);
  expect(output.interfaces.map(({ link }) => link)).toEqual([1, 1, 101]);
  expect(output.packets.map((packet) => packet.interface)).toEqual([0, 1, 2]);
  expect(output.packets[2].options).toEqual(little.options([1, 'x']));
  // They are in another byte order than the output.
  expect(output.packets[1].options).toHaveLength(0);
  expect(output.blocks).toEqual([]);
});

test('more interfaces than a byte counts', async () => {
  const links = Array.from({ length: 300 }, () => 1);
  const syn = ethernet(ip(A, B, tcp(40_000, 443, { flags: 2 })));
  const indexes = [0, 254, 255, 256, 299];
  const packets = indexes.map((index, i) => ({ atNs: i, data: frame(i), interface: index }));
  const rejected = { atNs: 10, data: syn, interface: 270 };
  const { output } = await replayed(capture([...packets, rejected], { links }), {
    rules: ['udp delay 1ms duplicate 100%', 'tcp partition reject'],
  });
  expect(output.packets.map((packet) => packet.interface)).toEqual([
    270,
    ...indexes.flatMap((index) => [index, index]),
  ]);
});

test('an output of the other format', async () => {
  const file = capture([
    { atNs: 0, data: frame(1), options: little.options([1, 'x']) },
    { atNs: MS, data: frame(2), wireBytes: 1_000 },
  ]);
  const classic = await replayed(file, { format: 'pcap' });
  expect(classic.output.format).toBe('pcap');
  expect(classic.output.packets).toMatchObject([
    { data: frame(1), timeNs: 0 },
    { data: frame(2), timeNs: MS, wireBytes: 1_000 },
  ]);
  const back = await replayed(classic.bytes, { format: 'pcapng' });
  expect(back.output).toMatchObject({ format: 'pcapng', baseNs: BASE_NS });
  expect(back.output.packets).toMatchObject(
    classic.output.packets.map(({ data, timeNs }) => ({ data, timeNs })),
  );
});

test('packets of several link types do not fit one classic file', async () => {
  const file = capture([{ atNs: 0, data: frame(1) }], { links: [1, 101] });
  await expect(replayed(file, { format: 'pcap' })).rejects.toMatchObject({
    code: 'E_CAPTURE_LINKS',
  });
});

test('what comes before a fault is replayed to its end', async () => {
  const whole = capture([
    { atNs: 0, data: frame(1) },
    { atNs: MS, data: frame(2) },
    { atNs: 2 * MS, data: frame(3) },
  ]);
  const cut = whole.subarray(0, whole.length - 10);
  const { output, result, verdicts } = await replayed(cut, { rules: ['udp delay 10ms'] });
  expect(left(output.packets)).toEqual([
    [1, 0],
    [2, MS],
  ]);
  const blockBytes = enhancedBytes(frame(3));
  expect(result.fault).toEqual({
    offset: whole.length - blockBytes,
    reason: expect.stringContaining('ends inside'),
  });
  expect(verdicts).toHaveLength(2);
});

test('an interruption leaves what is held', async () => {
  const stop = new AbortController();
  const arrived = () => {
    if (++count === 2) stop.abort();
  };
  let count = 0;
  const file = capture([0, 1, 2].map((i) => ({ atNs: i * MS, data: frame(i) })));
  // The first read gives two packets, and the signal is seen before the next.
  const pieces = [file.length - enhancedBytes(frame(2))];
  const { result, verdicts, output } = await replayed(file, {
    rules: ['udp delay 10ms'],
    signal: stop.signal,
    observers: [{ arrived, decided: () => {} }],
    source: (bytes) => sourceOf(bytes, () => pieces.pop() ?? bytes.length),
  });
  expect(result).toMatchObject({
    isInterrupted: true,
    fault: null,
    counts: { packets: 2, left: 0 },
  });
  expect(verdicts).toEqual([
    'netemu held by delay at the end; rule udp, flow 0, packet 1',
    'netemu held by delay at the end; rule udp, flow 0, packet 2',
  ]);
  expect(output.packets).toEqual([]);
});

test('an interruption ends the wait for the next packet, which does not come any more', async () => {
  const stop = new AbortController();
  const file = capture([0, 1, 2].map((i) => ({ atNs: i * 1e12, data: frame(i) })));
  const arrived = () => void setImmediate(() => stop.abort());
  const { result } = await replayed(file, {
    signal: stop.signal,
    pace: new Pace(1),
    observers: [{ arrived, decided: () => {} }],
  });
  expect(result).toMatchObject({ isInterrupted: true, counts: { packets: 1, left: 1 } });
});

test('an interruption ends the wait for what is held', async () => {
  const stop = new AbortController();
  const file = capture([{ atNs: 0, data: frame(1) }]);
  const arrived = () => void setImmediate(() => stop.abort());
  const { result } = await replayed(file, {
    rules: ['udp delay 20h'],
    signal: stop.signal,
    pace: new Pace(1),
    observers: [{ arrived, decided: () => {} }],
  });
  expect(result).toMatchObject({ isInterrupted: true, counts: { packets: 1, left: 0 } });
});

test('an interruption ends the wait for a source that has nothing', async () => {
  const stop = new AbortController();
  const file = capture([{ atNs: 0, data: frame(1) }]);
  let reads = 0;
  const { result } = await replayed(file, {
    signal: stop.signal,
    source: (bytes) => ({
      name: 'silent',
      read(into, at) {
        if (reads++ === 0) {
          into.set(bytes, at);
          return Promise.resolve(bytes.length);
        }
        queueMicrotask(() => stop.abort());
        return new Promise(() => {});
      },
      async close() {},
    }),
  });
  expect(result).toMatchObject({ isInterrupted: true, counts: { packets: 1, left: 1 } });
});
