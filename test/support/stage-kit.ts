/** Stages without an engine: what they are made with, and packets for them to judge. */
import { Stream } from '../../src/netem/random.js';
import type { StageKit } from '../../src/netem/stages/kit.js';
import { ARRIVAL_NS, Judgement, ORDINAL, RELEASE_NS } from '../../src/netem/stages/stage.js';

export interface FakeKitOptions {
  readonly seed?: string;
  readonly rule?: string;
  readonly direction?: 'out' | 'in';
  readonly perFlow?: boolean;
  readonly startNs?: number;
}

export interface FakeKit extends StageKit {
  /** For stages made anew after a change of values: it has the same memories. */
  successor(options?: FakeKitOptions): FakeKit;
}

export function fakeKit(options: FakeKitOptions = {}): FakeKit {
  return kitWith(options, new Map());
}

function kitWith(options: FakeKitOptions, memories: Map<string, object>): FakeKit {
  const { seed = '1', rule = 'any', direction = 'out', perFlow = false, startNs = 0 } = options;
  return {
    perFlow,
    startNs,
    stream: (name) => new Stream(seed, rule, direction, name),
    memory<T extends object>(name: string, make: () => T): T {
      const known = memories.get(name);
      if (known !== undefined) return known as T;
      const made = make();
      memories.set(name, made);
      return made;
    },
    successor: (changes = {}) => kitWith({ ...options, ...changes }, memories),
  };
}

/** The judgement becomes that of a fresh packet; the flow's number is also its entry. */
export function nextPacket(packet: Judgement, flow: number, ordinal: number, arrivalNs = 0): void {
  packet.flow = flow;
  packet.entry = flow;
  packet.ordinalLow = ordinal | 0;
  packet.ordinalHigh = Math.floor(ordinal / 2 ** 32);
  packet.effects = 0;
  packet.values[ORDINAL] = ordinal;
  packet.values[ARRIVAL_NS] = arrivalNs;
  packet.values[RELEASE_NS] = arrivalNs;
}

/**
 * 1 for each of the first `count` packets of a flow to which `happens` says so (a verdict other than
 * GO_ON, or true), else 0.
 */
export function eventsOf(
  happens: (packet: Judgement) => number | boolean,
  count: number,
  flow = 0,
): Uint8Array {
  const packet = new Judgement();
  const events = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    nextPacket(packet, flow, i + 1);
    if (happens(packet)) events[i] = 1;
  }
  return events;
}
