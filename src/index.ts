/**
 * netemu as a library: the engine that impairs live traffic, for captures, for packets that a program has,
 * and for programs that move packets themselves. The same seed, rules and packets give the same verdicts, on
 * every machine and at any time. Nothing of this needs privileges.
 *
 *     import { replay } from 'netemu';
 *
 *     const rules = ['udp:4000 loss 2% burst 3', 'any delay 40ms'];
 *     const { verdicts, packets } = await replay('call.pcapng', { rules, seed: '7' });
 *
 * examples/replay.test.ts is a test to copy. Rules are those of the command line, and docs/rules.md says what
 * they mean. All errors that have to do with what was asked for are `NetemuError`s.
 */

// Captures, and packets that a program has.

export { replay, replayEvents } from './library/replay.js';

// What a replay takes and gives.

export type { ReplayEvent, ReplayedPacket } from './library/collector.js';
export type { Packet } from './library/packet-source.js';
export type { Replayed, ReplayInput, ReplayOptions } from './library/replay.js';
export type { EffectName, Outcome, PacketVerdict, StageName } from './replay/packet-verdict.js';

// Rules.

export { parseRules, parseScenario } from './library/rules.js';

// What they are read from, and as.

export type { ParseOptions, RulesGiven } from './library/rules.js';
export type { Rule } from './rules/rule.js';
export type { Scenario } from './rules/scenario/scenario.js';

// The engine itself.

export { Engine } from './library/engine.js';

// What it takes and gives.

export type { EngineOptions, Judgement, Leave, Link } from './library/engine.js';
export type { DirectionName } from './rules/rule.js';

// What goes wrong.

export { NetemuError } from './errors.js';
