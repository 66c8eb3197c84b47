/**
 * Draws the report's charts, and draws them again when the page's width, its light or dark, or paper in the
 * place of the screen asks for it. Without it the page has all its numbers in tables.
 */
type PageData = import('../html-page-data.js').PageData;
type Chart = import('../html-page-data.js').Chart;

const HEIGHT_PX = { narrow: 270, wide: 330 };
/** On A4 and Letter: two beside each other, or a wide one. */
const PAPER_WIDTH_PX = { narrow: 326, wide: 664 };
/** A printer's dots are finer than a screen's. */
const PAPER_SCALE = 2;

interface Drawn {
  readonly plot: uPlot;
  readonly host: HTMLElement;
}

const page: PageData = JSON.parse(document.getElementById('data')!.textContent!);
let drawn: readonly Drawn[] = [];
let isOnPaper = false;

function drawAll(): void {
  const look = readLook(isOnPaper ? PAPER_SCALE : 1);
  for (const { plot } of drawn) plot.destroy();
  drawn = [...document.querySelectorAll<HTMLElement>('[data-chart]')].map((host) =>
    drawChart(host, page.charts[Number(host.dataset.chart)]!, look),
  );
}

function drawChart(host: HTMLElement, chart: Chart, look: Look): Drawn {
  const isSteps = chart.kind === 'steps';
  const entries = isSteps ? stepsEntries(chart, look) : curvesEntries(chart, look);
  const options = isSteps ? stepsOptions(chart, look) : curvesOptions(chart, look);
  const tooltip = new Tooltip((at) => titleAt(chart, at), entries);
  const plot = new uPlot(
    {
      ...options,
      ...sizeOf(host),
      hooks: { ...options.hooks, setCursor: [(moved) => tooltip.follow(moved)] },
    },
    isSteps ? stepsData(chart) : curvesData(chart),
  );
  const legend = legendOf(entries, (at, show) => plot.setSeries(at + 1, { show }));
  host.replaceChildren(plot.root, tooltip.element);
  host.parentElement!.querySelector('.legend')?.remove();
  host.before(legend);
  return { plot, host };
}

function titleAt(chart: Chart, at: number): string {
  if (chart.kind === 'steps') return chart.x.labels[at]!;
  return `${chart.x.label}: ${tickText(chart.x.unit, chart.grid[at]!)}`;
}

function sizeOf(host: HTMLElement): { width: number; height: number } {
  const kind = host.closest('.wide') === null ? 'narrow' : 'wide';
  if (!isOnPaper) return { width: host.clientWidth, height: HEIGHT_PX[kind] };
  const height = 0.8 * HEIGHT_PX[kind] * PAPER_SCALE;
  return { width: PAPER_WIDTH_PX[kind] * PAPER_SCALE, height };
}

/** The arrow keys move the cursor as a mouse would. */
function followKeys(event: KeyboardEvent): void {
  const found = drawn.find(({ host }) => host === event.currentTarget);
  if (found === undefined) return;
  const { plot } = found;
  const last = plot.data[0].length - 1;
  const at = plot.cursor.idx ?? -1;
  const isOff = (plot.cursor.left ?? -1) < 0;
  const moves: Record<string, number> = {
    ArrowRight: isOff ? 0 : Math.min(last, at + strideOf(last)),
    ArrowLeft: isOff ? last : Math.max(0, at - strideOf(last)),
    Home: 0,
    End: last,
  };
  const to = moves[event.key];
  if (event.key === 'Escape') plot.setCursor({ left: -10, top: -10 });
  else if (to === undefined) return;
  else plot.setCursor({ left: plot.valToPos(plot.data[0][to]!, 'x'), top: 10 });
  event.preventDefault();
}

/** Curves have too many points to visit each. */
function strideOf(last: number): number {
  return Math.max(1, Math.round(last / 40));
}

function setPaper(isPaper: boolean): void {
  if (isPaper === isOnPaper) return;
  isOnPaper = isPaper;
  document.documentElement.classList.toggle('paper', isPaper);
  drawAll();
}

const resized = new ResizeObserver(() => {
  if (isOnPaper) return;
  for (const { plot, host } of drawn) {
    const size = sizeOf(host);
    if (size.width > 0 && size.width !== plot.width) plot.setSize(size);
  }
});

document.getElementById('no-charts')?.remove();
drawAll();
for (const { host } of drawn) {
  resized.observe(host);
  host.addEventListener('keydown', followKeys);
  host.addEventListener('blur', () => {
    drawn.find((each) => each.host === host)?.plot.setCursor({ left: -10, top: -10 });
  });
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
addEventListener('beforeprint', () => setPaper(true));
addEventListener('afterprint', () => setPaper(false));
