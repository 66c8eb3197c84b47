import { expect, test } from 'vitest';
import { FLOW_ENTRIES } from '../../../src/netem/limits.js';
import { FlowMemory, flowMemory, forgetFlowMemory } from '../../../src/netem/stages/flow-memory.js';
import { Judgement } from '../../../src/netem/stages/stage.js';
import { fakeKit, nextPacket } from '../../support/stage-kit.js';

function packetOf(flow: number, entry: number, ordinal: number): Judgement {
  const packet = new Judgement();
  nextPacket(packet, flow, ordinal);
  packet.entry = entry;
  return packet;
}

/** The array may be another one after `at`. */
function stateOf(memory: FlowMemory, packet: Judgement): number {
  const at = memory.at(packet);
  return memory.states[at];
}

function setState(memory: FlowMemory, packet: Judgement, state: number): void {
  const at = memory.at(packet);
  memory.states[at] = state;
}

test('shared, all packets have the same state', () => {
  const memory = new FlowMemory();
  memory.serve('chain', false);
  expect(memory.at(packetOf(3, 70, 1))).toBe(0);
  memory.states[0] = 5;
  expect(stateOf(memory, packetOf(9, FLOW_ENTRIES - 1, 1))).toBe(5);
});

test('per flow, each entry has its own, up to the last', () => {
  const memory = new FlowMemory();
  memory.serve('chain', true);
  const last = packetOf(3, FLOW_ENTRIES - 1, 2);
  setState(memory, last, 5);
  expect(stateOf(memory, packetOf(4, 0, 2))).toBe(0);
  expect(stateOf(memory, last)).toBe(5);
});

test('an entry that another flow gets begins anew, also when its first packet was not seen', () => {
  const memory = new FlowMemory();
  memory.serve('chain', true);
  setState(memory, packetOf(0, 70, 8), 5);
  expect(stateOf(memory, packetOf(0, 70, 9))).toBe(5);
  expect(stateOf(memory, packetOf(1, 70, 2))).toBe(0);
  memory.states[70] = 5;
  expect(stateOf(memory, packetOf(1, 70, 1))).toBe(0);
  memory.states[70] = 5;
  // Not the first packet of the flow, though its lower word is 1.
  expect(stateOf(memory, packetOf(1, 70, 2 ** 32 + 1))).toBe(5);
});

test('the next stage of the same process goes on, another process begins anew', () => {
  const kit = fakeKit();
  flowMemory(kit, 'loss', 'burst').states[0] = 1;
  expect(flowMemory(kit.successor(), 'loss', 'burst').states[0]).toBe(1);
  expect(flowMemory(kit, 'duplicate', 'burst').states[0]).toBe(0);
  expect(flowMemory(kit, 'loss', 'corr').states[0]).toBe(0);
  flowMemory(kit, 'loss', 'corr').states[0] = 1;
  forgetFlowMemory(kit, 'loss');
  expect(flowMemory(kit, 'loss', 'corr').states[0]).toBe(0);
});

test('so does a process that becomes one of each flow', () => {
  const kit = fakeKit();
  flowMemory(kit, 'loss', 'burst').states[0] = 1;
  const memory = flowMemory(kit.successor({ perFlow: true }), 'loss', 'burst');
  expect(stateOf(memory, packetOf(0, 0, 2))).toBe(0);
  expect(stateOf(memory, packetOf(1, 100, 2))).toBe(0);
});
