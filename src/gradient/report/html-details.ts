/**
 * What stands behind the numbers: failures by reason, warnings and errors, counters of the system,
 * assertions, the theories behind the predictions, and what was planned.
 */
import { metricsOf } from '../analysis/samples.js';
import type { GradientResult, StepSummary } from '../result.js';
import * as format from './format.js';
import { html, type Markup } from './html-markup.js';
import { summaryOf } from './html-parts.js';
import { tableMarkup } from './html-tables.js';
import { eachOnce } from './labels.js';

export function assertionsMarkup({ assertions }: GradientResult): Markup | null {
  if (assertions.length === 0) return null;
  return section(
    'Assertions',
    html`<ul class="list">
${assertions.map(
  ({ text, passed, reasons }) =>
    html`<li><span class="${passed ? 'better' : 'mark'}">${
      passed ? 'holds' : 'failed'
    }</span> <code>${text}</code>${
      reasons.length > 0 && html`<ul>${reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`
    }</li>\n`,
)}</ul>`,
  );
}

export function warningsMarkup(result: GradientResult): Markup | null {
  const { analysis, segments, steps } = result;
  const labelOf = (index: number) => steps.find((step) => step.index === index)?.label ?? '?';
  const lines = [
    ...analysis.steps.map(({ label, warnings }) => [label, warnings] as const),
    ...segments.map(({ step, error, notes, cut }): readonly [string, readonly string[]] => [
      labelOf(step),
      [
        ...(error === null ? [] : [`ended by ${error.code}: ${error.message}`]),
        ...(cut && error === null ? ['ended before it was complete'] : []),
        ...notes,
      ],
    ]),
  ];
  const items = eachOnce(lines, steps).map(
    ({ text, labels }) => html`<li><span class="dim">${labels}:</span> ${text}</li>\n`,
  );
  if (items.length === 0) return null;
  return section('Warnings and notes', html`<ul class="list">\n${items}</ul>`);
}

export function failuresMarkup({ analysis }: GradientResult): Markup | null {
  const table = countTable(
    'How many samples failed, by reason',
    'Reason',
    analysis.steps,
    'failures',
  );
  return table && section('Failures', table);
}

export function countersMarkup({ analysis }: GradientResult): Markup | null {
  const caption = 'How much the counters of the namespace grew (/proc/net/snmp and netstat)';
  const table = countTable(caption, 'Counter', analysis.steps, 'system');
  return table && section('Counters of the system', table);
}

/** A row for each name that any step has. */
function countTable(
  caption: string,
  title: string,
  steps: readonly StepSummary[],
  key: 'failures' | 'system',
): Markup | null {
  const names = [...new Set(steps.flatMap((step) => Object.keys(step[key])))];
  if (names.length === 0) return null;
  const rows = names.map((name) => [
    name,
    ...steps.map((step) =>
      Object.hasOwn(step[key], name) ? format.formatCount(step[key][name]!) : format.NOTHING,
    ),
  ]);
  return tableMarkup(caption, [title, ...steps.map(({ label }) => label)], rows);
}

export function modelsMarkup(result: GradientResult): Markup | null {
  const models = metricsOf(result).flatMap((spec) => {
    const found = result.analysis.steps.flatMap(
      (step) => summaryOf(step, spec.name)?.prediction?.model ?? [],
    );
    return [...new Set(found)].map(
      (model) => html`<div><dt>${spec.name}</dt><dd>${model}</dd></div>\n`,
    );
  });
  if (models.length === 0) return null;
  return section('Theories behind what was expected', html`<dl class="terms">\n${models}</dl>`);
}

export function planMarkup({ plan, steps, analysis }: GradientResult): Markup | null {
  if (plan.steps.every(({ precision, needed }) => precision === null && needed === null))
    return null;
  const orNothing = (value: number | null, write: (value: number) => string) =>
    value === null ? format.NOTHING : write(value);
  const rows = plan.steps.map(({ step, samples, metric, expected, precision, needed }) => [
    steps.find(({ index }) => index === step)?.label ?? '?',
    orNothing(samples, format.formatCount),
    format.formatCount(analysis.steps.find((each) => each.step === step)?.samples ?? 0),
    metric === null ? format.NOTHING : `${metric} ${format.formatShare(expected)}`,
    orNothing(precision, (value) => `±${format.formatShare(value)}`),
    orNothing(needed, format.formatCount),
  ]);
  const titles = ['Step', 'Planned', 'Measured', 'Expected', 'Precision', 'Needed'];
  const caption =
    'Samples. Precision: half of the 95% interval, relative to the share that is expected';
  return section('Plan', tableMarkup(caption, titles, rows));
}

export function section(title: string, content: Markup): Markup {
  return html`<section>
<h2>${title}</h2>
${content}
</section>
`;
}
