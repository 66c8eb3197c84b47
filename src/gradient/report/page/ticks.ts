/**
 * Numbers beside the axes, and in the tooltips of curves. They are short: what exactly was measured is in the
 * page's tables, which netemu has written.
 */
type Unit = import('../html-page-data.js').Unit;

function tickText(unit: Unit, value: number): string {
  if (unit === 'share') return shareText(value);
  if (unit === 'time') return timeText(value);
  if (unit === 'bitrate') return scaledText(value, 1_000, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s']);
  if (unit === 'bytes') return scaledText(value, 1_024, ['B', 'KiB', 'MiB', 'GiB']);
  return Math.abs(value) >= 1e4 ? scaledText(value, 1_000, ['', 'k', 'M', 'G', 'T']) : short(value);
}

/** Close to 100 % the few that are missing matter. */
function shareText(share: number): string {
  const percent = share * 100;
  return `${percent > 99 && percent < 100 ? Number(percent.toFixed(3)) : short(percent)}%`;
}

function timeText(ms: number): string {
  if (ms === 0) return '0';
  if (Math.abs(ms) >= 1_000) return `${short(ms / 1_000)}s`;
  return Math.abs(ms) < 0.1 ? `${short(ms * 1_000)}µs` : `${short(ms)}ms`;
}

function scaledText(value: number, step: number, units: readonly string[]): string {
  let unit = 0;
  let left = value;
  while (Math.abs(left) >= step && unit < units.length - 1) {
    left /= step;
    unit++;
  }
  return `${short(left)}${units[unit]}`;
}

/** Three digits, or all in front of the point. */
function short(value: number): string {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** Where bytes are ticked: at round multiples of 1024, which steps of 1, 2 and 5 never meet. */
function incrementsOf(unit: Unit): number[] | undefined {
  if (unit !== 'bytes') return undefined;
  const increments: number[] = [];
  for (let power = 1; power <= 2 ** 40; power *= 1_024) {
    for (const factor of [1, 2, 5, 10, 20, 50, 100, 200, 500]) increments.push(factor * power);
  }
  return increments;
}

/** The share that stands so many nines high: 0 → 0, 1 → 90 %, 2 → 99 %. */
function shareOfNines(nines: number): number {
  return 1 - 10 ** -nines;
}

function ninesOfShare(share: number, most: number): number {
  return share >= 1 ? most : Math.min(most, -Math.log10(1 - share));
}
