/**
 * Stable merge sort of a linked list of packet slots by deadline, in place and without allocating:
 * runs of 1, 2, 4 … packets are merged until one is left. Packets of equal deadline keep their order.
 */

const NONE = -1;

/**
 * Sorts the list that runs from `heads[list]` by `next` to -1, which must not be empty, and sets its
 * head and tail.
 */
export function sortByDeadline(
  heads: Int32Array,
  tails: Int32Array,
  list: number,
  next: Int32Array,
  deadlineNs: Float64Array,
): void {
  let head = heads[list];
  for (let runLength = 1; ; runLength *= 2) {
    let merges = 0;
    let tail = NONE;
    let left = head;
    head = NONE;
    while (left !== NONE) {
      merges++;
      let right = left;
      let leftCount = 0;
      while (leftCount < runLength && right !== NONE) {
        leftCount++;
        right = next[right];
      }
      let rightCount = runLength;
      while (leftCount > 0 || (rightCount > 0 && right !== NONE)) {
        let slot = left;
        if (
          leftCount === 0 ||
          (rightCount > 0 && right !== NONE && deadlineNs[right] < deadlineNs[left])
        ) {
          slot = right;
          right = next[right];
          rightCount--;
        } else {
          left = next[left];
          leftCount--;
        }
        if (tail === NONE) head = slot;
        else next[tail] = slot;
        tail = slot;
      }
      left = right;
    }
    next[tail] = NONE;
    if (merges === 1) {
      heads[list] = head;
      tails[list] = tail;
      return;
    }
  }
}
