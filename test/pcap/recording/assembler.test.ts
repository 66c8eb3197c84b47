/**
 * What the writing thread makes of records that come in any order that the engine allows: fates find their
 * packets, packets stay in order, changes of rules stay between them, and the end is told.
 */
import { beforeEach, expect, test } from 'vitest';
import { Counter } from '../../../src/netem/counters.js';
import { Engine } from '../../../src/netem/engine.js';
import { LateFates } from '../../../src/netem/late-fates.js';
import { PacketMemory, SlotFlag } from '../../../src/netem/packet-memory.js';
import { Decider } from '../../../src/netem/ruling.js';
import { Effect } from '../../../src/netem/stages/stage.js';
import { LinkType } from '../../../src/packet/packet-view.js';
import { readEnd, readHeader } from '../../../src/pcap/recording/header.js';
import { parseRules } from '../../../src/rules/parse.js';
import { Direction } from '../../../src/rules/rule.js';
import { absoluteTimes } from '../../support/capture-reading.js';
import { ethernet, ip, udp } from '../../support/packets.js';
import {
  blockComment,
  CLOCK_OFFSET_NS,
  commentOf,
  TestRecording,
} from '../../support/test-recording.js';

const INTERFACES = [
  { name: 'v0 out', link: 1 },
  { name: 'v0 in', link: 1 },
];
const RULES = [parseRules(['udp:53 delay 1ms']), parseRules(['udp:53', 'any loss 1%'])];

let engine: Engine;
let memory: PacketMemory;
let recording: TestRecording;
let slot: number;

beforeEach(() => {
  memory = new PacketMemory(2 ** 22);
  engine = new Engine({ memory, rules: [], seed: '' });
  recording = new TestRecording(engine, { interfaces: INTERFACES, rules: RULES });
  [slot] = memory.takeStaging(1);
});

interface Told {
  readonly atNs?: number;
  readonly direction?: Direction;
  readonly rule?: number;
  readonly outcome?: number;
  readonly decider?: number;
  readonly effects?: number;
  readonly copy?: number;
  readonly answered?: boolean;
}

/** A packet came, whose last byte is its number; returns its serial. */
function judged(number: number, told: Told): number {
  const { recorder } = recording;
  const frame = ethernet(ip('198.18.0.1', '198.18.0.2', udp(40_000, 53, Uint8Array.of(number))));
  memory.bytes.set(frame, memory.frameOffset(slot));
  memory.length[slot] = frame.length;
  memory.linkType[slot] = LinkType.ethernet;
  recorder.arrivalNs[0] = told.atNs ?? 1e9 + number;
  recorder.begin(slot);
  const ruling = engine.ruling;
  ruling.rule = told.rule ?? 0;
  ruling.direction = told.direction ?? Direction.out;
  ruling.flow = 7;
  ruling.values[0] = number;
  ruling.outcome = told.outcome ?? Counter.passed;
  ruling.decider = told.decider ?? Decider.none;
  ruling.effects = told.effects ?? 0;
  ruling.copy = told.copy ?? 0;
  ruling.answered = told.answered ?? false;
  recorder.judged();
  return memory.serial[slot];
}

function held(number: number, told: Told = {}): number {
  return judged(number, { outcome: Counter.held, decider: Decider.delay, ...told });
}

/** A slot of its own, as the engine holds one. */
function release(serial: number, afterNs: number, flags = 0, segments = 1): void {
  const held = memory.take(100);
  memory.serial[held] = serial;
  memory.flags[held] = flags;
  memory.segments[held] = segments;
  memory.deadlineNs[held] = 1e9 + afterNs;
  recording.recorder.released(held);
  memory.give(held);
}

function befell(serial: number, what: number, flags = 0): void {
  const late = new LateFates();
  const held = memory.take(100);
  memory.serial[held] = serial;
  memory.flags[held] = flags;
  late.add(memory, held, what);
  memory.give(held);
  recording.recorder.late(late);
  expect(late.count).toBe(0);
}

/** The verdicts, without what they all begin and end with. */
function verdicts(): string[] {
  const { packets } = recording.finish();
  return packets.map((packet) => commentOf(packet).replace(/^netemu (.*); rule .*$/, '$1'));
}

test('packets wait for the oldest whose fate is open', () => {
  recording.recorder.rules(0, 0);
  const first = held(1);
  judged(2, { outcome: Counter.droppedLoss, decider: Decider.loss });
  const third = held(3);
  judged(4, {});
  recording.recorder.publish();
  recording.drain();
  release(third, 2_000_003);
  release(first, 1_000_001);
  recording.recorder.end(2e9);
  expect(verdicts()).toEqual([
    'left after 1 ms (delay)',
    'dropped by loss',
    'left after 2 ms (delay)',
    'passed',
  ]);
});

test('what is open at the end stays so', () => {
  recording.recorder.rules(0, 0);
  held(1);
  release(held(2), 1_000_002);
  recording.recorder.end(2e9);
  expect(verdicts()).toEqual(['held by delay at the end', 'left after 1 ms (delay)']);
});

test('copies, answers, marks and late drops find their packet', () => {
  const { recorder } = recording;
  recorder.rules(0, 0);
  const duplicated = held(1, { copy: Counter.held, effects: Effect.duplicated });
  const dropped = held(2, { decider: Decider.rate });
  const marked = held(3, { decider: Decider.rate });
  const copyDropped = judged(4, { copy: Counter.held });
  const answered = judged(5, {
    outcome: Counter.droppedPartition,
    decider: Decider.partition,
    answered: true,
  });
  judged(6, { copy: Counter.overflow });
  release(answered, 5, SlotFlag.reply);
  befell(dropped, Counter.droppedQueue);
  befell(marked, Counter.marked);
  befell(copyDropped, Counter.droppedQueue, SlotFlag.copy);
  release(duplicated, 2_000_001, SlotFlag.copy);
  release(duplicated, 1_000_001);
  release(marked, 3_000_003);
  recorder.end(2e9);
  expect(verdicts()).toEqual([
    'left after 1 ms (delay), copy after 2 ms',
    'dropped by queue',
    'left after 3 ms (rate), marked',
    'passed, copy dropped',
    'dropped by partition, answered',
    'passed, copy dropped',
  ]);
});

test('a change of rules stays where it happened, and packets keep the names of their rules', () => {
  const { recorder } = recording;
  recorder.rules(0, 100);
  const waiting = held(1);
  recorder.rules(1, 1e9 + 50);
  judged(60, { rule: 1 });
  recorder.publish();
  recording.drain();
  release(waiting, 1_000_001);
  recorder.end(2e9);
  const { order, packets, sections, interfaces } = recording.finish();
  expect(order).toMatch(/^SIIPSIIPB+$/);
  expect(packets.map(commentOf)).toEqual([
    'netemu left after 1 ms (delay); rule udp:53, flow 7, packet 1',
    'netemu passed; rule any, flow 7, packet 60',
  ]);
  expect(sections.map(({ comments }) => readHeader(comments))).toMatchObject([
    { startNs: 100, continues: false, source: { rules: ['udp:53 delay 1ms'] } },
    { startNs: 1e9 + 50, continues: true, source: { rules: ['udp:53', 'any loss 1%'] } },
  ]);
  expect(interfaces.map(({ name }) => name)).toEqual(['v0 out', 'v0 in', 'v0 out', 'v0 in']);
});

test('a change of rules without packets is there, too', () => {
  recording.recorder.rules(0, 100);
  recording.recorder.rules(1, 200);
  recording.recorder.end(300);
  expect(recording.finish().order).toMatch(/^SIISIIB+$/);
});

test('packets without a rule, of either direction, at their exact times', () => {
  const { recorder } = recording;
  recorder.rules(0, 0);
  const times = [1e9 + 1, 1e9 + 1, 2 ** 33 + 5, 2 ** 52 + 3];
  judged(1, { atNs: times[0], rule: -1 });
  judged(2, { atNs: times[1], direction: Direction.in });
  judged(3, { atNs: times[2] });
  judged(4, { atNs: times[3], direction: Direction.in, rule: -1 });
  recorder.end(2 ** 52 + 4);
  const reading = recording.finish();
  expect(absoluteTimes(reading)).toEqual(times.map((ns) => CLOCK_OFFSET_NS + BigInt(ns)));
  expect(reading.packets.map(({ direction }) => direction)).toEqual([0, 1, 0, 1]);
  expect(reading.packets.map((packet) => packet.interface)).toEqual([0, 1, 0, 1]);
  expect(reading.packets.map(commentOf).map((text) => text.split('; ')[1])).toEqual([
    'no rule',
    'rule udp:53, flow 7, packet 2',
    'rule udp:53, flow 7, packet 3',
    'no rule',
  ]);
});

test('the last block says that it is the last', () => {
  recording.recorder.rules(0, 0);
  judged(1, {});
  recording.recorder.end(1_234_567_890);
  const { blocks, fault } = recording.finish();
  expect(fault).toBeNull();
  expect(blocks).toHaveLength(2);
  expect(readEnd(blockComment(blocks[1]))).toEqual({ endNs: 1_234_567_890, packets: 1, lost: 0 });
  expect(blockComment(blocks[0])).toBe('');
});

test('without an end there is no such block', () => {
  recording.recorder.rules(0, 0);
  judged(1, {});
  recording.recorder.publish();
  expect(recording.finish()).toMatchObject({ order: 'SIIP', fault: null });
});

test('what is abandoned has no number and leaves no trace', () => {
  const { recorder } = recording;
  recorder.rules(0, 0);
  expect(judged(1, {})).toBe(0);
  recorder.begin(slot);
  recorder.begin(slot);
  expect(judged(2, {})).toBe(1);
  recorder.end(2e9);
  expect(recording.finish().packets).toHaveLength(2);
});
