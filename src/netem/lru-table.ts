/**
 * A hash table of fixed size over keys of FLOW_KEY_WORDS words that forgets: entries that were idle
 * for too long, and when it is full the one that was idle longest. Whether an idle entry is
 * forgotten depends on its own idle time alone, never on what other keys did. Entries are numbers
 * from 0; the user of the table keeps values in arrays of his own.
 */
import { FLOW_KEY_WORDS, hashFlowKey } from '../packet/flow-key.js';

const NONE = -1;

export class LruTable {
  /** The key to look for: write it here first. */
  readonly key = new Int32Array(FLOW_KEY_WORDS);
  /** After `enter`: the entry did not exist before. */
  isNew = false;
  /** Entries ever used: all are below. */
  used = 0;

  readonly #capacity: number;
  readonly #idleNs: number;
  readonly #nowNs: Float64Array;
  readonly #keys: Int32Array;
  readonly #lastSeenNs: Float64Array;
  /** Hash chains; here entries count from 1, so that untouched memory is an empty table. */
  readonly #buckets: Int32Array;
  readonly #chain: Int32Array;
  /** Doubly linked by last use. */
  readonly #newer: Int32Array;
  readonly #older: Int32Array;
  #newest = NONE;
  #oldest = NONE;

  /** `capacity` is a power of two; `nowNs[0]` is the time of the packet being looked at. */
  constructor(capacity: number, idleNs: number, nowNs: Float64Array) {
    this.#capacity = capacity;
    this.#idleNs = idleNs;
    this.#nowNs = nowNs;
    this.#keys = new Int32Array(capacity * FLOW_KEY_WORDS);
    this.#lastSeenNs = new Float64Array(capacity);
    this.#buckets = new Int32Array(capacity);
    this.#chain = new Int32Array(capacity);
    this.#newer = new Int32Array(capacity);
    this.#older = new Int32Array(capacity);
  }

  /** The entry of `key`, made when it is not there. */
  enter(): number {
    // The packets of a flow often follow each other, and a flow may have two entries that take turns:
    // this saves them the hash.
    const newest = this.#newest;
    if (newest !== NONE) {
      if (this.#hasKey(newest)) return this.#meet(newest);
      const second = this.#older[newest];
      if (second !== NONE && this.#hasKey(second)) return this.#moveUp(second);
    }
    const hash = hashFlowKey(this.key, 0);
    const entry = this.#lookUp(hash);
    return entry === NONE ? this.#add(hash) : this.#moveUp(entry);
  }

  /** The entry of `key`, or -1. */
  find(): number {
    const entry = this.#lookUp(hashFlowKey(this.key, 0));
    return entry === NONE || this.#isIdle(entry) ? NONE : entry;
  }

  /** The entry is the newest and gets a packet. */
  #meet(entry: number): number {
    this.isNew = this.#isIdle(entry);
    this.#lastSeenNs[entry] = this.#nowNs[0];
    return entry;
  }

  #moveUp(entry: number): number {
    this.#unlink(entry);
    this.#linkNewest(entry);
    return this.#meet(entry);
  }

  #isIdle(entry: number): boolean {
    return this.#nowNs[0] - this.#lastSeenNs[entry] >= this.#idleNs;
  }

  #lookUp(hash: number): number {
    let entry = this.#buckets[hash & (this.#capacity - 1)] - 1;
    while (entry !== NONE && !this.#hasKey(entry)) entry = this.#chain[entry] - 1;
    return entry;
  }

  #hasKey(entry: number): boolean {
    const keys = this.#keys;
    const key = this.key;
    const at = entry * FLOW_KEY_WORDS;
    // The words that differ most come last in a key.
    for (let i = FLOW_KEY_WORDS - 1; i >= 0; i--) if (keys[at + i] !== key[i]) return false;
    return true;
  }

  #add(hash: number): number {
    let entry = this.#oldest;
    if (entry !== NONE && (this.used === this.#capacity || this.#isIdle(entry))) {
      this.#unlink(entry);
      this.#unchain(entry);
    } else {
      entry = this.used++;
    }
    this.#keys.set(this.key, entry * FLOW_KEY_WORDS);
    const bucket = hash & (this.#capacity - 1);
    this.#chain[entry] = this.#buckets[bucket];
    this.#buckets[bucket] = entry + 1;
    this.#linkNewest(entry);
    this.isNew = true;
    this.#lastSeenNs[entry] = this.#nowNs[0];
    return entry;
  }

  #unchain(entry: number): void {
    const bucket = hashFlowKey(this.#keys, entry * FLOW_KEY_WORDS) & (this.#capacity - 1);
    let at = this.#buckets[bucket] - 1;
    if (at === entry) {
      this.#buckets[bucket] = this.#chain[entry];
      return;
    }
    while (this.#chain[at] - 1 !== entry) at = this.#chain[at] - 1;
    this.#chain[at] = this.#chain[entry];
  }

  #linkNewest(entry: number): void {
    this.#newer[entry] = NONE;
    this.#older[entry] = this.#newest;
    if (this.#newest === NONE) this.#oldest = entry;
    else this.#newer[this.#newest] = entry;
    this.#newest = entry;
  }

  #unlink(entry: number): void {
    const newer = this.#newer[entry];
    const older = this.#older[entry];
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
  }
}
