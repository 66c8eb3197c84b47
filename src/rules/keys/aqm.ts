/**
 * `aqm codel`: what the link's queue does about a standing queue. Defaults of codel are those of
 * RFC 8289, 5 ms and 100 ms; of pie those of RFC 8033, 15 ms and 15 ms.
 */

import { eachDirection, type ImpairmentKey } from '../impairment-key.js';
import type { Aqm } from '../rule.js';
import { formatDuration } from '../units.js';
import { readChoice, readOptions, readTimeNs } from '../values.js';
import type { Words } from '../words.js';

const KINDS = ['droptail', 'drophead', 'codel', 'pie'] as const;

/** RFC 8289 section 4.3 and 4.4. */
const CODEL_TARGET_NS = 5e6;
const CODEL_INTERVAL_NS = 100e6;
/** RFC 8033 section 4.1: QDELAY_REF and T_UPDATE. */
const PIE_TARGET_NS = 15e6;
const PIE_UPDATE_NS = 15e6;

export const aqm: ImpairmentKey = {
  name: 'aqm',
  summary: "how the link's queue drops (without it: droptail)",
  metavar: 'kind',
  usage:
    'droptail | drophead | codel | codel target 5ms interval 100ms | pie | pie target 15ms update 15ms',
  options: [...KINDS, 'target', 'interval', 'update'],
  fields: ['aqm'],
  read: (words) => eachDirection({ aqm: readAqm(words) }),
  format: ({ aqm }) => aqm && formatAqm(aqm),
};

function readAqm(words: Words): Aqm {
  const kind = readChoice(words, 'aqm', KINDS, 'kind of queue management');
  const time = (example: string) => () =>
    readTimeNs(words, { example, zero: [`${kind} cannot work with a time of 0`] });
  if (kind === 'codel') {
    const options = readOptions(words, {
      target: time('target 5ms'),
      interval: time('interval 100ms'),
    });
    const { target = CODEL_TARGET_NS, interval = CODEL_INTERVAL_NS } = options;
    return { kind, targetNs: target, intervalNs: interval };
  }
  if (kind === 'pie') {
    const options = readOptions(words, {
      target: time('target 15ms'),
      update: time('update 15ms'),
    });
    const { target = PIE_TARGET_NS, update = PIE_UPDATE_NS } = options;
    return { kind, targetNs: target, updateNs: update };
  }
  return { kind };
}

function formatAqm(aqm: Aqm): string {
  switch (aqm.kind) {
    case 'codel': {
      const target = formatOption('target', aqm.targetNs, CODEL_TARGET_NS);
      return `codel${target}${formatOption('interval', aqm.intervalNs, CODEL_INTERVAL_NS)}`;
    }
    case 'pie': {
      const target = formatOption('target', aqm.targetNs, PIE_TARGET_NS);
      return `pie${target}${formatOption('update', aqm.updateNs, PIE_UPDATE_NS)}`;
    }
    default:
      return aqm.kind;
  }
}

function formatOption(name: string, ns: number, usualNs: number): string {
  return ns === usualNs ? '' : ` ${name} ${formatDuration(ns)}`;
}
