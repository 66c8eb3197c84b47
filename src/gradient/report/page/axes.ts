/**
 * The axes that all charts share: their looks, the range of the values, and labels that give way to each
 * other where there is no room.
 */

type Bounds = readonly [low: number, high: number];

function axisOf(look: Look, side: 2 | 3, label: string): uPlot.Axis {
  const { scale } = look;
  return {
    side,
    label,
    font: fontOf(look, 12),
    labelFont: fontOf(look, 12),
    labelSize: 20 * scale,
    labelGap: 2 * scale,
    gap: 5 * scale,
    size: side === 2 ? 26 * scale : (plot, values) => widestOf(plot, look, values) + 14 * scale,
    space: (side === 2 ? 46 : 34) * scale,
    stroke: look.muted,
    grid: {
      stroke: look.grid,
      width: scale,
      // Else it would hide the other axis, which is drawn before.
      filter: (plot, splits) =>
        splits.map((split) => (split === plot.scales[side === 2 ? 'x' : 'y']!.min ? null : split)),
    },
    ticks: { stroke: look.grid, width: scale, size: 5 * scale },
    border: { show: true, stroke: look.muted, width: scale },
  };
}

/** So that the values fill it, with room at the top for the level of what failed. */
function valueRange(values: readonly number[], isLog: boolean, hasFailed: boolean): Bounds {
  const finite = values.filter((value) => Number.isFinite(value) && (!isLog || value > 0));
  if (finite.length === 0) return isLog ? [1, 10] : [0, 1];
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  if (isLog) {
    const room = (high / low) ** (hasFailed ? 0.22 : 0.06);
    return [low / (high / low) ** 0.04, high * room];
  }
  const bottom = Math.min(0, low);
  const span = high - bottom || Math.abs(high) || 1;
  return [bottom < 0 ? bottom - 0.06 * span : 0, high + (hasFailed ? 0.22 : 0.08) * span];
}

/** Powers of ten, with their multiples where there are few of them. */
function logSplits(low: number, high: number): number[] {
  const decades = Math.log10(high / low);
  const factors = decades > 4 ? [1] : decades > 1.6 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 7];
  const splits: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const factor of factors) {
      const split = Number(`${factor}e${power}`);
      if (split >= low && split <= high) splits.push(split);
    }
  }
  return splits;
}

/** Labels without those that would touch the one before; the last always stays. */
function apart(
  plot: uPlot,
  look: Look,
  places: readonly number[],
  labels: readonly string[],
): (string | null)[] {
  const kept: (string | null)[] = labels.map(() => null);
  let rightEdge = Number.POSITIVE_INFINITY;
  for (let at = labels.length - 1; at >= 0; at--) {
    const half = widthOf(plot, look, labels[at]!) / 2;
    const middle = plot.valToPos(places[at]!, 'x');
    if (middle + half > rightEdge) continue;
    kept[at] = labels[at]!;
    rightEdge = middle - half - 6 * look.scale;
  }
  return kept;
}

/** Of labels beside an axis, and of `failed`, which may stand among them. uPlot asks before it has any. */
function widestOf(plot: uPlot, look: Look, labels: readonly (string | null)[] | null): number {
  return Math.max(
    ...['failed', ...(labels ?? [])].map((label) => widthOf(plot, look, label ?? '')),
  );
}

/** CSS pixels. */
function widthOf({ ctx: context }: uPlot, look: Look, text: string): number {
  const font = context.font;
  context.font = fontOf(look, 12);
  const { width } = context.measureText(text);
  context.font = font;
  return width;
}
