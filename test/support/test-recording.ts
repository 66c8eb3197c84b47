/**
 * A recording without threads: the recorder that the forwarder gets, and beside it, on demand, what the
 * writing thread does. And the oracle: an engine that meets the recorded packets at their times.
 */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from '../../src/netem/engine.js';
import { Fate, Fates, TIME_NS } from '../../src/netem/fates.js';
import { PacketMemory } from '../../src/netem/packet-memory.js';
import { linkTypeOf } from '../../src/pcap/link-types.js';
import { OptionCode, readOptions, textsOf } from '../../src/pcap/options.js';
import { Assembler } from '../../src/pcap/recording/assembler.js';
import { endComment, headerComments, readHeader } from '../../src/pcap/recording/header.js';
import { type RecordedInterface, RecordingFile } from '../../src/pcap/recording/recording-file.js';
import { makeRing, RingReader, RingState, RingView } from '../../src/pcap/recording/ring.js';
import { RingRecorder } from '../../src/pcap/recording/ring-recorder.js';
import { verdictText } from '../../src/pcap/verdict-text.js';
import type { Rule } from '../../src/rules/rule.js';
import { type Reading, type ReadPacket, readCapture } from './capture-reading.js';

export const CLOCK_OFFSET_NS = 1_700_000_000_123_456_789n;

export interface TestRecordingOptions {
  readonly ringBytes?: number;
  readonly waitingBytes?: number;
  readonly interfaces: readonly RecordedInterface[];
  /** The sets of rules that come into force, by number. */
  readonly rules: readonly (readonly Rule[])[];
}

export class TestRecording {
  readonly recorder: RingRecorder;
  readonly view: RingView;
  readonly assembler: Assembler;
  readonly #directory = fs.mkdtempSync(join(tmpdir(), 'netemu-recording-'));
  readonly #path = join(this.#directory, 'a.pcapng');
  readonly #fd = fs.openSync(this.#path, 'w');
  readonly #file = new RecordingFile(this.#fd);
  readonly #interfaces: readonly RecordedInterface[];

  constructor({ memory, ruling }: Engine, options: TestRecordingOptions) {
    const { ringBytes = 2 ** 22, waitingBytes = 2 ** 24, interfaces, rules } = options;
    const ring = makeRing(ringBytes);
    this.view = new RingView(ring);
    this.#interfaces = interfaces;
    const deviceOfTag = Uint8Array.of(0, 0);
    this.recorder = new RingRecorder(ring, memory, ruling, deviceOfTag, CLOCK_OFFSET_NS);
    const file = this.#file;
    let names: readonly string[] = [];
    file.setClockOffset(CLOCK_OFFSET_NS);
    const sink = {
      packet: (index: number, fate: Fate, bytes: Uint8Array, at: number, length: number) => {
        const text = verdictText(fate, names);
        file.packet(index, fate.direction, fate.values, TIME_NS, bytes, at, length, text);
      },
      rules: (number: number, startNs: number) => {
        names = rules[number].map(({ name }) => name);
        const header = {
          version: '0.0.0',
          seed: '',
          source: { rules: rules[number].map(({ text }) => text) },
          memoryBytes: memory.bytes.length,
          clockOffsetNs: `${CLOCK_OFFSET_NS}`,
          startNs,
          continues: number > 0,
        };
        file.section(headerComments(header), 'netemu', interfaces);
      },
    };
    this.assembler = new Assembler(new RingReader(this.view), sink, waitingBytes);
  }

  /** What the thread does from time to time; here it gives on what is decided after each record. */
  drain(): void {
    while (this.assembler.read(1) > 0);
  }

  /** The file as a reader sees it, when all is over. */
  finish(): Reading {
    this.drain();
    this.assembler.finish();
    const { endNs, state, lost } = this.view;
    if (state === RingState.ended) {
      const end = { endNs, packets: this.#file.packets, lost };
      this.#file.end(this.#interfaces.length, endNs, endComment(end));
    }
    this.#file.flush();
    fs.closeSync(this.#fd);
    const reading = readCapture(fs.readFileSync(this.#path));
    fs.rmSync(this.#directory, { recursive: true });
    return reading;
  }
}

export function commentOf({ options }: ReadPacket): string {
  return textsOf(readOptions(options, true), OptionCode.comment).join('\n');
}

/** Of an interface statistics block, which has a body of 12 bytes. */
export function blockComment(block: Uint8Array): string {
  const options = readOptions(block.subarray(20, block.length - 4), true);
  return textsOf(options, OptionCode.comment).join('\n');
}

/** The engine's time of a recorded packet. */
export function engineNs({ baseNs }: Reading, { timeNs }: ReadPacket): number {
  return Number(baseNs - CLOCK_OFFSET_NS) + timeNs;
}

/**
 * Verdicts that an engine of its own gives the packets, at their times, up to `endNs`; `rules`: those of
 * each section.
 */
export function judgeAgain(
  reading: Reading,
  rules: readonly (readonly Rule[])[],
  seed: string,
  endNs: number,
): string[] {
  const memory = new PacketMemory(2 ** 24);
  const engine = new Engine({ memory, rules: [], seed, witnessed: true });
  const [slot] = memory.takeStaging(1);
  const fates = new Fates();
  const fate = new Fate();
  const time = Float64Array.of(0);
  const verdicts: string[] = [];
  const names: string[] = [];
  let namesBefore = 0;
  let section = -1;
  const hearLate = () => {
    const late = engine.late!;
    for (let i = 0; i < late.count; i++) fates.late(late.serial[i], late.flags[i], late.what[i]);
    late.clear();
  };
  const expire = (untilNs: number) => {
    engine.expire(untilNs, {
      release: (held) => {
        hearLate();
        const { serial, flags, deadlineNs } = memory;
        fates.released(serial[held], flags[held], deadlineNs, held);
      },
    });
    hearLate();
  };
  const goOnTo = (last: number) => {
    while (section < last) {
      section++;
      const { startNs } = readHeader(reading.sections[section].comments)!;
      expire(startNs);
      engine.configure(rules[section], startNs);
      hearLate();
      namesBefore = names.length;
      names.push(...rules[section].map(({ name }) => name));
    }
  };
  reading.packets.forEach((packet, serial) => {
    const nowNs = engineNs(reading, packet);
    goOnTo(reading.interfaces[packet.interface].section);
    // As live: what is due leaves before the packets of a moment, not between them.
    if (nowNs !== time[0]) expire(nowNs);
    time[0] = nowNs;
    memory.bytes.set(packet.data, memory.frameOffset(slot));
    memory.length[slot] = packet.data.length;
    memory.linkType[slot] = linkTypeOf(reading.interfaces[packet.interface].link);
    memory.serial[slot] = serial;
    engine.ingress(slot, packet.direction, time[0]);
    fate.take(engine.ruling, time);
    if (fate.rule >= 0) fate.rule += namesBefore;
    fates.push(fate);
    hearLate();
  });
  goOnTo(rules.length - 1);
  expire(endNs);
  while (fates.shiftOpen()) verdicts.push(verdictText(fates.current, names));
  return verdicts;
}
