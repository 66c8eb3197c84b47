/** The reference for the wheel: a binary heap of packet slots by (deadline, sequence). */
export class DeadlineHeap {
  readonly #slots: Int32Array;
  readonly #sequence: Float64Array;
  readonly #deadlineNs: Float64Array;
  #size = 0;
  #inserted = 0;

  constructor(deadlineNs: Float64Array) {
    this.#deadlineNs = deadlineNs;
    this.#slots = new Int32Array(deadlineNs.length + 1);
    this.#sequence = new Float64Array(deadlineNs.length);
  }

  insert(slot: number): void {
    this.#sequence[slot] = this.#inserted++;
    let at = ++this.#size;
    for (; at > 1 && this.#isBefore(slot, this.#slots[at >> 1]); at >>= 1) {
      this.#slots[at] = this.#slots[at >> 1];
    }
    this.#slots[at] = slot;
  }

  /** The first packet if it is due, else -1. */
  takeDue(nowNs: number): number {
    const first = this.#slots[1];
    if (this.#size === 0 || this.#deadlineNs[first] > nowNs) return -1;
    const moved = this.#slots[this.#size--];
    let at = 1;
    for (let child = 2; child <= this.#size; child = 2 * at) {
      if (child < this.#size && this.#isBefore(this.#slots[child + 1], this.#slots[child])) child++;
      if (this.#isBefore(moved, this.#slots[child])) break;
      this.#slots[at] = this.#slots[child];
      at = child;
    }
    this.#slots[at] = moved;
    return first;
  }

  #isBefore(a: number, b: number): boolean {
    const difference = this.#deadlineNs[a] - this.#deadlineNs[b];
    return difference < 0 || (difference === 0 && this.#sequence[a] < this.#sequence[b]);
  }
}
