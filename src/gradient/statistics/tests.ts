/** Significance tests: each gives p, the probability of such a difference, or more, by chance alone. */

export { rankSum, signedRank } from './rank-tests.js';
export { fisher, mcnemar } from './share-tests.js';

/**
 * Corrects the p-values of several questions that are asked at once, in their order: with it, the chance
 * that any "no difference" is called one stays below the level (Holm, "A simple sequentially rejective
 * multiple test procedure", 1979).
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((i, j) => pValues[i] - pValues[j]);
  const corrected = [...pValues];
  let largest = 0;
  order.forEach((i, rank) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[i]));
    corrected[i] = largest;
  });
  return corrected;
}
