/**
 * What a chart over the steps shows inside its axes: the prediction with its band, the knees, and lines with
 * marks and 95 % intervals. uPlot has drawn axes and grid before. Values beyond every number, as quantiles
 * among failed samples are, stand on a level of their own at the top.
 */
type StepsChart = import('../html-page-data.js').StepsChart;
type StepsLine = import('../html-page-data.js').StepsLine;

/** From the top of the plot to the level of what failed, CSS pixels. */
const FAILED_LEVEL_PX = 12;
const KNEE_ROW_PX = 15;
/** Between the marks of different lines at one step, which would hide each other. */
const DODGE_PX = 5;

interface Pen {
  readonly plot: uPlot;
  readonly context: CanvasRenderingContext2D;
  readonly look: Look;
  /** CSS pixels, in pixels of the canvas. */
  px(css: number): number;
  x(value: number): number;
  y(value: number): number;
  /** The level of what failed. */
  readonly failedY: number;
}

function penOf(plot: uPlot, look: Look): Pen {
  const px = (css: number) => css * look.scale * devicePixelRatio;
  return {
    plot,
    context: plot.ctx,
    look,
    px,
    x: (value) => plot.valToPos(value, 'x', true),
    y: (value) => plot.valToPos(value, 'y', true),
    failedY: plot.bbox.top + px(FAILED_LEVEL_PX),
  };
}

function drawSteps(plot: uPlot, chart: StepsChart, look: Look): void {
  const pen = penOf(plot, look);
  const { context } = pen;
  const { left, top, width, height } = plot.bbox;
  context.save();
  if (chart.lines.some(({ beyond }) => beyond.includes(true))) drawFailedLevel(pen);
  if (chart.x.broken) drawBreak(pen, chart);
  drawKnees(pen, chart);
  context.beginPath();
  // Marks on the edge are drawn whole.
  context.rect(left, top - pen.px(5), width, height + pen.px(10));
  context.clip();
  if (chart.prediction !== null && isShown(plot, chart.lines.length)) {
    drawPrediction(pen, chart.x.at, chart.prediction);
  }
  chart.lines.forEach((line, at) => {
    if (isShown(plot, at)) drawLine(pen, chart, line, at);
  });
  context.restore();
}

function isShown(plot: uPlot, line: number): boolean {
  return plot.series[line + 1]?.show !== false;
}

function drawFailedLevel({ context, plot, look, px, failedY }: Pen): void {
  const { left, width } = plot.bbox;
  context.strokeStyle = look.muted;
  context.lineWidth = px(1);
  context.setLineDash([px(1), px(3)]);
  strokeLine(context, left, failedY, left + width, failedY);
  context.setLineDash([]);
  context.fillStyle = look.text;
  context.font = fontOf(look, 12, devicePixelRatio);
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  context.fillText('failed', left - px(8), failedY);
}

/** Two strokes through the axis, between the baseline and the first step. */
function drawBreak({ context, plot, look, px, x }: Pen, { x: { at } }: StepsChart): void {
  const middle = (x(at[0]!) + x(at[1]!)) / 2;
  const bottom = plot.bbox.top + plot.bbox.height;
  context.strokeStyle = look.muted;
  context.lineWidth = px(1.5);
  for (const shift of [-2.5, 2.5]) {
    const from = middle + px(shift);
    strokeLine(context, from - px(2.5), bottom + px(5), from + px(2.5), bottom - px(5));
  }
}

function drawPrediction(
  { context, look, px, x, y }: Pen,
  at: readonly number[],
  { values, low, high }: NonNullable<StepsChart['prediction']>,
): void {
  for (const run of runsOf(values)) {
    // One step alone has no line to its neighbours: its expectation is as wide as its marks.
    const shifts = run.length === 1 ? [-px(9), px(9)] : [0];
    const points = run.flatMap((step) => shifts.map((shift) => [x(at[step]!) + shift, step]));
    const edge = (edges: readonly (number | null)[], step: number) =>
      y(edges[step] ?? values[step]!);
    context.fillStyle = look.band;
    context.beginPath();
    for (const [left, step] of points) context.lineTo(left!, edge(low, step!));
    for (const [left, step] of points.toReversed()) context.lineTo(left!, edge(high, step!));
    context.closePath();
    context.fill();
    context.strokeStyle = look.prediction;
    context.lineWidth = px(1.5);
    context.setLineDash([px(5), px(4)]);
    context.beginPath();
    for (const [left, step] of points) context.lineTo(left!, y(values[step!]!));
    context.stroke();
    context.setLineDash([]);
  }
}

/** Their names stand above the plot, out of the lines' way: a row for each. */
function drawKnees({ context, plot, look, px, x }: Pen, { knees, x: { at } }: StepsChart): void {
  const { left, top, width, height } = plot.bbox;
  knees.forEach((knee, row) => {
    const place = x(at[knee.at]!);
    const textY = top - px(KNEE_ROW_PX * row + 5);
    context.strokeStyle = look.knee;
    context.lineWidth = px(1.25);
    context.setLineDash([px(2), px(3)]);
    strokeLine(context, place, textY - px(8), place, top + height);
    context.setLineDash([]);
    context.fillStyle = look.knee;
    context.font = fontOf(look, 12, devicePixelRatio);
    context.textBaseline = 'alphabetic';
    const isLeft = place > left + width / 2;
    context.textAlign = isLeft ? 'right' : 'left';
    context.fillText(knee.text, place + px(isLeft ? -4 : 4), textY);
  });
}

function kneeRoomPx({ knees }: StepsChart): number {
  return knees.length * KNEE_ROW_PX;
}

function drawLine(pen: Pen, chart: StepsChart, line: StepsLine, order: number): void {
  const { context, look, px, y, failedY } = pen;
  const color = look.lines[order % look.lines.length]!;
  const dodge = px(DODGE_PX * (order - (chart.lines.length - 1) / 2));
  const place = (step: number) => pen.x(chart.x.at[step]!) + dodge;
  const heights = line.values.map((value, step) =>
    value !== null ? y(value) : line.beyond[step] ? failedY : null,
  );
  context.strokeStyle = color;
  context.fillStyle = color;
  for (const run of runsOf(heights)) {
    for (let at = 1; at < run.length; at++) {
      const [from, to] = [run[at - 1]!, run[at]!];
      const isFailing = line.beyond[from] || line.beyond[to];
      context.lineWidth = px(2);
      context.setLineDash(isFailing ? [px(2), px(4)] : []);
      strokeLine(context, place(from), heights[from]!, place(to), heights[to]!);
    }
  }
  context.setLineDash([]);
  heights.forEach((height, step) => {
    if (height === null) return;
    drawInterval(pen, line, step, place(step));
    drawShape(context, order, place(step), height, px(3.75));
  });
}

/** From low to high with a bar at each end; up to the level of what failed where there is no high. */
function drawInterval(
  { context, px, y, failedY }: Pen,
  line: StepsLine,
  step: number,
  place: number,
) {
  const low = line.low[step] ?? null;
  const high = line.high[step] ?? null;
  if (low === null) return;
  const bar = px(4);
  context.lineWidth = px(1.25);
  strokeLine(context, place, y(low), place, high === null ? failedY : y(high));
  strokeLine(context, place - bar, y(low), place + bar, y(low));
  if (high !== null) strokeLine(context, place - bar, y(high), place + bar, y(high));
}

function strokeLine(
  context: CanvasRenderingContext2D,
  fromX: number,
  fromY: number,
  toX: number,
  toY: number,
): void {
  context.beginPath();
  context.moveTo(fromX, fromY);
  context.lineTo(toX, toY);
  context.stroke();
}

/** The indices of neighbours that have a value. */
function runsOf(values: readonly (number | null)[]): number[][] {
  const runs: number[][] = [];
  values.forEach((value, at) => {
    if (value === null) return;
    if (at > 0 && values[at - 1] !== null) runs.at(-1)!.push(at);
    else runs.push([at]);
  });
  return runs;
}
