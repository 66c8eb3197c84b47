/** What the word of a ladder says of its numbers. */

const BEGIN_AT_0 = ['loss', 'delay', 'rtt', 'jitter', 'corrupt', 'duplicate', 'reorder'];

/**
 * Whether the baseline, which has none of what is stepped, is what 0 would be: no loss is 0 % of it. No limit
 * of the rate is not 0 bit/s, but beyond all rates.
 */
export function beginsAtZero(steppedKey: string): boolean {
  return BEGIN_AT_0.includes(steppedKey);
}
