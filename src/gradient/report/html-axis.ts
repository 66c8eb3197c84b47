/**
 * Where the steps of a ladder stand on a chart's axis, from 0 to 1. Ladders such as 0.1, 0.5, 1, 2.5, 5 %
 * would crowd at one end of a linear axis: there it is logarithmic, and the baseline, which has no logarithm,
 * gets a place of its own; so it does where 0 is not what it has, as in ladders of rates. Ladders without an
 * order are evenly spaced.
 */
import { beginsAtZero } from '../analysis/stepped-key.js';
import type { StepSummary } from '../result.js';
import type { StepsChart } from './html-page-data.js';

/** Of even spacing; steps that are closer cannot be read. */
const CLOSEST = { linear: 0.45, log: 0.35 };
/** Between the baseline and the first step of a logarithmic axis. */
const BREAK = 0.2;

type Places = Pick<StepsChart['x'], 'at' | 'broken'>;

export function placesOf(
  steps: readonly Pick<StepSummary, 'step' | 'value'>[],
  steppedKey: string,
): Places {
  const evenly = steps.map((_, at) => (steps.length === 1 ? 0 : at / (steps.length - 1)));
  const values = steps.filter(({ step }) => step !== 0).map(({ value }) => value);
  const isApart = !beginsAtZero(steppedKey) && steps[0]?.step === 0 && steps.length > 1;
  if (steps.length < 3 || values.some((value) => !(value > 0)))
    return { at: evenly, broken: isApart };
  const [first, last] = [values[0]!, values.at(-1)!];
  if (steps[0]!.step !== 0) {
    const at = logPlaces(values, 0);
    return { at: areApart(at, CLOSEST.log) ? at : evenly, broken: false };
  }
  const linear = [0, ...values.map((value) => value / last)];
  if (!isApart && first < last && areApart(linear, CLOSEST.linear))
    return { at: linear, broken: false };
  const log = [0, ...logPlaces(values, BREAK)];
  return areApart(log, CLOSEST.log) ? { at: log, broken: true } : { at: evenly, broken: isApart };
}

function logPlaces(values: readonly number[], from: number): number[] {
  const span = Math.log(values.at(-1)! / values[0]!);
  if (span === 0) return values.map(() => from);
  return values.map((value) => from + ((1 - from) * Math.log(value / values[0]!)) / span);
}

/** Ascending, and no two closer than this part of even spacing. */
function areApart(at: readonly number[], part: number): boolean {
  const least = part / (at.length - 1);
  return at.every((place, index) => index === 0 || place - at[index - 1]! >= least);
}
