/**
 * pcapng (draft-ietf-opsawg-pcapng): blocks, each with its type and its length, which stands at its end
 * again. A block is looked at when it is whole, so that what is wrong with a file is the same however its
 * bytes come.
 */
import {
  BLOCK_BYTES_MAX,
  grouped,
  INTERFACE_OPTIONS_BYTES_MAX,
  INTERFACES_MAX,
  Item,
  inBytes,
  PACKET_BLOCK_BYTES_MAX,
} from './capture-items.js';
import { readInterface } from './interface-description.js';
import { LargeBlock } from './large-block.js';
import { viewOf } from './option-walk.js';
import { BlockType, isPacketBlock, PacketBlocks } from './packet-blocks.js';
import type { ReadState } from './read-state.js';
import { readSection } from './section.js';

/** Type, length, and the length again. */
const BLOCK_BYTES_MIN = 12;

const BYTE_ORDER_AT = 8;
const BYTE_ORDER_MAGIC = 0x1a2b_3c4d;

export class PcapngReader {
  readonly #state: ReadState;
  readonly #packets: PacketBlocks;
  #littleEndian = true;
  #large: LargeBlock | null = null;
  #interfaceOptionsBytes = 0;

  constructor(state: ReadState) {
    this.#state = state;
    this.#packets = new PacketBlocks(state);
  }

  next(): number {
    if (this.#large !== null) return this.#collect(this.#large);
    const state = this.#state;
    const { at, view } = state;
    const available = state.end - at;
    if (available < BLOCK_BYTES_MIN) return state.withoutHeader('the header of a block');
    // The type of a section header is the same in both byte orders.
    const type = view.getInt32(at, this.#littleEndian);
    if (type === BlockType.section && !this.#readByteOrder(at)) {
      return state.fail(at, 'a section header without the byte-order magic');
    }
    const littleEndian = this.#littleEndian;
    const length = view.getInt32(at + 4, littleEndian);
    if (length < BLOCK_BYTES_MIN || length > BLOCK_BYTES_MAX || (length & 3) !== 0) {
      return this.#wrongLength(length);
    }
    const isPacket = isPacketBlock(type);
    if (isPacket && length > PACKET_BLOCK_BYTES_MAX) return this.#tooLongPacket(length);
    if (length > available) return this.#incomplete(type, length);
    if (view.getInt32(at + length - 4, littleEndian) !== length) {
      return state.fail(at, otherLength(view, at, length, littleEndian));
    }
    state.at = at + length;
    return isPacket
      ? this.#packets.read(type, at, length, littleEndian)
      : this.#take(type, state.bytes, at, length, state.offsetOf(at));
  }

  #readByteOrder(at: number): boolean {
    const magic = this.#state.view.getInt32(at + BYTE_ORDER_AT, true);
    this.#littleEndian = magic === BYTE_ORDER_MAGIC;
    return this.#littleEndian || magic === 0x4d3c_2b1a;
  }

  #wrongLength(length: number): number {
    const said = `a block of ${inBytes(length >>> 0)}`;
    const { at } = this.#state;
    if (length >= 0 && length < BLOCK_BYTES_MIN) {
      return this.#state.fail(at, `${said}, where the least is ${BLOCK_BYTES_MIN}`);
    }
    if (length < 0 || length > BLOCK_BYTES_MAX) {
      return this.#state.fail(at, `${said}, where the most is ${grouped(BLOCK_BYTES_MAX)}`);
    }
    return this.#state.fail(at, `${said}, which is no multiple of 4`);
  }

  #tooLongPacket(length: number): number {
    const [is, max] = [grouped(length), grouped(PACKET_BLOCK_BYTES_MAX)];
    const { at } = this.#state;
    return this.#state.fail(at, `a packet's block of ${is} bytes, where the most is ${max}`);
  }

  #incomplete(type: number, length: number): number {
    const state = this.#state;
    if (length <= state.windowBytes) return state.incomplete(state.at, insideBlock(length));
    this.#large = new LargeBlock(type, length, state.offsetOf(state.at));
    return this.#collect(this.#large);
  }

  #collect(large: LargeBlock): number {
    const state = this.#state;
    state.at += large.take(state.bytes.subarray(state.at, state.end));
    const block = large.whole;
    if (block === null) {
      return state.isFinished
        ? state.failAt(large.offset, `the file ends inside ${insideBlock(large.length)}`)
        : Item.more;
    }
    this.#large = null;
    const view = viewOf(block);
    if (view.getInt32(block.length - 4, this.#littleEndian) !== block.length) {
      const reason = otherLength(view, 0, block.length, this.#littleEndian);
      return state.failAt(large.offset, reason);
    }
    return this.#take(large.type, block, 0, block.length, large.offset);
  }

  /** A whole block that is no packet. */
  #take(type: number, bytes: Uint8Array, at: number, length: number, offset: number): number {
    const state = this.#state;
    if (type === BlockType.section) {
      return this.#section(bytes.subarray(at, at + length), offset);
    }
    if (type === BlockType.interface) {
      return this.#interface(bytes.subarray(at, at + length), offset);
    }
    state.blockBytes = bytes;
    state.block.at = at;
    state.block.bytes = length;
    return Item.block;
  }

  #section(block: Uint8Array, offset: number): number {
    const state = this.#state;
    const index = state.section === null ? 0 : state.section.index + 1;
    const section = readSection(block, index, this.#littleEndian);
    if (typeof section === 'string') return state.failAt(offset, section);
    state.section = section;
    this.#packets.beginSection();
    return Item.section;
  }

  #interface(block: Uint8Array, offset: number): number {
    const state = this.#state;
    if (state.interfaces.length === INTERFACES_MAX) {
      return state.failAt(offset, `more than ${grouped(INTERFACES_MAX)} interfaces`);
    }
    const description = readInterface(block, this.#littleEndian);
    if (typeof description === 'string') return state.failAt(offset, description);
    const { link, snapLength, name, options, resolution, offsetSeconds } = description;
    this.#interfaceOptionsBytes += options.length;
    if (this.#interfaceOptionsBytes > INTERFACE_OPTIONS_BYTES_MAX) {
      const max = grouped(INTERFACE_OPTIONS_BYTES_MAX);
      return state.failAt(offset, `interfaces with more than ${max} bytes of options together`);
    }
    state.addInterface(link, snapLength, name, options);
    state.times.add(resolution, offsetSeconds);
    return Item.interface;
  }
}

function insideBlock(length: number): string {
  return `a block of ${grouped(length)} bytes`;
}

function otherLength(view: DataView, at: number, length: number, littleEndian: boolean): string {
  const second = view.getUint32(at + length - 4, littleEndian);
  return `a block of ${grouped(length)} bytes whose length at its end is ${grouped(second)}`;
}
