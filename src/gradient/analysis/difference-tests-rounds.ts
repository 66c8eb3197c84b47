/**
 * Whether the rounds agree with what their samples say. Samples of a segment share the moment of the machine
 * in which they were taken, so that their number makes its drift look sure; only rounds see that it comes and
 * goes. From six rounds on a difference has to be beyond both kinds of chance. Student's t judges them: the
 * ranks of six rounds cannot be surer than 1 in 32, whatever they have measured.
 */
import { studentTwoSided } from '../statistics/student.js';
import { bounded, type DifferenceTest, differenceOf } from './difference-tests.js';
import { present, type StepSamples } from './samples.js';

const ROUNDS_MIN = 6;

/** Columns of two steps, and what is compared of each of their rounds, such as the median. */
export interface Rounds {
  readonly a: StepSamples;
  readonly b: StepSamples;
  readonly columnA: Float64Array;
  readonly columnB: Float64Array;
  figure(values: Float64Array): number;
}

/** The test of the samples, or that of the rounds where it is less sure. */
export function withRounds(test: DifferenceTest, rounds: Rounds): DifferenceTest {
  if (rounds.a.segments.length < ROUNDS_MIN || rounds.b.segments.length < ROUNDS_MIN) return test;
  const differences = differencesOf(rounds);
  if (differences.length < ROUNDS_MIN) return test;
  const pValue = Math.max(test.pValue, chanceOf(differences, test.direction));
  return { ...test, pValue, test: `${test.test}, and t of ${differences.length} rounds` };
}

/** Of the rounds that both have. */
function differencesOf({ a, b, columnA, columnB, figure }: Rounds): Float64Array {
  const figuresA = figuresOf(a, columnA, figure);
  const figuresB = figuresOf(b, columnB, figure);
  const differences = [...figuresA].flatMap(([round, of]) => {
    const other = figuresB.get(round);
    return other === undefined ? [] : [differenceOf(of, other)];
  });
  return bounded(Float64Array.from(differences));
}

/** By the round's number; without rounds that have no values. */
function figuresOf(
  { segments }: StepSamples,
  column: Float64Array,
  figure: Rounds['figure'],
): Map<number, number> {
  const figures = new Map<number, number>();
  let from = 0;
  for (const { round, index } of segments) {
    const values = present(column.subarray(from, from + index.length));
    from += index.length;
    if (values.length > 0) figures.set(round, figure(values));
  }
  return figures;
}

/** 1 where they differ the other way. */
function chanceOf(differences: Float64Array, direction: number): number {
  const count = differences.length;
  const mean = differences.reduce((sum, each) => sum + each / count, 0);
  if (!(mean * direction > 0)) return 1;
  const squares = differences.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  const standardError = Math.sqrt(squares / (count - 1) / count);
  // Numbers whose squares are beyond all say nothing.
  if (!Number.isFinite(standardError)) return 1;
  return standardError === 0 ? 0 : studentTwoSided(mean / standardError, count - 1);
}

/** The lower of the two in the middle, as `quantileOf` has it. */
export function medianOf(values: Float64Array): number {
  return Float64Array.from(values).sort()[Math.ceil(values.length / 2) - 1]!;
}

/** Without what is missing; 0 of nothing. */
export function meanOf(column: Float64Array): number {
  let [sum, count] = [0, 0];
  for (const value of column) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return count === 0 ? 0 : sum / count;
}
