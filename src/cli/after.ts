/** A timer for any duration, also beyond the 25 days that `setTimeout` can count. */

/** setTimeout counts in 32 bits; longer waits are cut into pieces. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

/** Null: never. Returns the undo. */
export function after(durationMs: number | null, action: () => void): () => void {
  if (durationMs === null) return () => {};
  let remainingMs = durationMs;
  let timer: NodeJS.Timeout;
  const wait = () => {
    const partMs = Math.min(remainingMs, TIMEOUT_MS_MAX);
    remainingMs -= partMs;
    timer = setTimeout(remainingMs > 0 ? wait : action, partMs);
  };
  wait();
  return () => clearTimeout(timer);
}
