/** What a program prints, piece by piece: its lines as they are complete, its beginning, its end. */

/** A line that is longer is none that anybody reads; the rest of it is dropped. */
const LINE_LIMIT = 256 * 1024;
const TAIL_LENGTH = 4 * 1024;

/** Lines without their ends, whatever pieces they come in. */
export class LineReader {
  readonly #onLine: (line: string) => void;
  #begun = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  add(text: string): void {
    const lines = text.split('\n');
    lines[0] = this.#begun + lines[0];
    this.#begun = lines.pop()!.slice(0, LINE_LIMIT);
    for (const line of lines) this.#give(line);
  }

  /** The last line may have no end. */
  end(): void {
    if (this.#begun !== '') this.#give(this.#begun);
    this.#begun = '';
  }

  #give(line: string): void {
    this.#onLine(line.slice(0, LINE_LIMIT).replace(/\r$/, ''));
  }
}

/** The first so many bytes. */
export class CutText {
  readonly #limit: number;
  readonly #pieces: string[] = [];
  #bytes = 0;
  #isCut = false;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  get text(): string {
    return this.#pieces.join('');
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  add(text: string): void {
    if (this.#isCut) return;
    const bytes = Buffer.byteLength(text);
    this.#isCut = this.#bytes + bytes > this.#limit;
    const rest = this.#limit - this.#bytes;
    this.#pieces.push(this.#isCut ? Buffer.from(text).subarray(0, rest).toString() : text);
    this.#bytes += bytes;
  }
}

/** The last few kilobytes. */
export class TailText {
  #text = '';

  get text(): string {
    return this.#text;
  }

  add(text: string): void {
    this.#text = (this.#text + text).slice(-TAIL_LENGTH);
  }
}
