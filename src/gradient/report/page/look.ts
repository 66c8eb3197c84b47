/**
 * How the charts look: colours and fonts out of the page's own style sheet, so that light, dark and paper are
 * decided there alone. The files of this folder are plain scripts that share one scope: `html.ts` puts them
 * into the page one after the other.
 */

interface Look {
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly paper: string;
  readonly prediction: string;
  readonly band: string;
  readonly knee: string;
  /** Of the lines of one chart, to be told apart by colour-blind people as well. */
  readonly lines: readonly string[];
  /** From the first step to the last, in steps of brightness as well as of hue. */
  readonly ramp: readonly string[];
  readonly family: string;
  /** Sizes are multiplied by it: charts on paper are drawn finer than the screen is. */
  readonly scale: number;
}

function readLook(scale: number): Look {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: of('--text'),
    muted: of('--muted'),
    grid: of('--grid'),
    paper: of('--card'),
    prediction: of('--prediction'),
    band: of('--band'),
    knee: of('--knee'),
    lines: ['--line-1', '--line-2', '--line-3', '--line-4'].map(of),
    ramp: ['--ramp-1', '--ramp-2', '--ramp-3', '--ramp-4'].map(of),
    family: getComputedStyle(document.body).fontFamily,
    scale,
  };
}

function fontOf(look: Look, sizePx: number, ratio = 1): string {
  return `${Math.round(sizePx * look.scale * ratio)}px ${look.family}`;
}

/** Of step `at` of so many: the baseline is grey, the others run through the ramp. */
function stepColor(look: Look, at: number, count: number): string {
  if (at === 0) return look.muted;
  const place = count <= 2 ? 1 : (at - 1) / (count - 2);
  const stop = place * (look.ramp.length - 1);
  const from = Math.min(look.ramp.length - 2, Math.floor(stop));
  return mixed(look.ramp[from]!, look.ramp[from + 1]!, stop - from);
}

/** Of two `#rrggbb`. */
function mixed(a: string, b: string, share: number): string {
  const part = (color: string, at: number) => Number.parseInt(color.slice(at, at + 2), 16);
  const parts = [1, 3, 5].map((at) =>
    Math.round(part(a, at) * (1 - share) + part(b, at) * share)
      .toString(16)
      .padStart(2, '0'),
  );
  return `#${parts.join('')}`;
}
