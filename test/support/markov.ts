/**
 * What the theory of Markov chains says of long runs: written from the definitions, without regard to how
 * the stages work, so that it can tell what they should do.
 */

export interface Chain {
  /** From each state (row) to each state. */
  readonly transitions: readonly (readonly number[])[];
  /** The first packet's state; the stationary distribution when left out. */
  readonly start?: readonly number[];
  /** The share of packets that are lost in each state. */
  readonly loss: readonly number[];
}

export interface Moments {
  readonly mean: number;
  readonly variance: number;
}

type Matrix = readonly (readonly number[])[];

/** The share of packets in each state in the long run. */
export function stationary(transitions: Matrix): number[] {
  // Half the steps stay, which changes no share but ends all oscillation; then 2^64 steps at once.
  let power: Matrix = transitions.map((row, i) =>
    row.map((share, j) => share / 2 + (i === j ? 0.5 : 0)),
  );
  for (let i = 0; i < 64; i++) power = normalized(multiply(power, power));
  return [...power[0]];
}

/** Mean and variance of the share that is lost of the first `n` packets. */
export function lossMoments({ transitions, start, loss }: Chain, n: number): Moments {
  const pi = stationary(transitions);
  const longRun = dot(pi, loss);
  // Autocovariances of the process in equilibrium: where it starts makes no difference to the variance
  // beyond one part in n.
  let sum = n * longRun * (1 - longRun);
  let ahead: readonly number[] = loss;
  for (let k = 1; k < n; k++) {
    ahead = transitions.map((row) => dot(row, ahead));
    const expected = pi.map((share, i) => share * loss[i]);
    const covariance = dot(expected, ahead) - longRun ** 2;
    if (Math.abs(covariance) < 1e-13) break;
    sum += 2 * (n - k) * covariance;
  }
  return { mean: start === undefined ? longRun : meanFrom(start), variance: sum / n ** 2 };

  function meanFrom(first: readonly number[]): number {
    let total = 0;
    let state = first;
    for (let i = 0; i < n; i++) {
      const excess = dot(state, loss) - longRun;
      if (Math.abs(excess) < 1e-13 && i > 100) break;
      total += excess;
      state = advance(state, transitions);
    }
    return longRun + total / n;
  }
}

/** The distribution one step later. */
export function advance(state: readonly number[], transitions: Matrix): number[] {
  return state.map((_, to) =>
    state.reduce((sum, share, from) => sum + share * transitions[from][to], 0),
  );
}

function multiply(a: Matrix, b: Matrix): number[][] {
  return a.map((row) => advance(row, b));
}

function normalized(matrix: Matrix): number[][] {
  return matrix.map((row) => {
    const total = row.reduce((sum, share) => sum + share, 0);
    return row.map((share) => share / total);
  });
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}
