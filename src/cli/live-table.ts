/**
 * A block of lines at the bottom of the terminal that is redrawn in place. Other lines are printed
 * above it. The cursor stays visible and wrapping stays on, so that a killed process leaves the
 * terminal as it was.
 */

import { cut } from './format.js';
import type { Output } from './output.js';

export class LiveTable {
  readonly #output: Output;
  #drawn: readonly string[] = [];

  constructor(output: Output) {
    this.#output = output;
  }

  /** Skips a frame that the terminal has no room for yet (Ctrl-S, a slow line). */
  draw(lines: readonly string[]): void {
    if (!this.#output.isIdle) return;
    // One column stays free: a line that fills the last one wraps on some terminals.
    const columns = this.#output.columns() - 1;
    const room = Math.max(1, this.#output.rows() - 1);
    const shown = lines.slice(0, lines.length > room ? room - 1 : room);
    const missing = lines.length - shown.length;
    if (missing > 0) shown.push(`… ${missing} more lines: netemu status shows them`);
    const frame = shown.map((line) => cut(line, columns));
    this.#output.raw(`${this.#upward()}${frame.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`);
    this.#drawn = frame;
  }

  /** Takes the block away; the cursor is where its first line was. */
  erase(): void {
    if (this.#drawn.length === 0) return;
    this.#output.raw(`${this.#upward()}\x1b[J`);
    this.#drawn = [];
  }

  /** To the start of the block. A terminal that became narrower has wrapped its lines. */
  #upward(): string {
    const columns = this.#output.columns();
    const height = this.#drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(line.length / columns)),
      0,
    );
    return height > 0 ? `\r\x1b[${height}A` : '\r';
  }
}
