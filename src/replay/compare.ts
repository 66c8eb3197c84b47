/**
 * What came through a replay beside the packets of another capture, in order: bytes, lengths on the wire,
 * and times, each relative to the first packet there. The other capture is read along, so both may be of
 * any size.
 *
 *     replay ─▶ exit ─▶ file
 *                └▶ digests (a few thousand) ─▶ drain: read as many packets of the other capture
 */
import type { PacketMemory } from '../netem/packet-memory.js';
import type { Fault } from '../pcap/capture-items.js';
import { CaptureReader, Item, READ_WINDOW_BYTES } from '../pcap/capture-reader.js';
import { ComparingExit } from './comparing-exit.js';
import { Digests, digestOf } from './digests.js';
import { fill } from './fill.js';
import type { Peek } from './peek.js';
import type { ExitMaker } from './replay-types.js';
import { resolutionNs } from './resolution.js';

/** What is different of a pair. */
export type DifferenceKind = 'bytes' | 'capturedBytes' | 'wireBytes' | 'timeNs';

export interface CaptureDifference {
  /** Which packet of those that came through, from 1. */
  readonly packet: number;
  /** `missing`: only the other capture has it; `extra`: only the replay. */
  readonly what: DifferenceKind | 'missing' | 'extra';
  /** Of the packet that came through, and of the other: lengths, or times after the first packet. */
  readonly here: number | null;
  readonly other: number | null;
}

export interface ComparisonResult {
  /** As messages call the other capture. */
  readonly name: string;
  /** Pairs that were compared, and those of them that differ. */
  readonly packets: number;
  readonly differences: number;
  /** Packets that only the other capture has, and that only came through here. */
  readonly missing: number;
  readonly extra: number;
  readonly firstDifference: CaptureDifference | null;
  /** What the other capture has against being read to its end. */
  readonly fault: Fault | null;
}

const ZERO_NS = 0;
const HERE_NS = 1;
const OTHER_NS = 2;

export class Comparison {
  readonly #other: Peek;
  readonly #inputResolutionNs: number;
  readonly #digests = new Digests();
  readonly #window = new Uint8Array(READ_WINDOW_BYTES);
  readonly #reader = new CaptureReader(this.#window, 0, READ_WINDOW_BYTES);
  readonly #digest = new Int32Array(2);
  /** Of the first packet that came through, and of the pair being compared. */
  readonly #times = new Float64Array(3);
  /** Of the other capture's interfaces. */
  readonly #resolutionsNs: number[] = [];
  #isOver = false;
  #sourceFault: Fault | null = null;
  #packets = 0;
  #differences = 0;
  #missing = 0;
  #extra = 0;
  #firstDifference: CaptureDifference | null = null;

  /** `inputResolutionNs`: of the replayed capture, where it is a classic file. The other is not closed. */
  constructor(other: Peek, inputResolutionNs: number) {
    this.#other = other;
    this.#inputResolutionNs = inputResolutionNs;
  }

  /** The same exit, whose packets are compared. */
  around(maker: ExitMaker): ExitMaker {
    return {
      edgeBytes: maker.edgeBytes,
      open: (memory: PacketMemory, edgeAt: number) =>
        new ComparingExit(maker.open(memory, edgeAt), memory, this.#digests, {
          classicResolutionNs: this.#inputResolutionNs,
          drain: () => this.#compareQueued(),
        }),
    };
  }

  /** When the replay has ended: the rest of both. */
  async finish(): Promise<ComparisonResult> {
    await this.#compareQueued();
    while (await this.#readPacket()) this.#note(this.#packets + ++this.#missing, 'missing');
    return this.result;
  }

  /** As far as both have come. */
  get result(): ComparisonResult {
    return {
      name: this.#other.source.name,
      packets: this.#packets,
      differences: this.#differences,
      missing: this.#missing,
      extra: this.#extra,
      firstDifference: this.#firstDifference,
      fault: this.#sourceFault ?? this.#reader.fault,
    };
  }

  async #compareQueued(): Promise<void> {
    for (; this.#digests.count > 0; this.#digests.shift()) {
      if (await this.#readPacket()) this.#comparePair();
      else this.#note(this.#packets + ++this.#extra, 'extra');
    }
  }

  #comparePair(): void {
    const here = this.#digests;
    const { packet, timeNs } = this.#reader;
    const { capturedBytes, wireBytes } = packet;
    const digest = this.#digest;
    const times = this.#times;
    digestOf(this.#window, packet.dataAt, capturedBytes, digest);
    times[HERE_NS] = here.timeNs;
    if (this.#packets++ === 0) times[ZERO_NS] = times[HERE_NS] - timeNs[0];
    times[HERE_NS] -= times[ZERO_NS];
    times[OTHER_NS] = timeNs[0];
    const toleranceNs = Math.max(here.resolutionNs, this.#resolutionsNs[packet.interface]);
    if (here.capturedBytes !== capturedBytes) {
      this.#differ('capturedBytes', here.capturedBytes, capturedBytes);
    } else if (here.wireBytes !== wireBytes) {
      this.#differ('wireBytes', here.wireBytes, wireBytes);
    } else if (here.low !== digest[0] || here.high !== digest[1]) {
      this.#differ('bytes', null, null);
    } else if (Math.abs(times[HERE_NS] - times[OTHER_NS]) >= toleranceNs) {
      this.#differ('timeNs', times[HERE_NS], times[OTHER_NS]);
    }
  }

  #differ(what: DifferenceKind, here: number | null, other: number | null): void {
    this.#differences++;
    this.#note(this.#packets, what, here, other);
  }

  #note(
    packet: number,
    what: CaptureDifference['what'],
    here: number | null = null,
    other: number | null = null,
  ): void {
    this.#firstDifference ??= { packet, what, here, other };
  }

  /** The other capture's next packet; false when there is none. */
  async #readPacket(): Promise<boolean> {
    const reader = this.#reader;
    while (!this.#isOver) {
      switch (reader.next()) {
        case Item.packet:
          return true;
        case Item.more:
          this.#sourceFault ??= await fill(reader, this.#other.source, this.#window);
          break;
        case Item.interface: {
          const classicNs = this.#other.classicResolutionNs;
          this.#resolutionsNs.push(resolutionNs(reader, reader.interfaces.at(-1)!, classicNs));
          break;
        }
        case Item.end:
        case Item.fault:
          this.#isOver = true;
      }
    }
    return false;
  }
}
