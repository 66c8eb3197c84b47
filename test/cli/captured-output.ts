/** An `Output` that keeps what is written, as a file or as a terminal of a given size. */

import type { Output } from '../../src/cli/output.js';

export class CapturedOutput implements Output {
  stdout = '';
  stderr = '';
  isIdle = true;
  readonly isTerminal: boolean;
  readonly failed: Promise<NodeJS.ErrnoException>;
  width = 100;
  height = 24;
  #fail!: (error: NodeJS.ErrnoException) => void;
  #failure: NodeJS.ErrnoException | null = null;

  constructor(isTerminal = false) {
    this.isTerminal = isTerminal;
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
  }

  print(...lines: string[]): void {
    this.raw(`${lines.join('\n')}\n`);
  }

  complain(...lines: string[]): void {
    this.stderr += `${lines.join('\n')}\n`;
  }

  raw(text: string): void {
    if (this.#failure === null) this.stdout += text;
  }

  columns(): number {
    return this.width;
  }

  rows(): number {
    return this.height;
  }

  async flush(): Promise<NodeJS.ErrnoException | null> {
    return this.#failure;
  }

  /** From now on writing fails, as on a full disk (ENOSPC) or a closed pipe (EPIPE). */
  break(code: 'ENOSPC' | 'EPIPE' | 'EIO'): void {
    const errno = { ENOSPC: -28, EPIPE: -32, EIO: -5 }[code];
    this.#failure = Object.assign(new Error(code), { code, errno });
    this.#fail(this.#failure);
  }
}

/** What a terminal of that width shows in the end. Knows only what LiveTable uses. */
export function screenOf(text: string, columns: number): string[] {
  const screen: string[] = [''];
  let row = 0;
  let column = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the control characters are the matter
  for (const [token] of text.matchAll(/\x1b\[(\d*)([A-Z])|[\r\n]|[^\x1b\r\n]/gu)) {
    const control = /\[(\d*)([A-Z])$/.exec(token.length > 1 ? token : '');
    if (token === '\r') column = 0;
    else if (token === '\n') {
      row++;
      column = 0;
      screen[row] ??= '';
    } else if (control?.[2] === 'A') row -= Number(control[1]);
    else if (control?.[2] === 'K') screen[row] = screen[row]!.slice(0, column);
    else if (control?.[2] === 'J') {
      screen[row] = screen[row]!.slice(0, column);
      screen.length = row + 1;
    } else if (control === null) {
      if (column === columns) {
        row++;
        column = 0;
        screen[row] ??= '';
      }
      const line = screen[row]!.padEnd(column);
      screen[row] = line.slice(0, column) + token + line.slice(column + 1);
      column++;
    }
    if (row < 0) throw new Error('the cursor left the screen');
  }
  return screen;
}
