/**
 * Exact distributions of sums of ranks, counted by adding one rank after the other. Ranks are doubled,
 * so that those of ties, which lie half-way, are whole.
 */

/** The probability of each sum when every rank is taken or not, by a coin. */
export function coinSums(doubledRanks: readonly number[]): Float64Array {
  const sums = new Float64Array(total(doubledRanks) + 1);
  sums[0] = 1;
  let reached = 0;
  for (const rank of doubledRanks) {
    reached += rank;
    for (let sum = reached; sum >= 0; sum--) {
      sums[sum] = (sums[sum] + (sum >= rank ? sums[sum - rank] : 0)) / 2;
    }
  }
  return sums;
}

/** The probability of each sum when `take` of the ranks are drawn, all sets alike. */
export function drawnSums(doubledRanks: readonly number[], take: number): Float64Array {
  const largest = total(doubledRanks);
  const sums = Array.from({ length: take + 1 }, () => new Float64Array(largest + 1));
  sums[0][0] = 1;
  let seen = 0;
  for (const rank of doubledRanks) {
    seen++;
    for (let taken = Math.min(take, seen); taken >= 1; taken--) {
      const [from, to] = [sums[taken - 1], sums[taken]];
      for (let sum = largest; sum >= rank; sum--) to[sum] += from[sum - rank];
    }
  }
  const sets = sums[take].reduce((a, b) => a + b, 0);
  return sums[take].map((count) => count / sets);
}

/** Of at most or at least `sum`, whichever is rarer, twice. */
export function twoSided(probabilities: Float64Array, sum: number): number {
  let atMost = 0;
  for (let i = 0; i <= sum; i++) atMost += probabilities[i];
  let atLeast = 0;
  for (let i = sum; i < probabilities.length; i++) atLeast += probabilities[i];
  return Math.min(1, 2 * Math.min(atMost, atLeast));
}

function total(ranks: readonly number[]): number {
  return ranks.reduce((a, b) => a + b, 0);
}
