/**
 * Packets that a program has, as the capture that they would be: a pcapng of one interface, made block by
 * block as it is read. So whatever a replay understands of a file, it understands of them.
 */
import { usageError } from '../errors.js';
import { FRAME_BYTES_MAX } from '../netem/limits.js';
import type { CaptureSource } from '../pcap/capture-source.js';
import type { DirectionName } from '../rules/rule.js';
import type { Link } from './engine.js';

/** A packet to be replayed. */
export interface Packet {
  /**
   * When it came, in nanoseconds since any moment. Those since 1970 are too many for a number to be exact: a
   * bigint is. A time before that of the packet before it counts as that one's.
   */
  readonly timeNs: number | bigint;
  /** From the link header on, or from the IP header on: see `ReplayOptions.link`. */
  readonly bytes: Uint8Array;
  /** Without it the first packet of each flow goes out, and what answers it comes in. */
  readonly direction?: DirectionName;
}

/** LINKTYPE_ values. */
const LINK_TYPES = { ethernet: 1, ip: 101 } as const satisfies Record<Link, number>;
const DIRECTION_FLAGS = { in: 1, out: 2 } as const satisfies Record<DirectionName, number>;
const NO_FLAGS = 0;

const PACKET_HEAD_BYTES = 28;
/** The option with the flags, the end of options, the total length again. */
const PACKET_TAIL_BYTES = 16;
const FLAGS_OPTION = 2;

export class PacketSource implements CaptureSource {
  readonly name = 'the packets';
  readonly #packets: AsyncIterator<Packet> | Iterator<Packet>;
  readonly #isAsync: boolean;
  #count = 0;
  /** A block of which not all was read. */
  #rest: Uint8Array;

  constructor(packets: Iterable<Packet> | AsyncIterable<Packet>, link: Link) {
    this.#isAsync = Symbol.asyncIterator in packets;
    this.#packets =
      Symbol.asyncIterator in packets
        ? packets[Symbol.asyncIterator]()
        : packets[Symbol.iterator]();
    this.#rest = header(LINK_TYPES[link]);
  }

  async read(into: Uint8Array, at: number, count: number): Promise<number> {
    let done = 0;
    while (done < count) {
      if (this.#rest.length === 0) {
        // What is there need not wait for what comes next, which may be long in coming.
        if (this.#isAsync && done > 0) break;
        const next = await this.#packets.next();
        if (next.done === true) break;
        this.#rest = packetBlock(next.value, ++this.#count);
      }
      const part = this.#rest.subarray(0, count - done);
      into.set(part, at + done);
      this.#rest = this.#rest.subarray(part.length);
      done += part.length;
    }
    return done;
  }

  async close(): Promise<void> {
    await this.#packets.return?.();
  }
}

/** A section, and an interface with times in nanoseconds (if_tsresol). */
function header(link: number): Uint8Array {
  const section = [0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, 0xffff_ffff, 0xffff_ffff, 28];
  const description = [1, 32, link, 0, 0x0001_0009, 9, 0, 32];
  const words = new DataView(new ArrayBuffer(60));
  for (const [i, word] of [...section, ...description].entries())
    words.setUint32(i * 4, word, true);
  return new Uint8Array(words.buffer);
}

function packetBlock({ timeNs, bytes, direction }: Packet, ordinal: number): Uint8Array {
  if (bytes.length > FRAME_BYTES_MAX) {
    const sentence = `packet ${ordinal} has ${bytes.length} bytes, the limit is ${FRAME_BYTES_MAX}`;
    throw usageError('E_PACKET', sentence);
  }
  const padded = (bytes.length + 3) & ~3;
  const count = PACKET_HEAD_BYTES + padded + PACKET_TAIL_BYTES;
  const block = new DataView(new ArrayBuffer(count));
  const time = timeOf(timeNs, ordinal);
  const head = [
    6,
    count,
    0,
    Number(time >> 32n),
    Number(time & 0xffff_ffffn),
    bytes.length,
    bytes.length,
  ];
  for (const [i, word] of head.entries()) block.setUint32(i * 4, word, true);
  new Uint8Array(block.buffer).set(bytes, PACKET_HEAD_BYTES);
  const tail = PACKET_HEAD_BYTES + padded;
  block.setUint16(tail, FLAGS_OPTION, true);
  block.setUint16(tail + 2, 4, true);
  block.setUint32(tail + 4, direction === undefined ? NO_FLAGS : DIRECTION_FLAGS[direction], true);
  block.setUint32(count - 4, count, true);
  return new Uint8Array(block.buffer);
}

function timeOf(timeNs: number | bigint, ordinal: number): bigint {
  const isTime = typeof timeNs === 'bigint' || Number.isFinite(timeNs);
  const time = isTime ? BigInt(typeof timeNs === 'bigint' ? timeNs : Math.round(timeNs)) : -1n;
  if (time >= 0n && time < 1n << 64n) return time;
  throw usageError(
    'E_PACKET',
    `packet ${ordinal} came at ${timeNs}, which is no time in nanoseconds`,
  );
}
