/**
 * The legend above a chart, whose entries are buttons that hide and show their line, and the tooltip that
 * follows the cursor with all values at its place. What they say comes in as text and stays text.
 */

interface Entry {
  readonly name: string;
  readonly swatch: Swatch;
  /** What it is at the data's index. */
  text(at: number): string;
}

function legendOf(entries: readonly Entry[], toggle: (entry: number, isShown: boolean) => void) {
  const list = document.createElement('ul');
  list.className = 'legend';
  entries.forEach(({ name, swatch }, at) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.setAttribute('aria-pressed', 'true');
    button.append(swatchOf(swatch), name);
    button.addEventListener('click', () => {
      const isShown = button.getAttribute('aria-pressed') !== 'true';
      button.setAttribute('aria-pressed', String(isShown));
      toggle(at, isShown);
    });
    const item = document.createElement('li');
    item.append(button);
    list.append(item);
  });
  return list;
}

class Tooltip {
  readonly element = document.createElement('div');
  readonly #title: (at: number) => string;
  readonly #entries: readonly Entry[];

  constructor(title: (at: number) => string, entries: readonly Entry[]) {
    this.#title = title;
    this.#entries = entries;
    this.element.className = 'tooltip';
    this.element.setAttribute('role', 'status');
    this.element.hidden = true;
  }

  /** For uPlot's `setCursor`. */
  follow(plot: uPlot): void {
    const { left = -1, idx } = plot.cursor;
    const isAway = left < 0 || idx === null || idx === undefined;
    this.element.hidden = isAway;
    if (isAway) return;
    const title = document.createElement('strong');
    title.textContent = this.#title(idx);
    const rows = this.#entries.flatMap((entry, at) => {
      if (plot.series[at + 1]?.show === false) return [];
      const row = document.createElement('div');
      const value = document.createElement('span');
      value.textContent = entry.text(idx);
      row.append(swatchOf(entry.swatch), `${entry.name}: `, value);
      return [row];
    });
    this.element.replaceChildren(title, ...rows);
    this.#place(plot, left);
  }

  /** On the side of the cursor that has room. */
  #place(plot: uPlot, left: number): void {
    const area = plot.over;
    const room = area.offsetLeft + left;
    const width = this.element.offsetWidth;
    const isRight = room + 16 + width <= plot.root.offsetWidth;
    this.element.style.left = `${isRight ? room + 16 : Math.max(0, room - 16 - width)}px`;
    this.element.style.top = `${area.offsetTop + 8}px`;
  }
}
