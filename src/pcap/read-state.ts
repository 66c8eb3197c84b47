/**
 * What the parsers of both formats work on: the window of bytes with a place in the file, and what was read
 * last. A parser reads at `at`, moves it behind each item that is whole, and says `incomplete` or `fail`
 * otherwise.
 */
import assert from 'node:assert';
import {
  CapturedPacket,
  type CaptureInterface,
  type Fault,
  Item,
  WINDOW_BYTES_MIN,
} from './capture-items.js';
import type { CaptureSection } from './section.js';
import { Timestamps } from './timestamps.js';

export class ReadState {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** What is unread lies from `at` to `end`. */
  at: number;
  end: number;
  isFinished = false;

  readonly times = new Timestamps();
  readonly packet = new CapturedPacket();
  readonly interfaces: CaptureInterface[] = [];
  section: CaptureSection | null = null;
  readonly block = { at: 0, bytes: 0 };
  blockBytes: Uint8Array;
  fault: Fault | null = null;

  readonly windowBytes: number;
  readonly #windowAt: number;
  /** Where in the file the window begins. */
  #windowOffset = 0;

  constructor(bytes: Uint8Array, windowAt: number, windowBytes: number) {
    assert(windowBytes >= WINDOW_BYTES_MIN && windowAt + windowBytes <= bytes.length);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.blockBytes = bytes;
    this.windowBytes = windowBytes;
    this.#windowAt = windowAt;
    this.at = windowAt;
    this.end = windowAt;
  }

  /**
   * Makes room behind `end` and returns how much there is. What is unread moves to the front when less moves
   * than was read since the last time, so that all moves together cost no more than one copy of the file
   * however small the pieces are in which it comes; and when there would be little room else.
   */
  makeRoom(): number {
    const readBytes = this.at - this.#windowAt;
    const unreadBytes = this.end - this.at;
    const windowEnd = this.#windowAt + this.windowBytes;
    if (readBytes >= unreadBytes || windowEnd - this.end < this.windowBytes / 2) {
      this.bytes.copyWithin(this.#windowAt, this.at, this.end);
      this.#windowOffset += readBytes;
      this.at = this.#windowAt;
      this.end = this.#windowAt + unreadBytes;
    }
    return windowEnd - this.end;
  }

  filled(count: number): void {
    assert(!this.isFinished && count <= this.#windowAt + this.windowBytes - this.end);
    this.end += count;
  }

  /** The offset in the file of a place in the window. */
  offsetOf(at: number): number {
    return this.#windowOffset + at - this.#windowAt;
  }

  /** What comes after a whole item when the bytes that are there do not hold the next one's header. */
  withoutHeader(what: string): number {
    if (this.isFinished && this.at === this.end) return Item.end;
    return this.incomplete(this.at, what);
  }

  incomplete(at: number, what: string): number {
    return this.isFinished ? this.fail(at, `the file ends inside ${what}`) : Item.more;
  }

  fail(at: number, reason: string): number {
    return this.failAt(this.offsetOf(at), reason);
  }

  failAt(offset: number, reason: string): number {
    this.fault = { offset, reason };
    return Item.fault;
  }

  addInterface(link: number, snapLength: number, name: string, options: Uint8Array): void {
    const [index, section] = [this.interfaces.length, this.section?.index ?? 0];
    this.interfaces.push({ index, section, link, snapLength, name, options });
  }
}
