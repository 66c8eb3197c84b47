/**
 * The head of the page: what was measured, what came of it in words, and under which conditions. Who reads
 * nothing else knows whether it is good.
 */
import { pairingOf } from '../analysis/pairing.js';
import { metricsOf } from '../analysis/samples.js';
import type { GradientResult } from '../result.js';
import * as format from './format.js';
import { html, type Markup } from './html-markup.js';
import { summaryOf } from './html-parts.js';

/** `bad`: an assertion does not hold. `doubtful`: something to look at. */
type Mood = 'good' | 'bad' | 'doubtful' | 'plain';

interface Finding {
  readonly mood: Mood;
  readonly text: string;
}

export function summaryMarkup(result: GradientResult): Markup {
  const { probe, ladder, rule } = result;
  const findings = findingsOf(result);
  return html`<header>
<p class="kicker">netemu gradient</p>
<h1><code>${probe.text}</code></h1>
<p class="subtitle">stepping <code>${ladder}</code> under <code>${rule}</code></p>
<ul class="verdict" aria-label="Verdict">
${findings.map(({ mood, text }) => html`<li class="${mood}">${text}</li>\n`)}</ul>
<dl class="facts">
${factsOf(result).map(([term, text]) => html`<div><dt>${term}</dt><dd>${text}</dd></div>\n`)}</dl>
</header>`;
}

function findingsOf(result: GradientResult): Finding[] {
  const { knees, steps } = result.analysis;
  const warnings = steps.flatMap((step) => step.warnings).length;
  return [
    ...completeness(result),
    ...assertionFindings(result),
    ...knees.map(({ says }): Finding => ({ mood: 'doubtful', text: `Knee: ${says}` })),
    ...(knees.length === 0 && steps.length > 2
      ? [{ mood: 'plain', text: 'No knee was found.' } as const]
      : []),
    ...predictionFindings(result),
    ...realizedFindings(result),
    ...(warnings === 0
      ? []
      : [{ mood: 'doubtful', text: `${many(warnings, 'warning')}, see below.` } as const]),
  ];
}

function completeness({ complete, segments, rounds, steps }: GradientResult): Finding[] {
  if (complete) return [];
  const whole = segments.filter(({ cut }) => !cut).length;
  const text = `Cut short: ${whole} of ${many(rounds * steps.length, 'part')} were measured to the end.`;
  return [{ mood: 'doubtful', text }];
}

function assertionFindings({ assertions }: GradientResult): Finding[] {
  if (assertions.length === 0) return [];
  const failed = assertions.filter(({ passed }) => !passed);
  if (failed.length === 0) {
    return [{ mood: 'good', text: `All assertions hold (${assertions.length}).` }];
  }
  const texts = failed.map(({ text }) => text).join('; ');
  return [
    {
      mood: 'bad',
      text: `${failed.length} of ${assertions.length} assertions failed: ${texts}`,
    },
  ];
}

function predictionFindings(result: GradientResult): Finding[] {
  const found = metricsOf(result).flatMap((spec) =>
    result.analysis.steps.flatMap((step) => {
      const prediction = summaryOf(step, spec.name)?.prediction;
      return prediction ? [{ spec, step, isOutside: prediction.outside }] : [];
    }),
  );
  if (found.length === 0) return [];
  const outside = found.filter(({ isOutside }) => isOutside);
  if (outside.length === 0) {
    const text = `As theory expects: all ${found.length} predictions hold within their 99% intervals.`;
    return [{ mood: 'good', text }];
  }
  const places = outside.map(({ spec, step }) => `${spec.name} at ${step.label}`).join(', ');
  const text = `Not as theory expects (${outside.length} of ${many(found.length, 'prediction')}): ${places}.`;
  return [{ mood: 'doubtful', text }];
}

function realizedFindings({ analysis, steppedKey }: GradientResult): Finding[] {
  const compared = analysis.steps.flatMap(({ realized, label }) =>
    realized.flatMap(({ within99, direction }) =>
      within99 === null ? [] : [{ within99, place: `${label} ${direction}` }],
    ),
  );
  if (compared.length === 0) return [];
  const outside = compared.filter(({ within99 }) => !within99).map(({ place }) => place);
  const what = `Realized ${steppedKey}`;
  return outside.length === 0
    ? [{ mood: 'good', text: `${what} is as configured at every step, within 99% intervals.` }]
    : [{ mood: 'doubtful', text: `${what} is not as configured at ${outside.join(', ')}.` }];
}

function factsOf(result: GradientResult): (readonly [string, string])[] {
  const { startedAt, endedAt, machine, probe } = result;
  const settings = Object.entries(probe.settings)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${value}`);
  const facts: (readonly [string, string])[] = [
    ['Begun', startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')],
    ['Took', format.formatSpan(Date.parse(endedAt) - Date.parse(startedAt))],
    ['Samples', samplesText(result)],
    ['Order', orderText(result)],
    ['Seed', `${result.seed}, ${format.PAIRINGS[pairingOf(result) ?? 'independent']}`],
    ['Place', placeText(result)],
    ['Probe', [probe.kind, ...settings].join(', ')],
    ['Program', probe.program ?? ''],
    [
      'Machine',
      `${machine.cpuModel}, ${machine.cpus} CPUs, ${format.formatBytes(machine.memoryBytes)}`,
    ],
    ['Versions', `netemu ${result.netemu}, Node ${machine.node}, Linux ${machine.kernel}`],
  ];
  return facts.filter(([, text]) => text !== '');
}

function samplesText({ analysis: { steps } }: GradientResult): string {
  const counts = steps.map(({ samples }) => samples);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const isEven = counts.every((count) => count === counts[0]);
  const each =
    isEven && counts.length > 0 ? `, ${format.formatCount(counts[0]!)} at each step` : '';
  return `${format.formatCount(total)}${each}`;
}

function orderText({ order, rounds }: GradientResult): string {
  return rounds === 1 ? `${order}, 1 round` : `${order}, ${rounds} rounds`;
}

function placeText({ place: { kind, devices, netns, isPrivate } }: GradientResult): string {
  if (kind === 'demo') return 'demo: two private namespaces of this machine';
  if (kind === 'run') return isPrivate ? 'a namespace without a way out' : 'a namespace of its own';
  return `${devices.join(', ')}${netns === null ? '' : ` in the namespace ${netns}`}`;
}

function many(count: number, noun: string): string {
  return `${format.formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}
