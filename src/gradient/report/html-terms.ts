/** How to read the page: its terms, each in a sentence or two, for those who meet them here first. */
import type { GradientResult } from '../result.js';
import { html, type Markup } from './html-markup.js';

type Term = readonly [name: string, says: string];

export function termsMarkup({ paired }: GradientResult): Markup {
  return html`<dl class="terms">
${[...TERMS, paired ? PAIRED : INDEPENDENT].map(
  ([name, says]) => html`<div><dt>${name}</dt><dd>${says}</dd></div>\n`,
)}</dl>`;
}

const TERMS: readonly Term[] = [
  [
    'Step, baseline',
    'One value of the ladder; the baseline is measured without the stepped impairment.',
  ],
  [
    'Realized',
    'What the emulator did to the packets, by its own count. Chance makes it differ from what is ' +
      'configured; outside of the 99% interval it is marked, and the step is not what it says.',
  ],
  [
    '95% interval',
    'In brackets, and as bars in the charts: what may well be behind the measured value. ' +
      'More samples make it narrower: four times as many halve it.',
  ],
  [
    'p50, p95, p99',
    'Half of the samples, 95 and 99 of 100 took no longer. Failed samples count as longer than all others: ' +
      '“failed” means that so many failed that there is no such time, ∞ in an interval that it may be so. ' +
      'Of what should be high, such as goodput: what half, 95 and 99 of 100 samples reach; failed ones ' +
      'count as 0.',
  ],
  ['Mean, max', 'Only of samples that have the value, so without those that failed before.'],
  [
    'Expected',
    'What theory gives for this impairment, with the interval in which 99 of 100 such measurements would ' +
      'lie. Measured outside: either the service or the assumption differs.',
  ],
  [
    'Against the baseline',
    'How far the step differs, and p, the probability of such a difference if there were none (corrected ' +
      'for the number of steps). From 1% on it may be chance, or the machine: of times and other numbers ' +
      'only what is left counts when 1% of the baseline’s median is taken off or, if that is more, what ' +
      'netemu and the probe were late; 6 rounds or more have to agree. pp: percentage points.',
  ],
  [
    'Knee',
    'The step from which a metric departs from the trend of the steps before: what the service could make ' +
      'up for until there, it no longer can.',
  ],
];

const PAIRED: Term = [
  'Paired',
  'The steps share their randomness: a packet that is lost at a low step is lost at the higher ones as ' +
    'well. So differences between steps are the impairment’s and not chance’s.',
];

const INDEPENDENT: Term = [
  'Independent',
  'Each step draws its own randomness, so that chance is part of the differences between steps.',
];
