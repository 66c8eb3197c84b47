/**
 * Where the mean of skew values lies, such as times of which few are a second longer than all others. The
 * normal interval around it is as wide as it should be, and in the wrong place.
 */
import { zOf } from './intervals.js';

/**
 * What a mean of which one value in many is much larger has at some ten such values. Above it steps of one
 * more or less show in the tails, and no smooth interval holds.
 */
const SKEW_MAX = 1 / 3;

/**
 * Around the mean, of which `sd` and `skew` (third central moment over sd³) are known; null where it is too
 * skew. Both ends move by the first term of Cornish and Fisher's expansion ("Moments and cumulants in the
 * specification of distributions", 1937).
 */
export function skewInterval(
  sd: number,
  skew: number,
  confidence: number,
): readonly [number, number] | null {
  if (!(Math.abs(skew) <= SKEW_MAX)) return null;
  const z = zOf(confidence);
  const shift = ((z * z - 1) * skew) / 6;
  return [sd * (shift - z), sd * (shift + z)];
}
