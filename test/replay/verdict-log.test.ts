/** The log: a line of JSON for each packet, in the order of the capture. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { TextFile } from '../../src/replay/text-file.js';
import { VerdictLog } from '../../src/replay/verdict-log.js';
import { data, little } from '../support/capture-bytes.js';
import {
  ethernet,
  fragmentIpv4,
  icmpEcho,
  icmpv6Echo,
  ip,
  raw,
  tcp,
  udp,
} from '../support/packets.js';
import { capture, replayed } from '../support/replays.js';

const directory = mkdtempSync(join(tmpdir(), 'netemu-test-'));
afterAll(() => rmSync(directory, { recursive: true }));

const A = '192.0.2.1';
const B = '198.51.100.2';
const A6 = '2001:db8::1';
const B6 = '2001:db8::2';
const MS = 1e6;

const parsed = (log: string) =>
  log
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('what it says of packets that pass, are late, lost, doubled, answered and held', async () => {
  const query = (number: number) => ethernet(ip(A, B, udp(5353, 53, data(20, number))));
  const answer = ethernet(ip(B, A, udp(53, 5353, data(20, 9))));
  const syn = ethernet(ip(A6, B6, tcp(40_000, 443, { flags: 2 })));
  const ping = ethernet(ip(A, B, icmpEcho(7)));
  const packets = [query(1), query(2), answer, syn, ping, data(30)];
  const file = capture(packets.map((bytes, i) => ({ atNs: i * MS, data: bytes })));
  const { log } = await replayed(file, {
    rules: [
      'udp:53 dir=out loss nth 2 delay 20ms duplicate 100%',
      'udp:53 rate 1mbit',
      'tcp partition reject',
    ],
  });
  const nothing = { rule: null, flowNumber: null, ordinal: null, effects: [], stage: null };
  expect(parsed(log)).toEqual([
    {
      packet: 1,
      timeNs: 0,
      flow: 'udp 192.0.2.1:5353 > 198.51.100.2:53',
      direction: 'out',
      rule: 'udp:53 dir=out',
      flowNumber: 0,
      ordinal: 1,
      verdict: 'passed',
      stage: 'delay',
      releaseNs: 20 * MS,
      effects: ['duplicated'],
      copyVerdict: 'passed',
      copyReleaseNs: 20 * MS,
    },
    {
      packet: 2,
      timeNs: MS,
      flow: 'udp 192.0.2.1:5353 > 198.51.100.2:53',
      direction: 'out',
      rule: 'udp:53 dir=out',
      flowNumber: 0,
      ordinal: 2,
      verdict: 'dropped',
      stage: 'loss',
      releaseNs: null,
      effects: [],
    },
    {
      packet: 3,
      timeNs: 2 * MS,
      flow: 'udp 198.51.100.2:53 > 192.0.2.1:5353',
      direction: 'in',
      rule: 'udp:53',
      flowNumber: 0,
      ordinal: 1,
      verdict: 'passed',
      stage: 'rate',
      releaseNs: 2 * MS + 48 * 8 * 1_000,
      effects: [],
    },
    {
      packet: 4,
      timeNs: 3 * MS,
      flow: 'tcp [2001:db8::1]:40000 > [2001:db8::2]:443',
      direction: 'out',
      rule: 'tcp',
      flowNumber: 0,
      ordinal: 1,
      verdict: 'dropped',
      stage: 'partition',
      releaseNs: null,
      effects: ['answered'],
    },
    {
      ...nothing,
      packet: 5,
      timeNs: 4 * MS,
      flow: 'icmp 192.0.2.1 > 198.51.100.2',
      direction: 'out',
      verdict: 'passed',
      releaseNs: 4 * MS,
    },
    {
      ...nothing,
      packet: 6,
      timeNs: 5 * MS,
      flow: null,
      direction: null,
      verdict: 'passed',
      releaseNs: 5 * MS,
    },
  ]);
});

test('effects on the bytes and on the source', async () => {
  const ect = ip(A, B, udp(5000, 443, data(900)));
  const frame = ethernet(ect);
  // ECT(0), with the checksum that makes it right.
  frame[15] |= 2;
  frame[25] -= 2;
  const file = capture(Array.from({ length: 8 }, (_, i) => ({ atNs: i, data: frame })));
  const marked = parsed((await replayed(file, { rules: ['udp ecn loss nth 2'] })).log);
  expect(marked.map(({ effects }) => effects.join())).toEqual(['', 'marked', ...Array(6).fill('')]);
  const corrupted = parsed((await replayed(file, { rules: ['udp corrupt 100%'] })).log);
  expect(corrupted.map(({ effects }) => effects.join())).toEqual(Array(8).fill('corrupted'));
  const rebound = parsed((await replayed(file, { rules: ['udp rebind 5ns'] })).log);
  expect(rebound.map(({ effects }) => effects.join()).at(-1)).toBe('rebound');
  expect(rebound.at(-1).flow).toBe('udp 192.0.2.1:5000 > 198.51.100.2:443');
});

test('what is still held when the replay is interrupted', async () => {
  const stop = new AbortController();
  const file = capture([{ atNs: 0, data: ethernet(ip(A, B, udp(1, 2))) }]);
  const { log } = await replayed(file, {
    rules: ['udp delay 1s duplicate 100%'],
    signal: stop.signal,
    observers: [{ arrived: () => stop.abort(), decided: () => {} }],
  });
  expect(parsed(log)).toMatchObject([
    { verdict: 'held', stage: 'delay', releaseNs: null, copyVerdict: 'held', copyReleaseNs: null },
  ]);
});

test('protocols and addresses of all kinds', async () => {
  const long = ip(A, B, udp(1, 2, data(3_000)));
  const packets = [
    ip(A6, B6, icmpv6Echo(3)),
    ip(A, B, raw(47, data(8))),
    ip('::ffff:192.0.2.1', '::', raw(132, data(12))),
    ...fragmentIpv4(long, 1_480).slice(0, 2),
  ];
  const file = capture(packets.map((packet, i) => ({ atNs: i, data: ethernet(packet) })));
  const { log } = await replayed(file);
  expect(parsed(log).map(({ flow }) => flow)).toEqual([
    'icmpv6 2001:db8::1 > 2001:db8::2',
    'protocol-47 192.0.2.1 > 198.51.100.2',
    expect.stringMatching(/^sctp \[::ffff:.*\]:\d+ > \[::\]:\d+$/),
    'udp 192.0.2.1:1 > 198.51.100.2:2',
    'udp 192.0.2.1 > 198.51.100.2',
  ]);
});

test('thousands that wait for one keep their order and their ends', async () => {
  const count = 6_000;
  const late = ethernet(ip(A, B, tcp(1, 2)));
  const packets = Array.from({ length: count }, (_, i) => ({
    atNs: i < 5_000 ? i : 10 * MS + i,
    data: i === 700 ? late : ethernet(ip(A, B, udp(1_024 + i, 53))),
  }));
  const { log } = await replayed(capture(packets), { rules: ['tcp delay 5ms'] });
  const lines = parsed(log);
  expect(lines.map(({ packet, timeNs }) => [packet, timeNs])).toEqual(
    packets.map(({ atNs }, i) => [i + 1, atNs]),
  );
  expect(lines.map(({ flow }) => flow)).toEqual(
    packets.map((_, i) =>
      i === 700
        ? 'tcp 192.0.2.1:1 > 198.51.100.2:2'
        : `udp 192.0.2.1:${1_024 + i} > 198.51.100.2:53`,
    ),
  );
});

test('a file that cannot be opened, or written', () => {
  expect(() => new VerdictLog(join(directory, 'no', 'such'))).toThrow(
    expect.objectContaining({ code: 'E_FILE' }),
  );
  const full = TextFile.open('/dev/full');
  full.write('a');
  expect(() => full.flush()).toThrow(
    expect.objectContaining({
      code: 'E_OUTPUT',
      message: 'cannot write /dev/full: no space is left there',
    }),
  );
});

test('text is written whole and in order, whatever its length, and a file that was there is emptied', () => {
  const path = join(directory, 'text');
  closeSync(openSync(path, 'w'));
  let expected = '';
  for (let round = 0; round < 2; round++) {
    expected = '';
    const file = TextFile.open(path);
    for (let i = 0; i < 3_000; i++) {
      const line = `${'ü'.repeat(i % 100)} ${i}\n`;
      file.write(line);
      expected += line;
    }
    file.close();
  }
  expect(readFileSync(path, 'utf8')).toBe(expected);
});

test('options of packets do not change it', async () => {
  const frame = ethernet(ip(A, B, udp(1, 2)));
  const bare = capture([{ atNs: 0, data: frame }]);
  const rich = capture([{ atNs: 0, data: frame, options: little.options([1, 'x']) }]);
  const [one, other] = await Promise.all([replayed(bare), replayed(rich)]);
  expect(other.log).toBe(one.log);
});
