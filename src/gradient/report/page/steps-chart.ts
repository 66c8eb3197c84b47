/** A chart over the steps as uPlot is told about it, and what its legend and tooltip say. */

function stepsOptions(chart: StepsChart, look: Look): uPlot.Options {
  const { x, y, lines, prediction } = chart;
  const hasFailed = lines.some(({ beyond }) => beyond.includes(true));
  const range = valueRange(valuesOf(chart), y.log, hasFailed);
  const side = x.at.length > 1 ? 0.06 : 0.5;
  return {
    width: 0,
    height: 0,
    padding: [(10 + kneeRoomPx(chart)) * look.scale, 14 * look.scale, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: () => [-side, 1 + side] },
      y: { distr: y.log ? 3 : 1, range: () => [...range] },
    },
    axes: [
      {
        ...axisOf(look, 2, x.label),
        splits: () => [...x.at],
        values: (plot) => apart(plot, look, x.at, x.labels),
      },
      {
        ...axisOf(look, 3, y.label),
        incrs: incrementsOf(y.unit) as number[],
        ...(y.log && {
          splits: () => logSplits(...range),
          filter: (_: uPlot, all: number[]) => all,
        }),
        values: (plot, splits) =>
          splits.map((split) => {
            const isInTheWay = hasFailed && plot.valToPos(split, 'y') < 26 * look.scale;
            return isInTheWay ? null : tickText(y.unit, split);
          }),
      },
    ],
    // uPlot scales and hides them; what is drawn of them is steps-drawing's.
    series: [
      {},
      ...[...lines, ...(prediction === null ? [] : [prediction])].map(() => invisible()),
    ],
    hooks: { draw: [(plot) => drawSteps(plot, chart, look)] },
  };
}

function stepsData({ x, lines, prediction }: StepsChart): uPlot.AlignedData {
  const columns = [...lines, ...(prediction === null ? [] : [prediction])];
  return [[...x.at], ...columns.map(({ values }) => [...values])];
}

function stepsEntries({ lines, prediction }: StepsChart, look: Look): Entry[] {
  const entries = lines.map(({ name, texts }, shape): Entry => {
    const color = look.lines[shape % look.lines.length]!;
    return { name, text: (at) => texts[at]!, swatch: { color, shape, dash: null, band: null } };
  });
  if (prediction === null) return entries;
  const hasBand = prediction.low.some((low) => low !== null);
  const band = hasBand ? look.band : null;
  const swatch = { color: look.prediction, shape: null, dash: '5 4', band };
  const text = (at: number) => prediction.texts[at]!;
  return [...entries, { name: prediction.name, text, swatch }];
}

/** All that must find room. */
function valuesOf({ lines, prediction }: StepsChart): number[] {
  const columns = [...lines, ...(prediction === null ? [] : [prediction])];
  return columns
    .flatMap(({ values, low, high }) => [...values, ...low, ...high])
    .filter((value) => value !== null);
}

function invisible(): uPlot.Series {
  return { paths: () => null, points: { show: false } };
}
