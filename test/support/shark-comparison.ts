/** What our reader says of a file beside what tshark says of it. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { OptionCode, readOptions, textsOf } from '../../src/pcap/options.js';
import { absoluteTimes, type Reading, type ReadPacket, readCapture } from './capture-reading.js';
import { readWithTshark, type SharkPacket } from './wireshark.js';

/** Compares all that both say of each packet, and returns what tshark said. */
export async function expectAsTshark(file: string): Promise<SharkPacket[]> {
  const seen = await readWithTshark(file);
  const reading = readCapture(readFileSync(file), () => 200_003);
  expect(reading.fault).toBeNull();
  const times = absoluteTimes(reading);
  const ours = reading.packets.map((packet, i) => ({
    timeNs: times[i],
    wireBytes: packet.wireBytes,
    ...(reading.format === 'pcapng' ? originOf(reading, packet) : NO_ORIGIN),
    comments: commentsOf(reading, packet),
  }));
  // A simple packet has no time.
  const theirs = seen.map(({ data: _, capturedBytes: __, ...packet }, i) =>
    packet.timeNs === null ? { ...packet, timeNs: times[i] } : packet,
  );
  expect(ours).toEqual(theirs);
  expect(seen.map(({ capturedBytes }) => capturedBytes)).toEqual(
    reading.packets.map(({ data }) => data.length),
  );
  expectSame(reading.packets, seen);
  return seen;
}

/** The bytes of two lists of packets, compared without `expect`, which is slow for so many. */
export function expectSame(
  is: readonly { readonly data: Uint8Array }[],
  expected: readonly { readonly data: Uint8Array }[],
): void {
  expect(is).toHaveLength(expected.length);
  const differ = is.flatMap(({ data }, i) => (Buffer.compare(data, expected[i].data) ? [i] : []));
  expect(differ).toEqual([]);
}

/** Classic files say nothing of it. */
const NO_ORIGIN = { section: undefined, interface: undefined, interfaceName: undefined };

/** tshark counts the interfaces of each section by themselves. */
function originOf({ interfaces }: Reading, packet: ReadPacket) {
  const { section, name } = interfaces[packet.interface];
  const first = interfaces.findIndex((other) => other.section === section);
  return { section, interface: packet.interface - first, interfaceName: name };
}

function commentsOf({ interfaces, sections }: Reading, packet: ReadPacket): string[] {
  const section = sections[interfaces[packet.interface].section];
  if (section === undefined) return [];
  return textsOf(readOptions(packet.options, section.littleEndian), OptionCode.comment);
}
