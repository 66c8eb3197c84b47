/**
 * Arrays with a number for each flow entry. Entries are given out from 0, so they begin small and grow with
 * the highest that is used: 524,288 for each stage of each of 256 rules would be gigabytes.
 */

const LENGTH_MIN = 64;

/** The array, or a longer one with its values, which has room for `entry`. */
export function roomForInts(array: Int32Array<ArrayBuffer>, entry: number) {
  if (entry < array.length) return array;
  const longer = new Int32Array(lengthFor(entry));
  longer.set(array);
  return longer;
}

export function roomForDoubles(array: Float64Array<ArrayBuffer>, entry: number) {
  if (entry < array.length) return array;
  const longer = new Float64Array(lengthFor(entry));
  longer.set(array);
  return longer;
}

function lengthFor(entry: number): number {
  return Math.max(LENGTH_MIN, 2 ** Math.ceil(Math.log2(entry + 1)));
}
