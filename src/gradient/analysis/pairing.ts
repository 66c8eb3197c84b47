/**
 * Whether the samples of a record are pairs: asked for, promised by the probe, and not undone by what
 * happened.
 */
import { PAIRED_SAMPLES_MAX, type Pairing } from '../probe/pairing.js';
import type { GradientRecord } from '../result.js';

/** Null: independent steps, as asked for. */
export function pairingOf({
  paired,
  probe,
  segments,
}: Pick<GradientRecord, 'paired' | 'probe' | 'segments'>): Pairing | null {
  if (!paired) return null;
  if (probe.settings.pairing === 'loose') return 'loose';
  const isSpoiled = segments.some(
    ({ index, values }) =>
      index.length > PAIRED_SAMPLES_MAX ||
      // Asked again by TCP, which is another flow.
      values.truncated?.some((value) => value === 1),
  );
  return isSpoiled ? 'loose' : 'exact';
}
