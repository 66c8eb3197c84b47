/**
 * What `--assert` says: `[KIND.]METRIC[.FIGURE] OP VALUE [at STEP]`, as in 'dns.p95 < 200ms at 1%', or
 * 'realized within 99%'. Read before anything is measured; only a command's metrics are known afterwards.
 */

import { Problem, quoted, withSource } from '../../rules/problem.js';
import { didYouMean, nearest } from '../../rules/suggest.js';
import type { MetricSpec, ProbeKind } from '../probe/probe.js';
import type { Step } from '../result.js';
import { baselineFactor, readLimit, sameNumber } from './assertion-values.js';

export type Operator = '<' | '<=' | '>' | '>=';

/** Step indices; null: all of them. */
type AtSteps = readonly number[] | null;

/** Subject and limit stay text: what they are is known when the metrics are. */
export type Assertion =
  | {
      readonly about: 'metric';
      readonly text: string;
      readonly subject: string;
      readonly operator: Operator;
      readonly limit: string;
      readonly steps: AtSteps;
    }
  | {
      readonly about: 'realized';
      readonly text: string;
      readonly confidence: 95 | 99;
      readonly steps: AtSteps;
    };

/** Of a metric that is a number. */
type NumberFigure = 'p50' | 'p95' | 'p99' | 'mean' | 'max';
const NUMBER_FIGURES: readonly NumberFigure[] = ['p50', 'p95', 'p99', 'mean', 'max'];

export interface Subject {
  readonly spec: MetricSpec;
  readonly figure: 'share' | NumberFigure;
}

const EXAMPLES =
  "--assert 'dns.p95 < 200ms at 1%'\n--assert 'failed < 1%'\n--assert 'p95 < 2x baseline at 5%'\n" +
  "--assert 'realized within 99%'";

/** Subject, operator and limit, and the step behind a last `at`. */
const ABOUT_METRIC =
  /^\s*(?<subject>.*?)\s*(?<operator><=|>=|<|>)\s*(?<limit>.*?)(?:\s+at(?:\s+(?<step>.*?))?)?\s*$/ds;
const ABOUT_REALIZED = /^\s*realized\s+within\s+(?<limit>.*?)(?:\s+at(?:\s+(?<step>.*?))?)?\s*$/dis;

/** Errors: E_ASSERT, with the place in the text. */
export function parseAssertion(
  text: string,
  metrics: readonly MetricSpec[],
  kind: ProbeKind,
  steps: readonly Step[],
): Assertion {
  return withSource({ text, flag: null }, () => {
    const realized = ABOUT_REALIZED.exec(text);
    if (realized !== null) return realizedAssertion(text, realized, steps);
    const match = ABOUT_METRIC.exec(text);
    if (match === null) throw noOperator(text);
    const { subject, operator, limit } = match.groups as Record<string, string>;
    if (subject === '') throw problem('a metric is missing before the comparison', 0, EXAMPLES);
    const found = inGroup(match, 'subject', () => subjectOrUnknown(subject, metrics, kind));
    inGroup(match, 'limit', () => checkLimit(limit!, found));
    const at = stepsOf(match, steps);
    return {
      ...{ about: 'metric', text, subject, limit: limit! },
      ...{ operator: operator as Operator, steps: at ?? implied(limit!, steps) },
    };
  });
}

/** The baseline is no multiple of itself. */
function implied(limit: string, steps: readonly Step[]): AtSteps {
  return baselineFactor(limit) === null ? null : steps.slice(1).map(({ index }) => index);
}

function realizedAssertion(
  text: string,
  match: RegExpExecArray,
  steps: readonly Step[],
): Assertion {
  const limit = match.groups!.limit!;
  const confidence = limit === '99%' ? 99 : limit === '95%' ? 95 : null;
  if (confidence === null) {
    const sentence = `realized within what? ${quoted(limit)} is neither 95% nor 99%`;
    throw problem(sentence, placeOf(match, 'limit'), 'realized within 99%');
  }
  return { about: 'realized', text, confidence, steps: stepsOf(match, steps) };
}

function noOperator(text: string): Problem {
  const equals = text.search(/=/);
  if (equals >= 0) {
    return problem('measured values are not equal to anything: <= or >=', equals, EXAMPLES);
  }
  return problem('there is no comparison in it: <, <=, > or >=', text.trimEnd().length, EXAMPLES);
}

/** Null for a metric of a command that may turn up in its output. */
function subjectOrUnknown(
  subject: string,
  metrics: readonly MetricSpec[],
  kind: ProbeKind,
): Subject | null {
  return findSubject(subject, metrics, kind) ?? unknownSubject(subject, metrics, kind);
}

function unknownSubject(subject: string, metrics: readonly MetricSpec[], kind: ProbeKind): null {
  const problem = noSuchMetric(subject, metrics, kind);
  if (kind !== 'command' || !/^[^\s.]+(?:\.[^\s.]+)*$/.test(subject)) throw problem;
  return null;
}

/** Says which metrics there are. */
export function noSuchMetric(
  subject: string,
  metrics: readonly MetricSpec[],
  kind: ProbeKind,
): Problem {
  const { path, at } = withoutKind(subject, metrics, kind);
  const names = metrics.map(({ name }) => name);
  const name = path.replace(/\.(?:p50|p95|p99|mean|max|share)$/, '');
  // Names are in camel case, and "latencyms" is as near to "latencyMs" as it can be.
  const known = names.map((each) => each.toLowerCase());
  const found = nearest(name, known);
  const hint = found === null ? '' : `, did you mean ${names[known.indexOf(found)]}?`;
  const mend = `metrics of this probe: ${names.join(', ')}`;
  return problem(`there is no metric ${quoted(name)}${hint}`, at, mend);
}

/** Null where there is no such metric; other errors are Problems. */
export function findSubject(
  subject: string,
  metrics: readonly MetricSpec[],
  kind: ProbeKind,
): Subject | null {
  const { path, at } = withoutKind(subject, metrics, kind);
  const whole = metrics.find(({ name }) => name === path);
  if (whole !== undefined) return { spec: whole, figure: usualFigure(whole) };
  const dot = path.lastIndexOf('.');
  const name = dot < 0 ? null : path.slice(0, dot);
  const figure = path.slice(dot + 1);
  const spec = metrics.find((each) => (name === null ? each.main === true : each.name === name));
  const isFigure = figure === 'share' || isNumberFigure(figure);
  if (name === null && !isFigure) return null;
  if (spec === undefined) {
    if (name !== null) return null;
    throw problem(`this probe has no main metric, so ${figure} of which one?`, at, EXAMPLES);
  }
  const figureAt = at + dot + 1;
  if (spec.kind === 'share') {
    if (figure === 'share') return { spec, figure };
    throw problem(`${spec.name} is a share and has no ${quoted(figure)}`, figureAt, spec.name);
  }
  if (isNumberFigure(figure)) return { spec, figure };
  const hint = didYouMean(figure, NUMBER_FIGURES);
  const mend = `figures: ${NUMBER_FIGURES.join(', ')}`;
  throw problem(`${spec.name} has no figure ${quoted(figure)}${hint}`, figureAt, mend);
}

/** Where none is named: of times the median, as failed samples have no mean. */
function usualFigure({ kind }: MetricSpec): Subject['figure'] {
  return kind === 'share' ? 'share' : kind === 'time' ? 'p50' : 'mean';
}

function isNumberFigure(word: string): word is NumberFigure {
  return (NUMBER_FIGURES as readonly string[]).includes(word);
}

/** How kinds of probes are called here; https is http with another scheme. */
const KINDS: Readonly<Record<string, ProbeKind>> = {
  dns: 'dns',
  quic: 'quic',
  tcp: 'tcp',
  http: 'http',
  https: 'http',
  cmd: 'command',
  command: 'command',
};

/** The subject behind its `dns.`, and where that begins. A metric of such a name comes first. */
function withoutKind(subject: string, metrics: readonly MetricSpec[], kind: ProbeKind) {
  const word = /^([^.]*)(?:\.|$)/.exec(subject)![1]!;
  const isMetric = metrics.some(({ name }) => name === word || name.startsWith(`${word}.`));
  if (isMetric || !Object.hasOwn(KINDS, word)) return { path: subject, at: 0 };
  if (KINDS[word] !== kind) {
    const name = kind === 'command' ? 'a command' : kind;
    const right = kind === 'command' ? 'cmd' : kind;
    const mend = `${right}${subject.slice(word.length)}`;
    throw problem(`the probe is ${name}, not ${word}`, 0, mend);
  }
  if (word === subject) throw problem(`which metric of ${word}?`, word.length, `${word}.failed`);
  return { path: subject.slice(word.length + 1), at: word.length + 1 };
}

function checkLimit(limit: string, subject: Subject | null): void {
  if (limit === '') throw problem('a value is missing behind the comparison', 0, EXAMPLES);
  if (baselineFactor(limit) === null) readLimit(limit, subject?.spec ?? null);
}

/** `at 1%`; null: at all. */
function stepsOf(match: RegExpExecArray, steps: readonly Step[]): AtSteps {
  const { step } = match.groups!;
  const isGiven = /\sat\s*$/i.test(match[0]) || step !== undefined;
  if (!isGiven || step?.toLowerCase() === 'all') return null;
  const labels = steps.map(({ label }) => label);
  const mend = `steps: ${[...labels, 'all'].join(', ')}`;
  if (step === undefined || step === '') {
    throw problem('at which step?', match[0].trimEnd().length, mend);
  }
  const found =
    steps.find(({ label }) => label.toLowerCase() === step.toLowerCase()) ??
    steps.find(({ label }) => sameNumber(label, step));
  if (found !== undefined) return [found.index];
  const hint = didYouMean(step, ['baseline', 'all']);
  throw problem(`there is no step ${quoted(step)}${hint}`, placeOf(match, 'step'), mend);
}

function placeOf(match: RegExpExecArray, group: string): number {
  return match.indices!.groups![group]?.[0] ?? 0;
}

/** Calls `parse` for a group of the text; whatever is wrong with it is wrong with the assertion. */
function inGroup<T>(match: RegExpExecArray, group: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw problem(error.message, placeOf(match, group) + error.at, error.mend);
  }
}

function problem(sentence: string, at: number, mend?: string): Problem {
  return new Problem('E_ASSERT', sentence, at, mend);
}
