/** Good captures of all kinds, small, with packets that an engine has to look into: what mutants are made from. */
import { big, type CaptureBytes, data, little, MAGIC, words } from './capture-bytes.js';
import { concat } from './packet-bytes.js';
import * as build from './packets.js';

const CLIENT = ['192.0.2.1', '2001:db8::1'] as const;
const SERVER = ['198.51.100.2', '2001:db8:ffff::2'] as const;

/** A few flows of each protocol, both ways. */
const ipPackets: readonly Uint8Array[] = [0, 1].flatMap((version) => {
  const [client, server] = [CLIENT[version], SERVER[version]];
  return [
    build.ip(client, server, build.udp(40_000, 53, build.dnsQuery('example.org'))),
    build.ip(server, client, build.udp(53, 40_000, build.dnsQuery('example.org'))),
    build.ip(client, server, build.tcp(40_001, 443, { flags: 2 })),
    build.ip(server, client, build.tcp(443, 40_001, { payload: data(200) })),
    build.ip(client, server, build.udp(40_002, 443, data(300))),
    build.ip(client, server, build.sctp(5000, 5001, data(40))),
  ];
});

/** The header of each link type before an IP packet, by LINKTYPE_ value. */
const LINK_HEADERS: Record<number, (at: CaptureBytes, isIpv6: boolean) => Uint8Array> = {
  101: () => new Uint8Array(0),
  0: (at, isIpv6) => at.u32(isIpv6 ? 10 : 2),
  108: (_, isIpv6) => big.u32(isIpv6 ? 30 : 2),
  113: (_, isIpv6) => concat(big.u16(0, 1, 6), data(8), big.u16(isIpv6 ? 0x86dd : 0x800)),
  276: (_, isIpv6) => concat(big.u16(isIpv6 ? 0x86dd : 0x800, 0), big.u32(2), data(12)),
};

export function framesOf(at: CaptureBytes, link: number): Uint8Array[] {
  if (link === 1) {
    return ipPackets.map((ip, i) => build.ethernet(ip, i % 3 === 0 ? { tags: [[0x8100, 5]] } : {}));
  }
  return ipPackets.map((ip) => concat(LINK_HEADERS[link](at, ip[0] >> 4 === 6), ip));
}

const NOW_S = 1_700_000_000;

function classic(at: CaptureBytes, magic: number, link: number): Uint8Array {
  const packets = framesOf(at, link).map((frame, i) => ({
    data: frame,
    time: [NOW_S + (i >> 2), 1000 * i] as [number, number],
    wireBytes: frame.length + (i % 5 === 4 ? 100 : 0),
  }));
  return at.classic({ magic, network: link }, packets);
}

/** Enhanced packets of one interface, with options in every other one. */
function enhanced(at: CaptureBytes, link: number, index: number, ticksPerSecond: bigint) {
  return framesOf(at, link).map((frame, i) =>
    at.enhanced({
      data: frame,
      interface: index,
      time: words(BigInt(NOW_S) * ticksPerSecond + (ticksPerSecond * BigInt(i)) / 1000n),
      ...(i % 2 === 0 && { options: at.options([1, `packet ${i}`], [2, at.u32(1 + (i % 3))]) }),
    }),
  );
}

const TSRESOL = 9;
const TSOFFSET = 14;

function plain(at: CaptureBytes): Uint8Array {
  return concat(at.section(), at.interface(), ...enhanced(at, 1, 0, 1_000_000n));
}

/** Several interfaces with clocks of their own, and a block of each kind. */
function everything(at: CaptureBytes): Uint8Array {
  const clock = (resolution: number, offset: bigint) =>
    at.options(
      [2, `if${resolution}`],
      [TSRESOL, Uint8Array.of(resolution)],
      [TSOFFSET, at.i64(offset)],
    );
  const [frame] = framesOf(at, 1);
  const statistics = concat(at.u32(0, 1, 2), at.options([3, data(8)], [1, 'the end']));
  return concat(
    at.section({ options: at.options([1, 'everything'], [4, 'tests']) }),
    at.interface({ link: 1, snapLength: 4096, options: clock(9, 0n) }),
    at.interface({ link: 101, options: clock(0x80 | 20, -60n) }),
    at.interface({ link: 276, options: clock(12, BigInt(NOW_S)) }),
    ...enhanced(at, 1, 0, 1_000_000_000n),
    at.block(4, concat(at.u16(1, 8), Uint8Array.of(127, 0, 0, 1, 97, 98, 99, 0), at.u32(0))),
    ...enhanced(at, 101, 1, 2n ** 20n),
    at.block(0xbad, concat(at.u32(32473), data(20))),
    at.block(10, concat(at.u32(0x544c534b, 4), data(4))),
    at.simple({ data: frame }),
    at.obsolete({ data: frame, time: words(BigInt(NOW_S) * 1_000_000_000n) }),
    ...enhanced(at, 276, 2, 1000n),
    at.block(5, statistics),
  );
}

export const SEEDS: readonly Uint8Array[] = [
  classic(little, MAGIC.microseconds, 1),
  classic(big, MAGIC.microseconds, 101),
  classic(little, MAGIC.nanoseconds, 113),
  classic(big, MAGIC.nanoseconds, 276),
  classic(little, MAGIC.modified, 0),
  classic(big, MAGIC.microseconds, 108),
  plain(little),
  plain(big),
  everything(little),
  everything(big),
  concat(everything(big), plain(little), everything(little)),
  little.section(),
];

/**
 * With a block that the reader's smallest window cannot hold. To be chosen less often: each mutant of it takes as
 * long as a hundred others.
 */
export const LARGE_SEED = concat(
  plain(big),
  big.block(0xbad, data(600_000)),
  ...enhanced(big, 1, 0, 1_000_000n),
);
