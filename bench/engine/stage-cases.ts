/**
 * One row for each thing that a rule can do to a packet: what it costs on top of finding the rule. Those
 * that hold packets include the copy, the wheel and the release.
 */

import { Engine } from '../../src/netem/engine.js';
import { MEMORY_BYTES_DEFAULT } from '../../src/netem/limits.js';
import type { RuleFiles } from '../../src/rules/files/rule-files.js';
import { parseRules } from '../../src/rules/parse.js';
import { Direction } from '../../src/rules/rule.js';
import { BATCH, Batch } from './batch.js';
import type { Case } from './measure.js';

export const CLASSIFY = 'classify, 1 flow';

/** Nanoseconds on top of CLASSIFY. */
export const STAGE_LIMIT_NS = 150;
/** For AQMs and traces. */
export const AQM_LIMIT_NS = 300;

interface StageRow {
  readonly name: string;
  /** What follows `udp:53`. */
  readonly rule: string;
  readonly limitNs: number;
}

const cheap = (name: string, rule = name): StageRow => ({ name, rule, limitNs: STAGE_LIMIT_NS });
const dear = (name: string, rule = name): StageRow => ({ name, rule, limitNs: AQM_LIMIT_NS });

/** Of the packets as they come; a NAT writes another into the staged ones. */
const SOURCE_PORT = 0x9c40;

/** Packets come at 1 per microsecond, 848 bits each: 848 Mbit/s. */
const GAP_NS = 1_000;
const LINK = 'rate 900mbit';
const BUSY_LINK = 'rate 700mbit';

export const STAGE_ROWS: readonly StageRow[] = [
  cheap('partition'),
  cheap('outage', 'outage on 1ms off 1ms'),
  cheap('loss', 'loss 1%'),
  cheap('loss max', 'loss 30% max 2'),
  cheap('loss burst', 'loss 1% burst 4'),
  cheap('loss corr', 'loss 10% corr 25%'),
  cheap('loss gemodel', 'loss gemodel 1% 10% 70% 0.1%'),
  cheap('loss state', 'loss state 1% 10% 70% 50% 0.5%'),
  cheap('loss nth', 'loss nth 2,7,10-12'),
  cheap('loss map', 'loss map lost.map'),
  cheap('loss burst per flow', 'loss 1% burst 4 per flow'),
  cheap('corrupt', 'corrupt 10%'),
  cheap('corrupt checksum-ok', 'corrupt 10% checksum-ok'),
  cheap('duplicate', 'duplicate 1%'),
  cheap('delay', 'delay 1ms'),
  cheap('jitter uniform', 'delay 1ms jitter 100us'),
  cheap('jitter normal', 'delay 1ms jitter 100us normal'),
  cheap('jitter pareto', 'delay 1ms jitter 100us pareto'),
  cheap('jitter paretonormal', 'delay 1ms jitter 100us paretonormal'),
  cheap('jitter table', 'delay 1ms jitter 100us delays.dist'),
  cheap('jitter corr', 'delay 1ms jitter 100us corr 50%'),
  cheap('jitter normal unordered', 'delay 1ms jitter 100us normal unordered'),
  cheap('reorder', 'delay 1ms reorder 5%'),
  cheap('reorder by', 'reorder 5% by 3'),
  cheap('slot', 'slot 100us'),
  cheap('rate', LINK),
  cheap('rate, cells, burst', `${LINK} overhead 8 cell 48 5 burst 64kb`),
  cheap('rate, full queue', `${BUSY_LINK} queue 100p`),
  cheap('rate, drophead', `${BUSY_LINK} queue 100p aqm drophead`),
  dear('codel', `${BUSY_LINK} aqm codel`),
  dear('pie', `${BUSY_LINK} aqm pie`),
  dear('trace', 'trace cell.trace queue 100p'),
  cheap('rebind', 'rebind 1s first 1us'),
  cheap('compat netem loss', 'loss 10% corr 25% compat netem'),
  cheap('compat netem delay', 'delay 1ms jitter 100us normal corr 25% compat netem'),
  cheap('len=', 'len=60-200'),
  cheap('qname=', 'qname=*.example.com'),
  cheap('quic=', 'quic=initial'),
];

const FILES: RuleFiles = {
  read: (path) => {
    if (path === 'lost.map') return Array.from({ length: 1_000 }, (_, i) => i * 10 + 1).join('\n');
    if (path === 'cell.trace') return '1\n1\n1\n1\n1\n'.repeat(12);
    return Array.from({ length: 1_000 }, (_, i) => String(i)).join('\n');
  },
};

export function stageCases(): Case[] {
  return STAGE_ROWS.map(({ name, rule }) => stageCase(name, rule));
}

function stageCase(name: string, rule: string): Case {
  const batch = new Batch(MEMORY_BYTES_DEFAULT);
  const { memory, slots } = batch;
  const rules = parseRules([`udp:53 ${rule}`], FILES);
  const engine = new Engine({ memory, rules, seed: '1' });
  const written = new Int32Array(1);
  const sink = {
    release(slot: number) {
      written[0] += memory.length[slot];
    },
  };
  const isRewritten = rule.startsWith('rebind');
  let sent = 0;
  const turn = (nowNs: number) => {
    for (let i = 0; i < BATCH; i++) {
      if (isRewritten) batch.setFlow(slots[i], SOURCE_PORT);
      engine.ingress(slots[i], Direction.out, nowNs);
    }
    engine.expire(nowNs, sink);
    sent += BATCH;
  };
  return {
    name,
    reference: CLASSIFY,
    run(count) {
      for (let i = 0; i < count; i += BATCH) turn(sent * GAP_NS);
    },
  };
}
