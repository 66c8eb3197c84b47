/**
 * `netemu diff`: what a network did to the packets of one capture on their way to another.
 *
 *     both captures ─▶ rows ─▶ pairs by bytes ─▶ which end is where ─▶ the rest of the pairs
 *                                                                   └▶ two ways ─▶ figures, rules
 */

import { usageError } from '../../errors.js';
import { ruleFromFlags } from '../../rules/parse.js';
import type { Prefix } from '../../rules/rule.js';
import type { Capture, CaptureCounts } from './capture.js';
import { type ClockOffset, clockOffsetOf } from './clocks.js';
import { type FlowFigures, flowList, type WayFigures } from './conversations.js';
import { figuresOf } from './figures.js';
import { Homes } from './homes.js';
import { notesOf } from './notes.js';
import { nothingInCommon } from './nothing-in-common.js';
import { IN, OUT, Pairing, RECEIVED, SENT } from './pairing.js';
import { readCaptures } from './read-captures.js';
import { exactRules, type RuleFileTexts, ruleForAll, type WaysFound } from './rule-set.js';
import { Way } from './way.js';

export interface DiffOptions {
  /** Files; `-` is standard input. */
  readonly sent: string;
  readonly received: string;
  /** The addresses of the end at SENT; empty: they are found out. */
  readonly from?: readonly Prefix[];
  /** Only what matches is compared, and makes one rule; null: everything, and a rule for each flow. */
  readonly match?: string | null;
  /** Addresses and ports are not compared. */
  readonly nat?: boolean;
  /** By how much RECEIVED's clock is ahead of SENT's; null: it is assumed where it has to be. */
  readonly clockOffsetNs?: number | null;
  /** Only what lies between the first and the last packet that both captures have. */
  readonly trims?: boolean;
}

export interface CaptureFigures extends Readonly<CaptureCounts> {
  readonly name: string;
  /** Between addresses of which the other capture has no packet in common: not compared. */
  readonly elsewhere: number;
  /** Those that were compared. */
  readonly compared: number;
  /** Why reading ended early; `offset` is in the (decompressed) file. */
  readonly fault: { readonly offset: number; readonly reason: string } | null;
}

export interface Difference {
  readonly sent: CaptureFigures;
  readonly received: CaptureFigures;
  /** Packets that were sent and have arrived, both ways. */
  readonly common: number;
  /** Of each packet, from its IP header on; null: all. */
  readonly bytesCompared: number | null;
  /** By how much RECEIVED's clock is taken to be ahead, and why. */
  readonly clock: { readonly offsetNs: number; readonly origin: ClockOffset['origin'] };
  /** From SENT's end to that of RECEIVED, and back; null where the captures have no packet in common. */
  readonly out: WayFigures | null;
  readonly in: WayFigures | null;
  readonly flowCount: number;
  /** Those with most packets first, a thousand at most. */
  readonly flows: readonly FlowFigures[];
  /** What a reader has to know besides. */
  readonly notes: readonly string[];
}

export interface DiffResult {
  readonly difference: Difference;
  /** The same as rules. Errors: E_DIFF_FLOWS, E_DIFF_CLOCK. */
  makeRules(): RuleFileTexts;
}

/**
 * Errors: E_FILE, E_ZSTD, E_CAPTURE (nothing before the damage), E_DIFF_NOTHING, E_DIFF_LIMIT,
 * E_DIFF_STDIN; those of `match`.
 */
export async function diff(options: DiffOptions): Promise<DiffResult> {
  const { from = [], match = null, nat = false, clockOffsetNs = null, trims = false } = options;
  const rule = ruleFromFlags({ flow: match ?? undefined });
  if (rule.match.dir !== null) {
    const sentence = '--flow: dir= has no meaning here, both ways are told apart anyway';
    throw usageError('E_RULE_MATCH', sentence, 'leave dir= away');
  }
  const captures = await readCaptures(options.sent, options.received, { rule, nat });
  const { sent, received, bytesMax } = captures;
  const pairing = new Pairing(sent, received);
  const homes = new Homes(pairing, from);
  pairing.finish(homes, nat);
  const clock = clockOffsetOf(pairing, clockOffsetNs);
  const ways = [OUT, IN].map((way) => new Way(pairing, homes, way, clock.ns, trims));
  const [out, back] = ways.map((way) => (way.arrivedCount === 0 ? null : way));
  if (out === null && back === null) throw nothingInCommon(sent, received, nat);
  const found: WaysFound = { out, in: back };
  const { count, flows } = flowList(found, homes);
  const told = {
    sent: captureFigures(sent, SENT, homes),
    received: captureFigures(received, RECEIVED, homes),
    common: ways.reduce((sum, way) => sum + way.arrivedCount, 0),
    bytesCompared: Number.isFinite(bytesMax) ? bytesMax : null,
    clock: { offsetNs: clock.ns, origin: clock.origin },
    out: wayFigures(out),
    in: wayFigures(back),
    flowCount: count,
    flows,
  };
  const notes = notesOf(told, pairing, [out, back], trims);
  return {
    difference: { ...told, notes },
    makeRules: () => (match === null ? exactRules(found) : ruleForAll(found, rule.match.text)),
  };
}

function captureFigures(capture: Capture, index: number, homes: Homes): CaptureFigures {
  const { name, counts, table, fault } = capture;
  let [elsewhere, compared] = [0, 0];
  for (let row = 0; row < table.count; row++) {
    if (homes.wayOf(index, row) >= 0) compared++;
    else if (homes.isElsewhere(index, row)) elsewhere++;
  }
  const told = fault === null ? null : { offset: fault.offset, reason: fault.reason };
  return { name, ...counts, elsewhere, compared, fault: told };
}

function wayFigures(way: Way | null): WayFigures | null {
  if (way === null) return null;
  const strangers = way.strangers.reduce((sum, count) => sum + count, 0);
  return {
    ...figuresOf(
      way,
      way.rows.map((_, i) => i),
    ),
    strangers,
  };
}
