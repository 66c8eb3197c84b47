/**
 * The verdicts of a replay are those of the engine: an obvious driver, which lets time pass deadline by
 * deadline, gives the same packets the same fates and lets the same bytes go at the same times.
 */
import { expect, test } from 'vitest';
import { Engine, Verdict } from '../../src/netem/engine.js';
import { Fate, Fates } from '../../src/netem/fates.js';
import { PacketMemory } from '../../src/netem/packet-memory.js';
import { verdictText } from '../../src/pcap/verdict-text.js';
import type { Rule } from '../../src/rules/rule.js';
import { parseScenario } from '../../src/rules/scenario/scenario.js';
import {
  GOLDEN_CAPTURES,
  type GoldenPacket,
  goldenPackets,
  pcapngOf,
} from '../support/golden-captures.js';
import { replayed } from '../support/replays.js';
import { RULE_FILES } from '../support/rule-files.js';

const SEED = 'test';

/** As YAML, for the one that has a schedule. */
const RULE_SETS = [
  "['udp:53 loss 20% burst 3 delay 3ms jitter 2ms', 'any duplicate 20% delay 1ms']",
  "['any loss 5% duplicate 10% corrupt 5% delay 1ms jitter 5ms unordered']",
  "['tcp rate 2mbit queue 20p aqm codel ecn', 'udp rate 5mbit delay 2ms']",
  "['quic reorder 10% by 2 delay 4ms', 'tcp reorder 20% delay 10ms', 'dns partition reject']",
  "['any slot 5ms', 'tcp outage on 90ms off 10ms']",
  "['any rebind 20ms rate 1mbit queue 10p']",
  "['any rate 3mbit']\nschedule: [{at: 50ms, rules: [{match: any, rate: 1mbit, loss: 3%}]}]\nloop: 100ms",
];

interface Outcome {
  readonly verdicts: readonly string[];
  /** Time after the first packet's arrival, and bytes. */
  readonly left: readonly string[];
}

for (const name of GOLDEN_CAPTURES) {
  test.each(RULE_SETS)(`${name} with %s`, async (yaml) => {
    const { rules } = parseScenario(`rules: ${yaml}\n`, 'test', RULE_FILES);
    const packets = goldenPackets(name);
    const { verdicts, output, result } = await replayed(pcapngOf(packets), { rules, seed: SEED });
    const left = output.packets.map(({ timeNs, data }) =>
      leftText(Number(output.baseNs - result.baseNs) + timeNs, data),
    );
    const expected = driveEngine(packets, rules);
    expect(verdicts).toEqual(expected.verdicts);
    expect(left).toEqual(expected.left);
    expect(result.counts.left).toBe(left.length);
  });
}

function leftText(timeNs: number, bytes: Uint8Array): string {
  return `${timeNs} ${Buffer.from(bytes).toString('hex')}`;
}

function driveEngine(packets: readonly GoldenPacket[], rules: readonly Rule[]): Outcome {
  const memory = new PacketMemory(2 ** 24);
  const engine = new Engine({ memory, rules, seed: SEED, witnessed: true });
  const [slot] = memory.takeStaging(1);
  const fates = new Fates();
  const names = rules.map(({ name }) => name);
  const nowNs = Float64Array.of(0);
  const left: string[] = [];
  const hearLate = () => {
    const late = engine.late!;
    for (let i = 0; i < late.count; i++) fates.late(late.serial[i], late.flags[i], late.what[i]);
    late.clear();
  };
  const leave = (at: number, timeNs: number) => {
    const offset = memory.frameOffset(at);
    left.push(leftText(timeNs, memory.bytes.subarray(offset, offset + memory.length[at])));
  };
  const release = (held: number) => {
    hearLate();
    leave(held, memory.deadlineNs[held]);
    fates.released(memory.serial[held], memory.flags[held], memory.deadlineNs, held);
  };
  const passTo = (untilNs: number) => {
    for (let due = engine.nextDeadline(); due <= untilNs; due = engine.nextDeadline()) {
      nowNs[0] = Math.max(nowNs[0], due);
      engine.expire(nowNs[0], { release });
      hearLate();
    }
  };
  packets.forEach(({ frame, timeNs, direction }, serial) => {
    const atNs = Number(timeNs - packets[0].timeNs);
    passTo(atNs);
    nowNs[0] = atNs;
    memory.bytes.set(frame, memory.frameOffset(slot));
    memory.length[slot] = frame.length;
    memory.linkType[slot] = 0;
    memory.serial[slot] = serial;
    const verdict = engine.ingress(slot, direction === 'out' ? 0 : 1, atNs);
    const fate = new Fate();
    fate.take(engine.ruling, nowNs);
    fates.push(fate);
    if (verdict === Verdict.pass) leave(slot, atNs);
    hearLate();
  });
  passTo(Number.MAX_SAFE_INTEGER);
  const verdicts: string[] = [];
  while (fates.shiftOpen()) verdicts.push(verdictText(fates.current, names));
  return { verdicts, left };
}
