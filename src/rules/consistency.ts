/**
 * Which impairments do not go together, once all of a rule are known: what needs another one, what
 * excludes another one, and what tc-netem does not have where its arithmetic is asked for.
 */

import { findForeignToNetem } from './netem-vocabulary.js';
import { DIRECTION_NAMES, Direction, type Impairments, type PerDirection } from './rule.js';

export interface Inconsistency {
  /** The key to point at. */
  readonly key: string;
  readonly direction: Direction;
  readonly sentence: string;
  readonly mend: string;
  /**
   * The key alone is without effect, because another one is missing. A schedule may take that other
   * one away for a time.
   */
  readonly isOrphan: boolean;
}

/** The first that is found, or null. */
export function checkImpairments(impairments: PerDirection<Impairments>): Inconsistency | null {
  const [out, into] = impairments;
  const foundOut = findContradiction(out) ?? findOrphan(out, into);
  const foundIn = findContradiction(into) ?? findOrphan(into, out);
  const found = foundOut ?? foundIn;
  if (found === null) return null;
  const direction = foundOut === null ? Direction.in : Direction.out;
  if (foundOut?.sentence === foundIn?.sentence) return { ...found, direction };
  return { ...found, direction, sentence: `${DIRECTION_NAMES[direction]}: ${found.sentence}` };
}

type Found = Omit<Inconsistency, 'direction'>;

function findContradiction(one: Impairments): Found | null {
  const { rate, trace, slot, jitter, compat } = one;
  if (rate !== null && trace !== null) {
    const sentence = 'a trace says itself how fast the link is, and cannot have a rate';
    return contradiction('trace', sentence, 'leave rate or trace away');
  }
  if (slot !== null && jitter?.unordered) {
    const sentence = 'slots keep the order of packets, and cannot have a jitter that is unordered';
    return contradiction('slot', sentence, 'leave slot or unordered away');
  }
  const foreign = compat === 'netem' ? findForeignToNetem(one) : null;
  if (foreign === null) return null;
  const sentence = `tc-netem has no ${foreign.what}, so compat netem has none`;
  return contradiction(foreign.key, sentence, `leave compat netem or ${foreign.mend} away`);
}

/** A key that needs another one. */
interface Need {
  readonly key: string;
  /** What is asked for, to be compared with the other direction's; null and false: nothing. */
  asked(impairments: Impairments): unknown;
  isMet(impairments: Impairments): boolean;
  readonly sentence: string;
  readonly mend: string;
}

const hasLink = ({ rate, trace }: Impairments) => rate !== null || trace !== null;

const NEEDS: readonly Need[] = [
  {
    key: 'ecn',
    asked: ({ ecn }) => ecn,
    isMet: ({ loss, aqm }) => loss !== null || aqm !== null,
    sentence: 'ecn marks what loss or aqm would drop, and there is neither',
    mend: 'loss 1% ecn',
  },
  {
    key: 'queue',
    asked: ({ queue }) => queue,
    isMet: hasLink,
    sentence: 'a queue forms before a link, and there is no rate or trace',
    mend: 'rate 10mbit queue 100p',
  },
  {
    key: 'aqm',
    asked: ({ aqm }) => aqm,
    isMet: hasLink,
    sentence: 'aqm manages the queue before a link, and there is no rate or trace',
    mend: 'rate 10mbit aqm codel',
  },
  {
    key: 'reorder',
    asked: ({ reorder }) => (reorder?.kind === 'skip' ? reorder : null),
    isMet: ({ delayNs, jitter }) => delayNs > 0 || jitter !== null,
    sentence: 'reordered packets skip the delay, and there is no delay or jitter',
    mend: 'delay 10ms reorder 5%, or without a delay: reorder 5% by 3',
  },
];

/**
 * What was said for both directions alike is in order where one of them has what it needs:
 * `rate out:1mbit queue 100p`.
 */
function findOrphan(one: Impairments, other: Impairments): Found | null {
  for (const need of NEEDS) {
    const asked = need.asked(one);
    if (asked === null || asked === false || need.isMet(one)) continue;
    const isShared = JSON.stringify(asked) === JSON.stringify(need.asked(other));
    if (isShared && need.isMet(other)) continue;
    return { key: need.key, sentence: need.sentence, mend: need.mend, isOrphan: true };
  }
  return null;
}

function contradiction(key: string, sentence: string, mend: string): Found {
  return { key, sentence, mend, isOrphan: false };
}
