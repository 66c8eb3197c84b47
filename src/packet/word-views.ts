/**
 * Bytes compared and copied four at a time. A DataView reads a word at any place in one load where a
 * Uint8Array takes four, which saves a third of the time to compare two packets' headers; but it is an
 * object for each buffer, so the views of the two buffers seen last are kept.
 */

const NO_BYTES = new Uint8Array(0);

export class WordViews {
  #bytes: Uint8Array = NO_BYTES;
  #view = viewOf(NO_BYTES);
  #otherBytes: Uint8Array = NO_BYTES;
  #otherView = viewOf(NO_BYTES);

  of(bytes: Uint8Array): DataView {
    if (bytes !== this.#bytes) this.#change(bytes);
    return this.#view;
  }

  #change(bytes: Uint8Array): void {
    const view = bytes === this.#otherBytes ? this.#otherView : viewOf(bytes);
    this.#otherBytes = this.#bytes;
    this.#otherView = this.#view;
    this.#bytes = bytes;
    this.#view = view;
  }
}

/** Whether the bytes of `view` from `from` to `end` are those of `other` that lie `shift` further. */
export function isSame(
  view: DataView,
  from: number,
  end: number,
  other: DataView,
  shift: number,
): boolean {
  let at = from;
  for (; at + 4 <= end; at += 4) {
    if (view.getInt32(at, true) !== other.getInt32(at + shift, true)) return false;
  }
  for (; at < end; at++) if (view.getUint8(at) !== other.getUint8(at + shift)) return false;
  return true;
}

/** Copies `count` bytes between buffers. `Uint8Array.set` would do, but only with an object for the part. */
export function copyBytes(
  from: DataView,
  fromAt: number,
  count: number,
  to: DataView,
  toAt: number,
): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) to.setInt32(toAt + i, from.getInt32(fromAt + i, true), true);
  for (; i < count; i++) to.setUint8(toAt + i, from.getUint8(fromAt + i));
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
