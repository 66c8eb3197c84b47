/** The library's replay: what it tells of each packet, from lists and files, whole and event by event. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Collector, type ReplayEvent, type ReplayedPacket } from '../../src/library/collector.js';
import type { Packet } from '../../src/library/packet-source.js';
import { type ReplayOptions, replay, replayEvents } from '../../src/library/replay.js';
import { parseRules } from '../../src/library/rules.js';
import { openSource } from '../../src/pcap/capture-source.js';
import { Directions } from '../../src/replay/directions.js';
import { Replay } from '../../src/replay/replay.js';
import { PlainTimeline } from '../../src/replay/timeline.js';
import { VerdictLog } from '../../src/replay/verdict-log.js';
import { goldenPackets, pcapngOf, pcapOf } from '../support/golden-captures.js';
import { ethernet, ip, tcp, udp } from '../support/packets.js';

const MS = 1e6;

const folder = mkdtempSync(join(tmpdir(), 'netemu-library-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** One each ms; their payloads are their numbers. */
function datagrams(count: number, port = 53, payloadBytes = 2): Packet[] {
  return Array.from({ length: count }, (_, i) => {
    const payload = new Uint8Array(payloadBytes);
    payload.set([i >> 8, i]);
    const transport = udp(4000, port, payload);
    return { timeNs: i * MS, bytes: ethernet(ip('198.18.0.1', '198.18.0.2', transport)) };
  });
}

test('tells of each packet what became of it', async () => {
  const packets = datagrams(8);
  const rules = ['udp:53 loss nth 3 delay 20ms reorder 100% gap 4'];
  const { verdicts, packets: left } = await replay(packets, { rules, seed: '7' });
  expect(verdicts.map(({ packet }) => packet)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(verdicts[1]).toEqual({
    packet: 2,
    timeNs: MS,
    flow: 'udp 198.18.0.1:4000 > 198.18.0.2:53',
    direction: 'out',
    rule: 'udp:53',
    flowNumber: 0,
    ordinal: 2,
    verdict: 'passed',
    stage: 'delay',
    releaseNs: 21 * MS,
    effects: [],
  });
  expect(verdicts[2]).toMatchObject({ verdict: 'dropped', stage: 'loss', releaseNs: null });
  const times = verdicts.map(({ releaseNs }) => releaseNs).filter((ns) => ns !== null);
  expect(left.map(({ timeNs }) => timeNs)).toEqual(times.toSorted((a, b) => a - b));
  for (const one of left) {
    expect(one).toMatchObject({ kind: 'original', timeNs: verdicts[one.packet - 1].releaseNs });
    expect(one.bytes).toEqual(packets[one.packet - 1].bytes);
  }
});

test('tells copies, answers, marks and faults apart', async () => {
  const syn = (port: number) =>
    ethernet(ip('198.18.0.1', '198.18.0.2', tcp(1, port, { flags: 2 })));
  const [datagram] = datagrams(1);
  const ect = datagram.bytes.slice();
  ect[15] = 2;
  const inputs: Packet[] = [
    { timeNs: 0, bytes: syn(80) },
    { timeNs: 1, bytes: syn(81) },
    { timeNs: 2, bytes: datagram.bytes },
    { timeNs: 3, bytes: ect },
    { timeNs: 4, bytes: Uint8Array.of(1, 2, 3) },
    { timeNs: 5, bytes: ethernet(ip('198.18.0.1', '198.18.0.2', udp(1, 99))) },
  ];
  const rules = [
    'tcp:80 duplicate 100% delay 3ms',
    'tcp:81 partition reject',
    'udp:53 dscp=0 loss every 2 ecn corrupt 100%',
  ];
  const { verdicts, packets } = await replay(inputs, { rules });
  expect(verdicts).toMatchObject([
    { verdict: 'passed', releaseNs: 3 * MS, effects: ['duplicated'], copyReleaseNs: 3 * MS },
    { verdict: 'dropped', stage: 'partition', effects: ['answered'] },
    { verdict: 'passed', stage: null, releaseNs: 2, effects: ['corrupted'] },
    { verdict: 'passed', effects: ['corrupted', 'marked'] },
    { verdict: 'passed', flow: null, direction: null, rule: null, flowNumber: null, ordinal: null },
    { verdict: 'passed', direction: 'out', rule: null, stage: null },
  ]);
  expect(packets.map(({ packet, kind }) => `${kind} ${packet}`)).toEqual([
    'answer 2',
    'original 3',
    'original 4',
    'original 5',
    'original 6',
    'original 1',
    'copy 1',
  ]);
  expect(packets[1].bytes).not.toEqual(datagram.bytes);
  expect(packets[2].bytes[15]).toBe(3);
});

test('knows directions from the packets, from the client, from the flow', async () => {
  const [first, second] = datagrams(2);
  const back = ethernet(ip('198.18.0.2', '198.18.0.1', udp(53, 4000)));
  const directions = async (packets: Packet[], client?: string) => {
    const options = client === undefined ? {} : { client };
    const { verdicts } = await replay(packets, { rules: 'udp', ...options });
    return verdicts.map(({ direction }) => direction);
  };
  const bare: Packet[] = [{ timeNs: 0, bytes: back }, first, second];
  expect(await directions(bare)).toEqual(['out', 'in', 'in']);
  expect(await directions(bare, '198.18.0.1')).toEqual(['in', 'out', 'out']);
  expect(await directions(bare, '198.18.0.2/32')).toEqual(['out', 'in', 'in']);
  const told = bare.map((packet): Packet => ({ ...packet, direction: 'in' }));
  expect(await directions(told, '198.18.0.1')).toEqual(['in', 'in', 'in']);
});

test('takes raw IP packets, and packets that come one by one', async () => {
  async function* packets(): AsyncGenerator<Packet> {
    for (let i = 0; i < 3; i++) {
      yield { timeNs: 1n << 62n, bytes: ip('fd00::1', 'fd00::2', udp(1, 53)) };
    }
  }
  const { verdicts } = await replay(packets(), { rules: 'udp:53 loss nth 2', link: 'ip' });
  expect(verdicts.map(({ verdict }) => verdict)).toEqual(['passed', 'dropped', 'passed']);
  expect((await replay([], { rules: 'any' })).packets).toEqual([]);
});

describe('of files', () => {
  const rules = ['udp:53 loss 20% duplicate 10%', 'any delay 5ms jitter 3ms'];
  const packets = goldenPackets('dns');
  const file = join(folder, 'dns.pcapng');
  writeFileSync(file, pcapngOf(packets));

  test('says the same as of the packets in them', async () => {
    const fromFile = await replay(file, { rules, seed: 'x' });
    const list = packets.map(({ timeNs, frame, direction }) => ({
      timeNs,
      bytes: frame,
      direction,
    }));
    expect(await replay(list, { rules, seed: 'x' })).toEqual(fromFile);
    expect(fromFile.verdicts).toHaveLength(packets.length);
    expect(new Set(fromFile.verdicts.map(({ verdict }) => verdict)).size).toBe(2);
    expect((await replay(file, { rules, seed: 'y' })).verdictsSha256).not.toBe(
      fromFile.verdictsSha256,
    );
  });

  test('says what the verdict log says', async () => {
    const log = join(folder, 'log.jsonl');
    const verdictLog = new VerdictLog(log);
    const timeline = new PlainTimeline();
    const directions = new Directions({ kind: 'auto' }, null);
    const run = new Replay({
      source: await openSource(file),
      rules: parseRules(rules),
      seed: 'x',
      memoryBytes: 2 ** 22,
      ...{ timeline, directions, pace: null },
      exit: new Collector(),
      observers: [verdictLog],
    });
    verdictLog.ruleNames = run.passage.ruleNames;
    await run.run();
    verdictLog.close();
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
    const { verdicts } = await replay(file, { rules, seed: 'x' });
    expect(lines.map((line) => JSON.parse(line))).toEqual(verdicts);
  });

  test('gives what is before a fault, and the fault', async () => {
    const cut = join(folder, 'cut.pcap');
    writeFileSync(cut, pcapOf(packets).subarray(0, -3));
    const events: ReplayEvent[] = [];
    const error = await gather(cut, { rules: 'any' }, events).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'E_CAPTURE', message: expect.stringContaining(cut) });
    expect(events).toHaveLength(2 * (packets.length - 1));
    await expect(replay(cut, { rules: 'any' })).rejects.toMatchObject({ code: 'E_CAPTURE' });
    const missing = replay(join(folder, 'missing'), { rules: 'any' });
    await expect(missing).rejects.toMatchObject({ code: 'E_FILE' });
  });
});

describe('event by event', () => {
  const packets = datagrams(9_000, 54, 1_400);
  const options: ReplayOptions = { rules: 'udp loss 10% delay 7ms jitter 7ms', seed: '1' };

  test('is the same, and waits for who reads', async () => {
    const whole = await replay(packets, options);
    const events: ReplayEvent[] = [];
    let given = 0;
    let aheadMax = 0;
    function* counted(): Generator<Packet> {
      for (const packet of packets) {
        given++;
        yield packet;
      }
    }
    const sha256 = await gather(counted(), options, events, () => {
      aheadMax = Math.max(aheadMax, given - events.length / 2);
    });
    // What one window of the reader holds, and what waits to be read here.
    expect(aheadMax).toBeLessThan(5_000);
    expect(sha256).toBe(whole.verdictsSha256);
    const told = events.map((event) => (event.kind === 'packet' ? brief(event.packet) : ''));
    expect(told.filter(Boolean)).toEqual(whole.packets.map(brief));
    const verdicts = events.flatMap((event) => (event.kind === 'verdict' ? event.verdict : []));
    expect(verdicts.map(({ packet, releaseNs }) => [packet, releaseNs])).toEqual(
      whole.verdicts.map(({ packet, releaseNs }) => [packet, releaseNs]),
    );
  });

  test('ends when nobody wants more', async () => {
    let isClosed = false;
    function* endless(): Generator<Packet> {
      try {
        for (let i = 0; ; i++) yield { ...packets[i % packets.length], timeNs: i * MS };
      } finally {
        isClosed = true;
      }
    }
    let seen = 0;
    for await (const { kind } of replayEvents(endless(), options)) {
      if (kind === 'verdict' && ++seen === 5_000) break;
    }
    expect({ seen, isClosed }).toEqual({ seen: 5_000, isClosed: true });
  });
});

test.each([
  [[{ timeNs: -1, bytes: new Uint8Array(1) }], 'packet 1 came at -1'],
  [[{ timeNs: Number.NaN, bytes: new Uint8Array(1) }], 'packet 1 came at NaN'],
  [[...datagrams(1), { timeNs: 0, bytes: new Uint8Array(70_000) }], 'packet 2 has 70000 bytes'],
])('refuses packets that cannot be', async (packets, message) => {
  const refused = replay(packets, { rules: 'any' });
  await expect(refused).rejects.toMatchObject({
    code: 'E_PACKET',
    message: expect.stringContaining(message),
  });
});

test('refuses rules and clients that are none', async () => {
  await expect(replay([], { rules: 'any los' })).rejects.toMatchObject({ code: 'E_RULE_SYNTAX' });
  const client = replay([], { rules: 'any', client: '198.18.0' });
  await expect(client).rejects.toMatchObject({ code: 'E_RULE_MATCH' });
});

/** Comparing kilobytes byte by byte takes vitest its time. */
function brief({ packet, kind, timeNs, bytes }: ReplayedPacket): string {
  return `${kind} ${packet} at ${timeNs}: ${bytes.length} ${bytes.subarray(42, 44)}`;
}

/** Returns what the events' generator returns. */
async function gather(
  input: Parameters<typeof replayEvents>[0],
  options: ReplayOptions,
  events: ReplayEvent[],
  onEvent = () => {},
): Promise<string> {
  const iterator = replayEvents(input, options);
  for (;;) {
    const { done, value } = await iterator.next();
    if (done) return value;
    events.push(value);
    onEvent();
  }
}
