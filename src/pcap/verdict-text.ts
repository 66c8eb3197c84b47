/**
 * The fate of a packet in words: the comment that a recording gives it, and what `--verify` compares. The
 * same fate has the same words always, and different fates different ones: times are exact.
 *
 *     netemu passed; rule udp:53, flow 3, packet 17
 *     netemu left after 20.000312 ms (jitter), corrupted; rule …
 *     netemu dropped by loss; rule …
 *     netemu held by delay at the end; rule …
 */
import { Counter } from '../netem/counters.js';
import { COPY_LEFT_NS, FATE_ORDINAL, type Fate, LEFT_NS, TIME_NS } from '../netem/fates.js';
import { DECIDER_NAMES, Decider, NO_RULE } from '../netem/ruling.js';
import { Effect } from '../netem/stages/stage.js';

/** `when written`: a recording could not wait for what became of it. */
export type Until = 'at the end' | 'when written';

/** What the comments begin with. */
export const VERDICT_PREFIX = 'netemu ';

/** `ruleNames`: by index, as `Rule.name`. `until`: when what is held was given up. */
export function verdictText(
  fate: Fate,
  ruleNames: readonly string[],
  until: Until = 'at the end',
): string {
  const what = whatText(fate, until) + effectsText(fate, until);
  return `${VERDICT_PREFIX}${what}; ${whoText(fate, ruleNames)}`;
}

function whatText({ outcome, decider, values }: Fate, until: Until): string {
  const by = DECIDER_NAMES[decider];
  if (outcome === Counter.held) return `held by ${by} ${until}`;
  if (outcome !== Counter.passed) return `dropped by ${by}`;
  if (decider === Decider.none) return 'passed';
  return `left after ${msText(values[LEFT_NS] - values[TIME_NS])} ms (${by})`;
}

function effectsText({ effects, copy, answered, values }: Fate, until: Until): string {
  let text = '';
  if ((effects & Effect.rebound) !== 0) text += ', rebound';
  if ((effects & Effect.corrupted) !== 0) text += ', corrupted';
  if ((effects & Effect.marked) !== 0) text += ', marked';
  if (answered !== 0) text += ', answered';
  if (copy === Counter.passed)
    text += `, copy after ${msText(values[COPY_LEFT_NS] - values[TIME_NS])} ms`;
  else if (copy === Counter.held) text += `, copy held ${until}`;
  else if (copy !== 0) text += `, copy dropped`;
  return text;
}

function whoText({ rule, flow, values }: Fate, ruleNames: readonly string[]): string {
  if (rule === NO_RULE) return 'no rule';
  return `rule ${ruleNames[rule]}, flow ${flow}, packet ${values[FATE_ORDINAL]}`;
}

/** Nanoseconds as milliseconds, exactly, without zeros at the end. */
function msText(ns: number): string {
  const whole = Math.floor(ns / 1e6);
  const rest = Math.round(ns - whole * 1e6);
  return rest === 0 ? `${whole}` : `${whole}.${String(rest).padStart(6, '0').replace(/0+$/, '')}`;
}
