/** Drives an engine with packets from `test/support/packets.ts` and remembers what came out. */

import { COUNTER_NAMES, type CounterValues } from '../../src/netem/counters.js';
import { Engine, Verdict } from '../../src/netem/engine.js';
import { PacketMemory } from '../../src/netem/packet-memory.js';
import { LinkType } from '../../src/packet/packet-view.js';
import { parseRules } from '../../src/rules/parse.js';
import { Direction, type Rule } from '../../src/rules/rule.js';
import { parseScenario } from '../../src/rules/scenario/scenario.js';
import { ip, udp } from '../support/packets.js';
import { RULE_FILES } from '../support/rule-files.js';

export interface Released {
  readonly frame: Uint8Array;
  readonly deadlineNs: number;
  /** Of the counters. */
  readonly row: number;
  /** `SlotFlag`s. */
  readonly flags: number;
}

export interface DriverOptions {
  readonly seed?: string;
  readonly memoryBytes?: number;
  readonly witnessed?: boolean;
}

export class EngineDriver {
  readonly engine: Engine;
  readonly memory: PacketMemory;
  /** What the engine held and let go, in order. */
  readonly released: Released[] = [];
  /** The slot of the packets that are sent. */
  readonly staging: number;

  constructor(rules: readonly string[] | readonly Rule[], options: DriverOptions = {}) {
    this.memory = new PacketMemory(options.memoryBytes ?? 2 ** 21);
    this.staging = this.memory.takeStaging(1)[0];
    this.engine = new Engine({
      memory: this.memory,
      rules: rulesOf(rules),
      seed: options.seed ?? '1',
      witnessed: options.witnessed ?? false,
    });
  }

  /** Ingress of one IP packet or, with a link type, frame. */
  send(
    frame: Uint8Array,
    direction: number,
    nowNs: number,
    linkType: number = LinkType.rawIp,
  ): number {
    const { memory } = this;
    memory.bytes.set(frame, memory.frameOffset(this.staging));
    memory.length[this.staging] = frame.length;
    memory.linkType[this.staging] = linkType;
    return this.engine.ingress(this.staging, direction, nowNs);
  }

  /** The same packet once more, without writing its bytes again. */
  repeat(direction: number, nowNs: number): number {
    return this.engine.ingress(this.staging, direction, nowNs);
  }

  /** The staging slot's frame as it is now. */
  get staged(): Uint8Array {
    return this.#frame(this.staging);
  }

  expire(nowNs: number): number {
    return this.engine.expire(nowNs, this);
  }

  /** Calls `expire` at each deadline up to `untilNs`, as a punctual driver does. */
  drain(untilNs = Number.MAX_SAFE_INTEGER): void {
    const { engine } = this;
    for (let ns = engine.nextDeadline(); ns <= untilNs; ns = engine.nextDeadline()) this.expire(ns);
  }

  flush(): number {
    return this.engine.flush(this);
  }

  configure(rules: readonly string[] | readonly Rule[], nowNs: number): void {
    this.engine.configure(rulesOf(rules), nowNs);
  }

  release(slot: number): void {
    const frame = this.#frame(slot).slice();
    const { deadlineNs, row, flags } = this.memory;
    this.released.push({
      frame,
      deadlineNs: deadlineNs[slot],
      row: row[slot],
      flags: flags[slot],
    });
  }

  counts(rule = 0, direction: Direction = Direction.out): CounterValues {
    return this.engine.counters.row(this.engine.rowOf(rule, direction));
  }

  #frame(slot: number): Uint8Array {
    const offset = this.memory.frameOffset(slot);
    return this.memory.bytes.subarray(offset, offset + this.memory.length[slot]);
  }
}

function rulesOf(rules: readonly string[] | readonly Rule[]): readonly Rule[] {
  const isText = (each: string | Rule) => typeof each === 'string';
  return rules.every(isText) ? parseRules(rules as string[], RULE_FILES) : (rules as Rule[]);
}

/** The rules of a YAML text. */
export function scenario(text: string): readonly Rule[] {
  return parseScenario(text, 'test.yaml', RULE_FILES).rules;
}

/** Seen, and copies made, less everything that became of them: 0, always. */
export function imbalance(counts: CounterValues): number {
  const fates = COUNTER_NAMES.filter((name) => name.startsWith('dropped'));
  const dropped = fates.reduce((sum, name) => sum + counts[name], 0);
  return counts.seen + counts.duplicated - counts.passed - dropped - counts.overflow - counts.held;
}

/** A UDP packet of flow `flow` to or from port 53 that carries a number. */
export function numbered(flow: number, direction: number, number: number): Uint8Array {
  const payload = new Uint8Array(8);
  new DataView(payload.buffer).setFloat64(0, number);
  return direction === Direction.out
    ? ip('192.0.2.1', '198.51.100.2', udp(10_000 + flow, 53, payload))
    : ip('198.51.100.2', '192.0.2.1', udp(53, 10_000 + flow, payload));
}

export function numberOf(packet: Uint8Array): number {
  return new DataView(packet.buffer, packet.byteOffset).getFloat64(packet.length - 8);
}

/** A packet of a scenario. */
export interface Arrival {
  readonly flow: number;
  readonly direction: Direction;
  readonly nowNs: number;
}

export const LOST = Number.POSITIVE_INFINITY;

/**
 * Sends all arrivals, calling `expire` before those for which `expiresBefore` says so, and returns
 * when each packet left: LOST, or its release time.
 */
export function releaseTimes(
  driver: EngineDriver,
  arrivals: readonly Arrival[],
  expiresBefore: (index: number) => boolean = () => false,
): number[] {
  const times = new Array<number>(arrivals.length).fill(LOST);
  arrivals.forEach(({ flow, direction, nowNs }, index) => {
    if (expiresBefore(index)) driver.expire(nowNs);
    const verdict = driver.send(numbered(flow, direction, index), direction, nowNs);
    if (verdict === Verdict.pass) times[index] = nowNs;
  });
  driver.flush();
  for (const { frame, deadlineNs } of driver.released) times[numberOf(frame)] = deadlineNs;
  return times;
}
