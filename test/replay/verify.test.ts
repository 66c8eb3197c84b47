/** Recordings beside what a replay makes of them: the same is found to be so, and anything else is found. */
import { expect, test } from 'vitest';
import { OptionCode, readOptions, textsOf } from '../../src/pcap/options.js';
import { readHeader } from '../../src/pcap/recording/header.js';
import { RecordingTimeline } from '../../src/replay/timeline.js';
import { isSameVerdict, Verifier } from '../../src/replay/verify.js';
import { rulesOf } from '../../src/rules/rule-source.js';
import { little } from '../support/capture-bytes.js';
import { ethernet, ip, tcp, udp } from '../support/packets.js';
import {
  engineNs,
  header,
  packets,
  type Recorded,
  RULES,
  recording,
} from '../support/recordings.js';
import { capture, replayed } from '../support/replays.js';

async function verified(file: Uint8Array, seed = 'recorded') {
  const verifier = new Verifier();
  const recorded = header(RULES, 0, false);
  const timeline = new RecordingTimeline(recorded);
  const given = await replayed(file, {
    rules: rulesOf(recorded.source),
    seed,
    timeline,
    observers: [verifier],
  });
  return { ...given, verification: verifier.result, end: timeline.end };
}

const nothing = packets.map(() => null);

/** What a live run would have recorded is what the engine says: see engine-equality. */
async function honest(spec: Omit<Recorded, 'verdicts'> = {}): Promise<readonly string[]> {
  return (await verified(recording({ ...spec, verdicts: nothing }))).verdicts;
}

test('a recording is verified, with the end that it had', async () => {
  const endNs = engineNs(packets.length - 1) + 1_000;
  const verdicts = await honest({ end: { lost: 0, endNs } });
  expect(verdicts.filter((text) => / held by jitter at the end/.test(text)).length).toBeGreaterThan(
    0,
  );
  expect(verdicts.filter((text) => /dropped by loss/.test(text)).length).toBeGreaterThan(0);
  const { verification, end, result } = await verified(
    recording({ verdicts, end: { lost: 0, endNs } }),
  );
  expect(verification).toEqual({
    packets: packets.length,
    differences: 0,
    firstDifference: null,
    unverifiable: 0,
    overflowAt: null,
  });
  expect(end).toEqual({ endNs, packets: packets.length, lost: 0 });
  expect(result.spanNs).toBe(endNs - engineNs(0));
});

test('rules that changed on the way change at the same packet, and the change can be seen', async () => {
  const verdicts = await honest({ changeAt: 20 });
  const { verification } = await verified(recording({ verdicts, changeAt: 20 }));
  expect(verification).toMatchObject({ packets: packets.length, differences: 0 });
  const unchanged = await verified(recording({ verdicts }));
  expect(unchanged.verification.firstDifference!.packet).toBeGreaterThan(20);
  const late = await verified(recording({ verdicts, changeAt: 40 }));
  expect(late.verification.firstDifference!.packet).toBeGreaterThan(20);
  expect(late.verification.firstDifference!.packet).toBeLessThanOrEqual(40);
});

test('a recording that was cut off is compared as far as it goes', async () => {
  const verdicts = await honest({ end: null });
  const { verification, end } = await verified(recording({ verdicts, end: null }));
  expect(verification).toMatchObject({ packets: packets.length, differences: 0 });
  expect(end).toBe(null);
});

test('each other verdict is found, the first is told', async () => {
  const verdicts = [...(await honest())];
  const right = verdicts.map((text) => text);
  verdicts[16] = verdicts[16].replace(/flow \d+/, 'flow 99');
  verdicts[40] = 'netemu dropped by loss; rule udp:443, flow 0, packet 1';
  const { verification } = await verified(recording({ verdicts }));
  expect(verification).toMatchObject({
    packets: packets.length,
    differences: 2,
    firstDifference: { packet: 17, recorded: verdicts[16], replayed: right[16] },
  });
  expect(
    (await verified(recording({ verdicts: right }), 'another')).verification.differences,
  ).toBeGreaterThan(5);
});

test('packets without a verdict are counted', async () => {
  const verdicts = [...(await honest())] as (string | null)[];
  verdicts[3] = null;
  verdicts[5] = 'a comment of somebody';
  const { verification } = await verified(recording({ verdicts }));
  expect(verification).toMatchObject({
    packets: packets.length - 2,
    differences: 0,
    unverifiable: 2,
  });
});

test('many packets that wait for one', async () => {
  const count = 10_000;
  const udpFrame = ethernet(ip('192.0.2.1', '198.51.100.2', udp(1, 2)));
  const tcpFrame = ethernet(ip('192.0.2.1', '198.51.100.2', tcp(1, 2)));
  const verdicts = Array.from({ length: count }, (_, i) =>
    i === 50
      ? 'netemu left after 1 ms (delay); rule tcp, flow 0, packet 1'
      : `netemu ${i % 7 === 6 ? 'dropped by loss' : 'passed'}; rule udp, flow 0, packet ${i + 1}`,
  );
  const file = capture(
    verdicts.map((text, i) => ({
      atNs: i < 9_000 ? i : 2e6 + i,
      data: i === 50 ? tcpFrame : udpFrame,
      options: little.options([1, text]),
    })),
  );
  const verifier = new Verifier();
  const rules = ['tcp delay 1ms', 'udp loss every 7'];
  await replayed(file, { rules, observers: [verifier] });
  // From the one that was not of their flow on they count one less.
  expect(verifier.result).toMatchObject({ packets: count, differences: count - 51 });
  expect(verifier.result.firstDifference).toMatchObject({
    packet: 52,
    recorded: 'netemu passed; rule udp, flow 0, packet 52',
    replayed: 'netemu passed; rule udp, flow 0, packet 51',
  });
});

test('the output of a replay says nothing of the recording', async () => {
  const verdicts = await honest();
  const { output } = await verified(recording({ verdicts, changeAt: 30 }));
  const comments = output.packets.flatMap(({ options }) =>
    textsOf(readOptions(options, true), OptionCode.comment),
  );
  expect(comments).toEqual([]);
  expect(output.sections.map(({ comments: of }) => readHeader(of))).toEqual([null]);
  expect(output.packets[0].options.length).toBeGreaterThan(0);
  expect(output.blocks).toEqual([]);
});

const rule = '; rule udp:53, flow 3, packet 17';

test.each([
  // The recording could not wait: it may have left, with a mark that it got on its way out, or not.
  ['netemu held by jitter when written', 'netemu left after 20.000312 ms (jitter)', true],
  ['netemu held by rate when written', 'netemu left after 3 ms (rate), marked', true],
  ['netemu held by rate when written, corrupted', 'netemu left after 3 ms (rate), corrupted', true],
  ['netemu held by rate when written, marked', 'netemu left after 3 ms (rate), marked', true],
  ['netemu held by rate when written', 'netemu dropped by queue', true],
  ['netemu held by jitter when written', 'netemu held by jitter at the end', true],
  [
    'netemu held by delay when written, copy held when written',
    'netemu left after 3 ms (delay), copy after 4 ms',
    true,
  ],
  [
    'netemu left after 3 ms (delay), copy held when written',
    'netemu left after 3 ms (delay), copy after 4.5 ms',
    true,
  ],
  [
    'netemu left after 3 ms (rate), copy held when written',
    'netemu left after 3 ms (rate), copy dropped',
    true,
  ],
  ['netemu held by jitter at the end', 'netemu held by jitter at the end', true],
  // By another, lost before, at once, or with other effects it did not.
  ['netemu held by jitter when written', 'netemu left after 20 ms (delay)', false],
  ['netemu held by jitter when written', 'netemu held by delay at the end', false],
  ['netemu held by rate when written', 'netemu dropped by loss', false],
  ['netemu held by rate when written', 'netemu passed', false],
  ['netemu held by rate when written, marked', 'netemu left after 3 ms (rate)', false],
  ['netemu held by rate when written', 'netemu left after 3 ms (rate), corrupted', false],
  [
    'netemu left after 3 ms (delay), copy held when written',
    'netemu left after 4 ms (delay), copy after 4.5 ms',
    false,
  ],
  [
    'netemu left after 3 ms (delay), copy held when written',
    'netemu left after 3 ms (delay)',
    false,
  ],
  // At the end everything was known.
  ['netemu held by jitter at the end', 'netemu left after 20 ms (jitter)', false],
  ['netemu left after 20 ms (jitter)', 'netemu held by jitter at the end', false],
  ['netemu left after 20 ms (jitter)', 'netemu left after 20.000001 ms (jitter)', false],
  ['netemu left after 3 ms (delay)', 'netemu left after 3 ms (delay), copy after 4 ms', false],
  ['netemu dropped by loss', 'netemu passed', false],
])('recorded "%s", replayed "%s": %s', (recorded, replay, expected) => {
  expect(isSameVerdict(recorded + rule, replay + rule)).toBe(expected);
  expect(isSameVerdict(recorded + rule, `${replay}; rule udp:53, flow 3, packet 18`)).toBe(false);
});

test('from the first packet on that found no memory nothing is compared', async () => {
  const verdicts = [...(await honest())];
  verdicts[30] = 'netemu dropped by memory; rule udp:443, flow 0, packet 25';
  verdicts[40] = 'netemu dropped by loss; rule udp:443, flow 0, packet 1';
  const { verification } = await verified(recording({ verdicts }));
  expect(verification).toMatchObject({ packets: 30, differences: 0, overflowAt: 31 });
});
