/** What differs between two results beside the service, and what could not be compared: one line each. */
import { steppedFormat } from '../report/format.js';
import type { GradientRecord, GradientResult, Machine, Realized } from '../result.js';
import type { LadderMatch } from './ladder-match.js';
import { metricsOf } from './samples.js';

export function comparisonNotes(
  before: GradientResult,
  after: GradientResult,
  matches: readonly LadderMatch[],
): string[] {
  return [
    ...differences(before, after),
    ...unmatched(before, after, matches),
    ...metricsOnlyInOne(before, after),
    ...(before.complete ? [] : ['the first measurement ended early']),
    ...(after.complete ? [] : ['the second measurement ended early']),
    ...networks(before, after, matches),
  ];
}

type Aspect = readonly [what: string, of: (record: GradientRecord) => string];

const ASPECTS: readonly Aspect[] = [
  ['another probe', ({ probe }) => probe.text],
  ['another program', ({ probe }) => probe.program ?? 'none'],
  ['another version of netemu', ({ netemu }) => netemu],
  ['another machine', ({ machine }) => machineText(machine)],
  ['another kernel', ({ machine }) => machine.kernel],
  ['another node', ({ machine }) => machine.node],
  ['another place', ({ place }) => placeText(place)],
  ['another rule', ({ rule }) => rule],
  ['another ladder', ({ ladder }) => ladder],
  ['another order', ({ order }) => order],
  ['other seeds, so samples are not paired', ({ seed }) => seed],
];

function differences(before: GradientRecord, after: GradientRecord): string[] {
  const aspects = ASPECTS.flatMap(([what, of]) => {
    const [a, b] = [of(before), of(after)];
    return a === b ? [] : [`${what}: ${a} and ${b}`];
  });
  const settings = settingsThatDiffer(before, after).map((name) => {
    const [a, b] = [before, after].map(({ probe }) => String(probe.settings[name] ?? 'none'));
    return `another ${name} of the probe: ${a} and ${b}`;
  });
  return [...aspects, ...settings];
}

/** It makes the names of each measurement new ones, and nothing else. */
const TAG = 'tag';

/** Names of the probe's settings, as far as they matter to the service. */
export function settingsThatDiffer(
  { probe: a }: GradientRecord,
  { probe: b }: GradientRecord,
): string[] {
  const names = new Set([...Object.keys(a.settings), ...Object.keys(b.settings)]);
  names.delete(TAG);
  return [...names].filter((name) => (a.settings[name] ?? null) !== (b.settings[name] ?? null));
}

function machineText({ cpus, cpuModel, memoryBytes }: Machine): string {
  return `${cpus} × ${cpuModel}, ${Math.round(memoryBytes / 2 ** 30)} GiB`;
}

function placeText({ kind, devices, netns }: GradientRecord['place']): string {
  const of = [...devices, ...(netns === null ? [] : [`in ${netns}`])];
  return [kind, ...of].join(' ');
}

function unmatched(
  before: GradientRecord,
  after: GradientRecord,
  matches: readonly LadderMatch[],
): string[] {
  const lacks = (side: 'before' | 'after') =>
    matches.filter((match) => match[side] === null).map(({ label }) => label);
  const line = (labels: readonly string[], other: GradientRecord, where: string) => {
    // The same label under another rule looks comparable, and is not.
    const isThere = labels.some((label) => other.steps.some((step) => step.label === label));
    const why = isThere ? 'not with the same rule' : 'not';
    return labels.length === 0 ? [] : [`${labels.join(', ')}: ${why} in the ${where}`];
  };
  return [
    ...line(lacks('after'), after, 'second'),
    ...line(lacks('before'), before, 'first'),
    ...withoutSamples(before, 'first', matches),
    ...withoutSamples(after, 'second', matches),
  ];
}

/** Of the steps that both have. */
function withoutSamples(
  { segments }: GradientRecord,
  where: 'first' | 'second',
  matches: readonly LadderMatch[],
): string[] {
  const measured = new Set(segments.flatMap(({ step, index }) => (index.length > 0 ? step : [])));
  const labels = matches.flatMap(({ label, before, after }) => {
    if (before === null || after === null) return [];
    return measured.has(where === 'first' ? before.index : after.index) ? [] : [label];
  });
  return labels.length === 0 ? [] : [`${labels.join(', ')}: no samples in the ${where}`];
}

function metricsOnlyInOne(before: GradientRecord, after: GradientRecord): string[] {
  const only = (record: GradientRecord, other: GradientRecord, where: string) => {
    const known = metricsOf(other).map(({ name, kind }) => `${kind} ${name}`);
    const names = metricsOf(record)
      .filter(({ name, kind }) => !known.includes(`${kind} ${name}`))
      .map(({ name }) => name);
    return names.length === 0 ? [] : [`only the ${where} has the metric ${names.join(', ')}`];
  };
  return [...only(before, after, 'first'), ...only(after, before, 'second')];
}

/** Where more happened to packets in one than chance explains, it was not the service that changed. */
function networks(
  before: GradientResult,
  after: GradientResult,
  matches: readonly LadderMatch[],
): string[] {
  const write = steppedFormat(before.steps);
  return matches.flatMap((match) => {
    const of = ({ analysis }: GradientResult, index: number | undefined) =>
      analysis.steps.find(({ step }) => step === index)?.realized ?? [];
    const second = of(after, match.after?.index);
    return of(before, match.before?.index).flatMap((a) => {
      const b = second.find(({ direction }) => direction === a.direction);
      if (b === undefined || !differ(a, b)) return [];
      const [first, then] = [write(a.realized), write(b.realized)];
      const what = `${before.steppedKey} ${first} was realized in the first and ${then} in the second`;
      return [`the networks differed at ${match.label}, ${a.direction}: ${what}`];
    });
  });
}

/** Differences below do not matter, such as of delays that are known to a millionth. */
const RELEVANT = 0.01;

/** 95 % intervals that do not meet: of two equal networks 1 in 200 has such. */
function differ(a: Realized, b: Realized): boolean {
  if (a.realized === null || b.realized === null || a.ci95 === null || b.ci95 === null)
    return false;
  const isRelevant = Math.abs(a.realized - b.realized) > RELEVANT * Math.abs(a.realized);
  return isRelevant && (a.ci95[1] < b.ci95[0] || b.ci95[1] < a.ci95[0]);
}
