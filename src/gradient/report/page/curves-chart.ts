/** Curves of many points, one for each step, as uPlot is told about them. */
type CurvesChart = import('../html-page-data.js').CurvesChart;

function curvesOptions(chart: CurvesChart, look: Look): uPlot.Options {
  const { x, y, curves, grid } = chart;
  const values = curves.flatMap((curve) => curve.values.filter((value) => value !== null));
  const range = y.nines === null ? valueRange(values, false, false) : ([0, y.nines] as const);
  const ends = [grid[0] ?? 0, grid.at(-1) ?? 1] as const;
  return {
    width: 0,
    height: 0,
    padding: [10 * look.scale, 14 * look.scale, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 7, show: true }, drag: { x: false, y: false } },
    scales: {
      x: { time: false, distr: x.log ? 3 : 1, range: () => [...ends] },
      y: { range: () => [range[0], range[1] * (y.nines === null ? 1 : 1.04)] },
    },
    axes: [
      {
        ...axisOf(look, 2, x.label),
        incrs: incrementsOf(x.unit) as number[],
        ...(x.log && {
          splits: () => logSplits(...ends),
          filter: (_: uPlot, all: number[]) => all,
        }),
        values: (plot, splits) =>
          apart(
            plot,
            look,
            splits,
            splits.map((split) => tickText(x.unit, split)),
          ),
      },
      {
        ...axisOf(look, 3, y.label),
        incrs: incrementsOf(y.unit) as number[],
        ...(y.nines !== null && { splits: () => nineSplits(y.nines!) }),
        values: (_, splits) =>
          splits.map((split) =>
            y.nines === null ? tickText(y.unit, split) : nineText(split, y.nines),
          ),
      },
    ],
    series: [
      {},
      ...curves.map(
        (_, at): uPlot.Series => ({
          stroke: stepColor(look, at, curves.length),
          width: (at === 0 ? 2.5 : 1.75) * look.scale,
          points: { show: false },
        }),
      ),
    ],
  };
}

function curvesData({ grid, curves, y: { nines } }: CurvesChart): uPlot.AlignedData {
  const place = (value: number | null) =>
    value === null || nines === null ? value : ninesOfShare(value, nines);
  return [[...grid], ...curves.map(({ values }) => values.map(place))];
}

function curvesEntries({ curves, y }: CurvesChart, look: Look): Entry[] {
  return curves.map(({ name, values }, at): Entry => {
    const color = stepColor(look, at, curves.length);
    const text = (place: number) => {
      const value = values[place] ?? null;
      return value === null ? '–' : tickText(y.unit, value);
    };
    return { name, text, swatch: { color, shape: null, dash: null, band: null } };
  });
}

/** 0, 50, 90, 99 % … and all. */
function nineSplits(most: number): number[] {
  const splits = [0, ninesOfShare(0.5, most)];
  for (let nines = 1; nines < most - 0.25; nines++) splits.push(nines);
  return [...splits, most];
}

function nineText(split: number, most: number): string {
  return split === most ? '100%' : `${Number((shareOfNines(split) * 100).toPrecision(7))}%`;
}
