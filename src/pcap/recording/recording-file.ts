/**
 * Writes a recording's blocks (pcapng, draft-ietf-opsawg-pcapng) in the thread that does nothing else, and so
 * waits for the disk. Blocks are collected and go out whole, so what a killed netemu leaves behind ends
 * with a whole block but for what the kernel had not taken.
 */
import * as fs from 'node:fs';
import {
  type CaptureOption,
  comment,
  encodeOptions,
  OptionCode,
  padded,
  textOption,
} from '../options.js';

export interface RecordedInterface {
  readonly name: string;
  /** A LINKTYPE_ value. */
  readonly link: number;
}

const BlockType = { section: 0x0a0d_0d0a, interface: 1, statistics: 5, packet: 6 } as const;
const BYTE_ORDER_MAGIC = 0x1a2b_3c4d;
/** The value of if_tsresol: 10^-9 s. */
const NANOSECONDS = 9;
/** Of interface statistics: when they ended. */
const END_TIME = 3;
/** The value of epb_flags by Direction. */
const FLAGS = [2, 1];

/** Type and length before a body, the length again behind it. */
const FRAMING_BYTES = 12;
const BODY_AT = 8;
const PACKET_AT = 28;
/** epb_flags, and what stands before a comment and behind it. */
const FLAGS_BYTES = 8;
const OPTION_HEAD_BYTES = 4;
const END_BYTES = 4;

const BUFFER_BYTES = 2 ** 20;
/** A packet of 64 KB and a comment of 64 KB, with what is around them. */
const PACKET_BLOCK_BYTES_MAX = 2 ** 18;
const COMMENT_BYTES_MAX = 65_535;

const WORD = 2 ** 32;

export class RecordingFile {
  /** Bytes that the kernel has taken. */
  bytes = 0;
  /** Packets that were put here, and those of them that cannot be in the file. */
  packets = 0;
  discarded = 0;
  /** What went wrong; from then on nothing is written. */
  failure: string | null = null;

  readonly #fd: number;
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  readonly #view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset, BUFFER_BYTES);
  #filled = 0;
  /** Packets in the buffer. */
  #waiting = 0;
  /** What is added to each time, in two words. */
  #offsetHigh = 0;
  #offsetLow = 0;

  /** The fd stays its opener's. What is in the file goes away with the first section. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Times are from here on given in nanoseconds since this one. */
  setClockOffset(ns: bigint): void {
    this.#offsetHigh = Number(BigInt.asUintN(32, ns >> 32n));
    this.#offsetLow = Number(BigInt.asUintN(32, ns));
  }

  section(
    comments: readonly string[],
    application: string,
    interfaces: readonly RecordedInterface[],
  ): void {
    const body = Buffer.alloc(16);
    body.writeUInt32LE(BYTE_ORDER_MAGIC, 0);
    body.writeUInt16LE(1, 4);
    body.writeUInt16LE(0, 6);
    body.writeBigInt64LE(-1n, 8); // Its length: not known yet.
    const options = [...comments.map(comment), textOption(OptionCode.application, application)];
    if (this.bytes === 0 && this.#filled === 0) this.#empty();
    this.#put(BlockType.section, body, encodeOptions(options, true));
    for (const { name, link } of interfaces) {
      const description = Buffer.alloc(8);
      description.writeUInt16LE(link, 0); // Behind it the snap length: no limit.
      this.#put(
        BlockType.interface,
        description,
        encodeOptions(
          [
            textOption(OptionCode.interfaceName, name),
            { code: OptionCode.timeResolution, value: Uint8Array.of(NANOSECONDS) },
          ],
          true,
        ),
      );
    }
  }

  /** `timesNs[timeAt]` is its time. */
  packet(
    interfaceIndex: number,
    direction: number,
    timesNs: Float64Array,
    timeAt: number,
    bytes: Uint8Array,
    at: number,
    length: number,
    verdict: string,
  ): void {
    if (this.#filled + PACKET_BLOCK_BYTES_MAX > BUFFER_BYTES) this.flush();
    this.packets++;
    if (this.failure !== null) {
      this.discarded++;
      return;
    }
    this.#waiting++;
    const buffer = this.#buffer;
    const view = this.#view;
    const start = this.#filled;
    view.setUint32(start, BlockType.packet, true);
    view.setUint32(start + 8, interfaceIndex, true);
    this.#writeTime(start + 12, timesNs[timeAt]!);
    view.setUint32(start + 20, length, true);
    view.setUint32(start + 24, length, true);
    let end = start + PACKET_AT + padded(length);
    view.setUint32(end - 4, 0);
    buffer.set(bytes.subarray(at, at + length), start + PACKET_AT);
    view.setUint16(end, OptionCode.packetFlags, true);
    view.setUint16(end + 2, 4, true);
    view.setUint32(end + 4, FLAGS[direction]!, true);
    end += FLAGS_BYTES;
    const textBytes = buffer.write(verdict, end + OPTION_HEAD_BYTES, COMMENT_BYTES_MAX);
    view.setUint16(end, OptionCode.comment, true);
    view.setUint16(end + 2, textBytes, true);
    buffer.fill(
      0,
      end + OPTION_HEAD_BYTES + textBytes,
      end + OPTION_HEAD_BYTES + padded(textBytes),
    );
    end += OPTION_HEAD_BYTES + padded(textBytes);
    view.setUint32(end, 0);
    end += END_BYTES + 4;
    view.setUint32(start + 4, end - start, true);
    view.setUint32(end - 4, end - start, true);
    this.#filled = end;
  }

  /** The last block of each interface; the last of all has the comment. */
  end(interfaceCount: number, endNs: number, text: string): void {
    const time = Buffer.alloc(8);
    for (let i = 0; i < interfaceCount; i++) {
      const body = Buffer.alloc(12);
      body.writeUInt32LE(i, 0);
      this.#writeTime(this.#filled, endNs);
      this.#buffer.copy(time, 0, this.#filled, this.#filled + 8);
      time.copy(body, 4);
      const options: CaptureOption[] = [{ code: END_TIME, value: time }];
      if (i === interfaceCount - 1) options.push(comment(text));
      this.#put(BlockType.statistics, body, encodeOptions(options, true));
    }
  }

  flush(): void {
    this.#write(this.#buffer, this.#filled);
    this.#filled = 0;
    if (this.failure !== null) this.discarded += this.#waiting;
    this.#waiting = 0;
  }

  /** Two words, the higher one first. */
  #writeTime(at: number, ns: number): void {
    const high = Math.floor(ns / WORD);
    const low = this.#offsetLow + (ns - high * WORD);
    const carry = low >= WORD ? 1 : 0;
    this.#view.setUint32(at, this.#offsetHigh + high + carry, true);
    this.#view.setUint32(at + 4, low - carry * WORD, true);
  }

  #put(type: number, body: Uint8Array, options: Uint8Array): void {
    const total = body.length + options.length + FRAMING_BYTES;
    const block = Buffer.alloc(total);
    block.writeUInt32LE(type, 0);
    block.writeUInt32LE(total, 4);
    block.set(body, BODY_AT);
    block.set(options, BODY_AT + body.length);
    block.writeUInt32LE(total, total - 4);
    if (this.#filled + total > BUFFER_BYTES) this.flush();
    if (total > BUFFER_BYTES) {
      this.#write(block, total);
      return;
    }
    this.#buffer.set(block, this.#filled);
    this.#filled += total;
  }

  #empty(): void {
    try {
      fs.ftruncateSync(this.#fd);
    } catch {
      // It is no file: a device has nothing that could be in the way.
    }
  }

  #write(bytes: Uint8Array, count: number): void {
    if (this.failure !== null) return;
    try {
      for (let done = 0; done < count; ) {
        const taken = fs.writeSync(this.#fd, bytes, done, count - done);
        done += taken;
        this.bytes += taken;
      }
    } catch (error) {
      this.failure = (error as Error).message;
    }
  }
}
