import { expect, test } from 'vitest';
import { Engine } from '../../src/netem/engine.js';
import { Histogram } from '../../src/netem/histogram.js';
import { PacketMemory } from '../../src/netem/packet-memory.js';
import { LinkType } from '../../src/packet/packet-view.js';
import { parseRules } from '../../src/rules/parse.js';
import { Direction } from '../../src/rules/rule.js';
import { BATCH_FRAMES, Forwarder } from '../../src/tun/forwarder.js';
import { MemoryPort } from '../../src/tun/memory-port.js';
import { ethernet, ip, udp } from '../support/packets.js';

/** One lane out and one lane in, over memory ports, with a clock that the test sets. */
function forwarder(...rules: string[]) {
  const memory = new PacketMemory(16 * 2 ** 20);
  const engine = new Engine({ memory, rules: parseRules(rules), seed: 'test' });
  const sent: number[] = [];
  const received: number[] = [];
  const port = (list: number[]) =>
    new MemoryPort(memory, LinkType.ethernet, (frame) => list.push(frame.at(-1)!));
  const source = port([]);
  const inward = port(received);
  const clock = { now: 0, nowNs: () => clock.now };
  const lanes = [
    { direction: Direction.out, source, target: port(sent), replies: inward },
    { direction: Direction.in, source: inward, target: inward, replies: inward },
  ];
  const lateness = new Histogram();
  const moving = new Forwarder(engine, memory, lanes, clock, lateness);
  return { moving, source, inward, sent, received, clock, lateness, engine };
}

/** A UDP packet whose last byte is `number`. */
function frame(number: number, port = 53): Uint8Array {
  return ethernet(ip('198.18.0.1', '198.18.0.2', udp(40_000, port, Uint8Array.of(number))));
}

test('a packet without delay passes within the turn that read it', () => {
  const { moving, source, sent } = forwarder('udp:53');
  source.push(frame(1));
  expect(moving.turn(0)).toBe(1);
  expect(sent).toEqual([1]);
});

test('a delayed packet leaves when it is due, by the lane it came', () => {
  const { moving, source, inward, sent, received, clock } = forwarder(
    'udp:53 delay out:2us in:1us',
  );
  source.push(frame(1));
  inward.push(frame(2));
  moving.turn(0);
  moving.turn(1);
  clock.now = 1_000;
  moving.releaseDue();
  expect([sent, received]).toEqual([[], [2]]);
  clock.now = 2_000;
  moving.releaseDue();
  expect([sent, received]).toEqual([[1], [2]]);
});

test('what is due leaves before what a turn has read', () => {
  const { moving, source, sent, clock } = forwarder('udp:53 delay 1us', 'udp:54');
  source.push(frame(1));
  moving.turn(0);
  clock.now = 5_000;
  source.push(frame(2, 54));
  moving.turn(0);
  expect(sent).toEqual([1, 2]);
});

test('a packet that comes while a turn waits for the processor is not early', () => {
  const { moving, source, sent, clock } = forwarder('udp:53 delay 1us', 'udp:54');
  source.push(frame(1));
  moving.turn(0);
  const readBatch = source.readBatch.bind(source);
  source.readBatch = (slots) => {
    clock.now = 5_000;
    return readBatch(slots);
  };
  source.push(frame(2));
  source.push(frame(3, 54));
  moving.turn(0);
  // What has become due meanwhile stays in front of what passes at once.
  expect(sent).toEqual([1, 3]);
  clock.now = 5_999;
  moving.releaseDue();
  expect(sent).toEqual([1, 3]);
  clock.now = 6_000;
  moving.releaseDue();
  expect(sent).toEqual([1, 3, 2]);
});

test('lateness is the time of the write less the time of the intention', () => {
  const { moving, source, clock, lateness } = forwarder('udp:53 delay 1us');
  for (let i = 0; i < 100; i++) source.push(frame(i));
  while (moving.turn(0) > 0);
  clock.now = 4_000;
  moving.releaseDue();
  expect(lateness.count).toBe(100);
  expect(lateness.max).toBe(3_000);
});

test('a turn reads one batch', () => {
  const { moving, source, sent } = forwarder('udp:53');
  for (let i = 0; i < BATCH_FRAMES + 1; i++) source.push(frame(i));
  expect([moving.turn(0), moving.turn(0), moving.turn(0)]).toEqual([BATCH_FRAMES, 1, 0]);
  expect(sent).toHaveLength(BATCH_FRAMES + 1);
});

test('a flush sends on all that is held, in order', () => {
  const { moving, source, sent, engine } = forwarder('udp:53 delay 1h');
  for (let i = 0; i < 50; i++) source.push(frame(i));
  while (moving.turn(0) > 0);
  expect(engine.heldCount).toBe(50);
  moving.flush();
  expect(sent).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(engine.heldCount).toBe(0);
});
