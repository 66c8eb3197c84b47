/**
 * The three blocks of pcapng that hold a packet (draft-ietf-opsawg-pcapng sections 4.3, 4.4 and appendix A):
 * enhanced, simple, and the obsolete one that some old files have.
 */
import { grouped, Item, inBytes, PACKET_BYTES_MAX } from './capture-items.js';
import { OptionWalk } from './option-walk.js';
import type { ReadState } from './read-state.js';

export const BlockType = {
  section: 0x0a0d_0d0a,
  interface: 1,
  packet: 2,
  simple: 3,
  enhanced: 6,
} as const;

export function isPacketBlock(type: number): boolean {
  return type === BlockType.enhanced || type === BlockType.simple || type === BlockType.packet;
}

/** Where things are in a block; enhanced and obsolete ones differ in the interface only. */
const offset = {
  interface: 8,
  timeHigh: 12,
  timeLow: 16,
  captured: 20,
  wire: 24,
  data: 28,
} as const;
const simpleOffset = { wire: 8, data: 12 } as const;
const LENGTH_BYTES = 4;

/** epb_flags and pack_flags; their lowest two bits are the direction. */
const FLAGS_CODE = 2;
const FLAGS_BYTES = 4;
const DIRECTIONS = [-1, 1, 0, -1] as const;

const BAD_OPTIONS = -2;

export class PacketBlocks {
  readonly #state: ReadState;
  readonly #walk = new OptionWalk();
  /** Index of the present section's first interface. */
  #firstInterface = 0;

  constructor(state: ReadState) {
    this.#state = state;
  }

  beginSection(): void {
    this.#firstInterface = this.#state.interfaces.length;
  }

  /** Reads the packet of a whole block at `at` in the window; a packet or a fault. */
  read(type: number, at: number, length: number, littleEndian: boolean): number {
    if (type === BlockType.simple) return this.#simple(at, length, littleEndian);
    const state = this.#state;
    const { view, packet } = state;
    const room = length - offset.data - LENGTH_BYTES;
    if (room < 0) return state.fail(at, `a packet's block of ${length} bytes`);
    const index =
      type === BlockType.enhanced
        ? view.getInt32(at + offset.interface, littleEndian)
        : view.getUint16(at + offset.interface, littleEndian);
    if (!this.#isInterface(index)) return this.#unknownInterface(at, index);
    const capturedBytes = view.getInt32(at + offset.captured, littleEndian);
    if (capturedBytes < 0 || capturedBytes > PACKET_BYTES_MAX || capturedBytes > room) {
      return this.#wrongLength(at, capturedBytes, room);
    }
    const dataAt = at + offset.data;
    const paddedBytes = (capturedBytes + 3) & ~3;
    packet.direction = -1;
    if (paddedBytes !== room) {
      const direction = this.#direction(dataAt + paddedBytes, dataAt + room, littleEndian);
      if (direction === BAD_OPTIONS) return state.fail(at, this.#walk.problem!);
      packet.direction = direction;
    }
    packet.dataAt = dataAt;
    packet.capturedBytes = capturedBytes;
    packet.wireBytes = view.getUint32(at + offset.wire, littleEndian);
    packet.interface = this.#firstInterface + index;
    packet.optionsAt = dataAt + paddedBytes;
    packet.optionsBytes = room - paddedBytes;
    state.times.read(
      packet.interface,
      view.getInt32(at + offset.timeHigh, littleEndian),
      view.getInt32(at + offset.timeLow, littleEndian),
    );
    return Item.packet;
  }

  /** It has no time, no options, and its captured length follows from the interface's snap length. */
  #simple(at: number, length: number, littleEndian: boolean): number {
    const state = this.#state;
    const { view, packet } = state;
    const room = length - simpleOffset.data - LENGTH_BYTES;
    if (room < 0) return state.fail(at, `a simple packet's block of ${length} bytes`);
    if (!this.#isInterface(0)) return this.#unknownInterface(at, 0);
    const wireBytes = view.getUint32(at + simpleOffset.wire, littleEndian);
    const { snapLength } = state.interfaces[this.#firstInterface];
    const capturedBytes = Math.min(wireBytes, snapLength || wireBytes);
    if (capturedBytes > PACKET_BYTES_MAX || capturedBytes > room) {
      return this.#wrongLength(at, capturedBytes, room);
    }
    packet.dataAt = at + simpleOffset.data;
    packet.capturedBytes = capturedBytes;
    packet.wireBytes = wireBytes;
    packet.interface = this.#firstInterface;
    packet.optionsAt = packet.dataAt + room;
    packet.optionsBytes = 0;
    packet.direction = -1;
    return Item.packet;
  }

  #isInterface(index: number): boolean {
    return index >= 0 && this.#firstInterface + index < this.#state.interfaces.length;
  }

  #direction(from: number, end: number, littleEndian: boolean): number {
    const walk = this.#walk.start(this.#state.view, from, end, littleEndian);
    let direction = -1;
    while (walk.next()) {
      if (walk.code === FLAGS_CODE && walk.valueBytes === FLAGS_BYTES) {
        direction = DIRECTIONS[this.#state.view.getInt32(walk.valueAt, littleEndian) & 3];
      }
    }
    return walk.isBad ? BAD_OPTIONS : direction;
  }

  #unknownInterface(at: number, index: number): number {
    const count = this.#state.interfaces.length - this.#firstInterface;
    const known = count === 1 ? 'one' : grouped(count);
    const reason = `a packet of interface ${grouped(index >>> 0)}, where its section has ${known}`;
    return this.#state.fail(at, reason);
  }

  #wrongLength(at: number, capturedBytes: number, room: number): number {
    const said = `a packet of ${inBytes(capturedBytes >>> 0)}`;
    return capturedBytes >= 0 && capturedBytes <= room
      ? this.#state.fail(at, `${said}, where the most is ${grouped(PACKET_BYTES_MAX)}`)
      : this.#state.fail(at, `${said} in a block that has room for ${grouped(room)}`);
  }
}
