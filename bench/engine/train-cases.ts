/**
 * Super-packets: TCP trains of 44 segments of 1,448 bytes (64 KB), as a sender in bulk hands them over. Times
 * are for a wire packet, and what is written is left out, as in the other cases.
 */
import { Engine, Verdict } from '../../src/netem/engine.js';
import { PacketMemory } from '../../src/netem/packet-memory.js';
import { writeOffloadHeader } from '../../src/packet/offload-header.js';
import { LinkType } from '../../src/packet/packet-view.js';
import { parseRules } from '../../src/rules/parse.js';
import { Direction } from '../../src/rules/rule.js';
import type { Case } from './measure.js';
import { CLASSIFY } from './stage-cases.js';

const SEGMENTS = 44;
const SEGMENT_BYTES = 1_448;
const HEADER_BYTES = 20 + 32;
const FRAME_BYTES = HEADER_BYTES + SEGMENTS * SEGMENT_BYTES;
/** At 10 Gbit/s. */
const TRAIN_NS = 52_000;

export function trainCases(): Case[] {
  return [
    trainCase('train, whole', 'tcp:5201'),
    trainCase('train, loss 1 %', 'tcp:5201 loss 1%'),
    trainCase('train, delay 10 ms', 'tcp:5201 delay 10ms'),
    trainCase('train taken apart, jitter 1 ms', 'tcp:5201 delay 10ms jitter 1ms'),
  ];
}

function trainCase(name: string, rule: string): Case {
  const memory = new PacketMemory(128 * 2 ** 20);
  const slots = memory.takeStaging(2);
  const [slot, segment] = slots;
  const engine = new Engine({ memory, rules: parseRules([rule]), seed: '1' });
  writeTrain(memory, slot);
  const sink = { release() {} };
  let sent = 0;
  const turn = (nowNs: number) => {
    if (engine.trains.ingress(slot, Direction.out, nowNs) === Verdict.split) {
      const { trains } = engine;
      for (let i = 0; i < trains.train.segments; i++) {
        trains.cutSegment(slot, i, segment);
        engine.ingress(segment, Direction.out, nowNs);
      }
    }
    engine.expire(nowNs, sink);
    sent++;
  };
  return {
    name,
    reference: CLASSIFY,
    run(count) {
      for (let i = 0; i < count; i += SEGMENTS) turn(sent * TRAIN_NS);
    },
  };
}

/** IPv4 from 198.18.0.1 to 198.18.0.2, TCP from port 40,000 to 5,201 with timestamps. */
function writeTrain(memory: PacketMemory, slot: number): void {
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = 0x45;
  header.writeUInt16BE(FRAME_BYTES, 2);
  header.set([64, 6], 8);
  header.set([198, 18, 0, 1, 198, 18, 0, 2], 12);
  header.writeUInt16BE(40_000, 20);
  header.writeUInt16BE(5_201, 22);
  header.set([0x80, 0x10], 32);
  const at = memory.frameOffset(slot);
  memory.bytes.set(header, at);
  writeOffloadHeader(memory.bytes, at - 10, 1, 1, HEADER_BYTES, SEGMENT_BYTES, 20, 16);
  memory.length[slot] = FRAME_BYTES;
  memory.segmentBytes[slot] = SEGMENT_BYTES;
  memory.linkType[slot] = LinkType.rawIp;
}
