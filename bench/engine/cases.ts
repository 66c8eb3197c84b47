/**
 * What is measured: packets of 64 bytes UDP payload (106 bytes as an Ethernet frame) through the
 * parts of the engine and through all of it, in the batches of a live loop.
 */

import { Engine } from '../../src/netem/engine.js';
import { MEMORY_BYTES_DEFAULT } from '../../src/netem/limits.js';
import { Wheel } from '../../src/netem/wheel.js';
import { PacketView } from '../../src/packet/packet-view.js';
import { parseRules } from '../../src/rules/parse.js';
import { Direction } from '../../src/rules/rule.js';
import { BATCH, Batch, FRAME_BYTES } from './batch.js';
import { DeadlineHeap } from './deadline-heap.js';
import type { Case } from './measure.js';
import { CLASSIFY, stageCases } from './stage-cases.js';
import { trainCases } from './train-cases.js';

export const THOUSAND_IN_FLIGHT = 'delay 100 ms, 1 k in flight';
const THOUSAND_IN_WHEEL = 'wheel alone, 1 k';

/** All cases; `scale` divides the large sizes, for a quick look. */
export function engineCases(scale: number): Case[] {
  const [k100, m1] = [100_000 / scale, 1_000_000 / scale];
  const delay = 'udp:53 delay 100ms';
  const jitter = `${delay} jitter 50ms unordered`;
  const thousand = THOUSAND_IN_FLIGHT;
  return [
    copyCase(),
    parseCase(),
    passCase(CLASSIFY, 'udp:53', 1),
    passCase('classify, 1 k flows', 'udp:53', 1000),
    passCase('classify, 100 k flows', 'udp:53', k100),
    passCase('classify + loss', 'udp:53 loss 0.5%', 1),
    passCase('classify + loss, 1 k flows', 'udp:53 loss 0.5%', 1000),
    delayCase('delay 1 ms, 1 k in flight', 'udp:53 delay 1ms', 1e6, 1000, thousand),
    delayCase(thousand, delay, 100e6, 1000),
    delayCase('delay 100 ms, 100 k in flight', delay, 100e6, k100, thousand),
    delayCase('delay 100 ms, 1 M in flight', delay, 100e6, m1, thousand),
    delayCase('delay 100 ms ± 50 ms, 100 k in flight', jitter, 100e6, k100, thousand),
    ...stageCases(),
    ...trainCases(),
    queueCase(THOUSAND_IN_WHEEL, 'wheel', 100e6, 1000),
    queueCase('wheel alone, 1 M', 'wheel', 100e6, m1, THOUSAND_IN_WHEEL),
    queueCase('heap alone, 1 k', 'heap', 100e6, 1000, THOUSAND_IN_WHEEL),
    queueCase('heap alone, 1 M', 'heap', 100e6, m1, THOUSAND_IN_WHEEL),
  ];
}

/** The least that an emulator has to do: the bytes go from one place to another. */
function copyCase(): Case {
  const { memory, slots } = new Batch();
  const target = memory.take(FRAME_BYTES);
  return {
    name: 'copy only',
    run(count) {
      for (let i = 0; i < count; i++) memory.copy(slots[i % BATCH], target);
    },
  };
}

function parseCase(): Case {
  const { memory, slots } = new Batch();
  const view = new PacketView();
  return {
    name: 'parse',
    reference: 'copy only',
    run(count) {
      for (let i = 0; i < count; i++) {
        const slot = slots[i % BATCH];
        view.parse(memory.bytes, memory.frameOffset(slot), memory.length[slot], 0);
      }
    },
  };
}

/** Ingress of packets that take turns among `flows` flows and never wait. */
function passCase(name: string, rule: string, flows: number): Case {
  const batch = new Batch();
  const engine = new Engine({ memory: batch.memory, rules: parseRules([rule]), seed: '1' });
  let sent = 0;
  const turn = (nowNs: number) => {
    for (let i = 0; i < BATCH; i++) {
      if (flows > 1) batch.setFlow(batch.slots[i], (sent + i) % flows);
      engine.ingress(batch.slots[i], Direction.out, nowNs);
    }
    sent += BATCH;
  };
  return {
    name,
    reference: 'copy only',
    run(count) {
      for (let i = 0; i < count; i += BATCH) turn(sent * 100);
    },
  };
}

/** Ingress and release, with about `inFlight` packets held all the time. */
function delayCase(
  name: string,
  rule: string,
  delayNs: number,
  inFlight: number,
  reference?: string,
): Case {
  const batch = new Batch(MEMORY_BYTES_DEFAULT);
  const engine = new Engine({ memory: batch.memory, rules: parseRules([rule]), seed: '1' });
  const gapNs = delayNs / inFlight;
  const written = new Int32Array(1);
  const sink = {
    release(slot: number) {
      written[0] += batch.memory.length[slot];
    },
  };
  let sent = 0;
  const turn = (nowNs: number) => {
    for (let i = 0; i < BATCH; i++) engine.ingress(batch.slots[i], Direction.out, nowNs);
    engine.expire(nowNs, sink);
    sent += BATCH;
  };
  const run = (count: number) => {
    for (let i = 0; i < count; i += BATCH) turn(Math.floor(sent * gapNs));
  };
  run(inFlight + BATCH);
  return { name, run, ...(reference !== undefined && { reference }) };
}

/** The wheel or the heap alone, on the same deadlines: arrival + delay. */
function queueCase(
  name: string,
  kind: 'wheel' | 'heap',
  delayNs: number,
  inFlight: number,
  reference?: string,
): Case {
  const slots = inFlight + 2 * BATCH;
  const next = new Int32Array(slots);
  const deadlineNs = new Float64Array(slots);
  const gapNs = delayNs / inFlight;
  const wheel = new Wheel({ next, deadlineNs });
  const heap = new DeadlineHeap(deadlineNs);
  let sent = 0;
  const wheelTurn = (nowNs: number) => {
    for (let i = 0; i < BATCH; i++) {
      const slot = sent++ % slots;
      deadlineNs[slot] = nowNs + delayNs;
      wheel.insert(slot);
    }
    wheel.expire(nowNs);
    while (wheel.takeDue() >= 0);
  };
  const heapTurn = (nowNs: number) => {
    for (let i = 0; i < BATCH; i++) {
      const slot = sent++ % slots;
      deadlineNs[slot] = nowNs + delayNs;
      heap.insert(slot);
    }
    while (heap.takeDue(nowNs) >= 0);
  };
  const turn = kind === 'wheel' ? wheelTurn : heapTurn;
  const run = (count: number) => {
    for (let i = 0; i < count; i += BATCH) turn(Math.floor(sent * gapNs));
  };
  run(inFlight);
  return { name, run, ...(reference !== undefined && { reference }) };
}
