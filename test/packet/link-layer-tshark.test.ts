/** Packets behind the link headers of captures, as Wireshark's dissectors and our view find them. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PacketView } from '../../src/packet/packet-view.js';
import { linkTypeOf } from '../../src/pcap/link-types.js';
import { big } from '../support/capture-bytes.js';
import { findProgram } from '../support/find-program.js';
import { cooked, cooked2, loopback } from '../support/link-headers.js';
import { dnsQuery, ip, udp } from '../support/packets.js';
import { CaptureFolder, isWiresharkMissing } from '../support/wireshark.js';

const query = udp(40_000, 5_353, dnsQuery('example.org'));
const FOUR = ip('192.0.2.1', '198.51.100.2', query);
const SIX = ip('2001:db8::1', '2001:db8::2', query);

const TAGS = [
  [],
  [[0x8100, 10]],
  [
    [0x88a8, 10],
    [0x8100, 20],
  ],
] as const;

const tagged = (build: typeof cooked) =>
  [FOUR, SIX].flatMap((packet) => [
    ...TAGS.flatMap((tags) =>
      [0, 1, 2, 3, 4].map((packetType) => build(packet, { tags, packetType })),
    ),
    build(packet, { protocol: 0x0806 }),
    build(packet, { protocol: 0x0004 }),
  ]);

/** The families that Wireshark, too, knows: not Linux's own, which no loopback capture has. */
const families = (orders: readonly ('little' | 'big')[]) =>
  orders.flatMap((order) => [
    loopback(FOUR, order),
    ...[24, 28, 30].map((family) => loopback(SIX, order, family)),
    loopback(FOUR, order, 7),
    loopback(SIX, order, 99),
  ]);

const FRAMES: Record<number, readonly Uint8Array[]> = {
  0: families(['little', 'big']),
  108: families(['big']),
  101: [FOUR, SIX],
  113: tagged(cooked),
  228: [FOUR],
  229: [SIX],
  276: tagged(cooked2),
};

describe.skipIf(isWiresharkMissing())('the same packets as tshark finds', () => {
  let folder: CaptureFolder;
  beforeAll(() => {
    folder = new CaptureFolder();
  });
  afterAll(() => folder.remove());

  test.each(Object.keys(FRAMES).map(Number))('in link type %i', (link) => {
    const frames = FRAMES[link];
    const file = folder.write(
      `${link}.pcap`,
      big.classic(
        { network: link },
        frames.map((data) => ({ data })),
      ),
    );
    const fields = ['ip.len', 'ipv6.plen', 'udp.srcport'];
    const args = ['-n', '-r', file, '-T', 'fields', ...fields.flatMap((name) => ['-e', name])];
    const stdout = execFileSync(findProgram('tshark'), args, {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const theirs = stdout.toString().replace(/\n$/, '').split('\n');
    const view = new PacketView();
    const ours = frames.map((frame) => {
      if (!view.parse(frame, 0, frame.length, linkTypeOf(link))) return '\t\t';
      const { version, wireLength, sourcePort } = view;
      const lengths = version === 4 ? [wireLength, ''] : ['', wireLength - 40];
      return [...lengths, sourcePort].join('\t');
    });
    expect(ours).toEqual(theirs);
    expect(theirs.filter((line) => line.includes('40000')).length).toBeGreaterThan(0);
  });
});
