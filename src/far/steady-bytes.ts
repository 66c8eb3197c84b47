/**
 * Bytes that are the same for everyone who asks, without being kept: a block that does not compress,
 * over and over. Its length is prime, so that no two pieces which are a power of two apart are alike
 * and a piece in the wrong place shows.
 */

const BLOCK_BYTES = 1_048_583;

/** Few turns of the event loop, and still little to wait for in a connection's buffer. */
const PIECE_BYTES = 131_072;

const SEED = 0x6e65_746d;

let block: Buffer | null = null;

/** The first `count` bytes in pieces, none of which may be changed. */
export function* steadyBytes(count: number): Generator<Buffer> {
  block ??= makeBlock();
  for (let at = 0; at < count; ) {
    const begin = at % BLOCK_BYTES;
    const length = Math.min(PIECE_BYTES, BLOCK_BYTES - begin, count - at);
    yield block.subarray(begin, begin + length);
    at += length;
  }
}

/** xorshift32 (Marsaglia 2003), the low byte of each state. */
function makeBlock(): Buffer {
  const bytes = Buffer.alloc(BLOCK_BYTES);
  let state = SEED;
  for (let i = 0; i < BLOCK_BYTES; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}
