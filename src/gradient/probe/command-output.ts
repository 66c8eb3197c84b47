/** What is worth keeping of outputs that are longer than what is kept, and of complaints. */

const LENGTH_MAX = 64 * 1024;
const COMPLAINT_LENGTH_MAX = 120;

/** The last lines of an output, of 64 KiB together: there the summary stands. */
export class LastLines {
  #lines: string[] = [];
  #length = 0;

  get text(): string {
    return this.#lines.slice(this.#start()).join('\n');
  }

  add(line: string): void {
    this.#lines.push(line);
    this.#length += line.length + 1;
    // Seldom, so that a line costs little.
    if (this.#length < 2 * LENGTH_MAX) return;
    this.#lines = this.#lines.slice(this.#start());
    this.#length = this.#lines.reduce((sum, { length }) => sum + length + 1, 0);
  }

  /** The first line from which on all are short enough together. */
  #start(): number {
    let left = LENGTH_MAX;
    const isTooMuch = ({ length }: string) => {
      left -= length + 1;
      return left < 0;
    };
    return this.#lines.findLastIndex(isTooMuch) + 1;
  }
}

/** The last line that says something, fit for one line of a report; '' when there is none. */
export function lastLineOf(text: string): string {
  const line = text
    .slice(-8 * COMPLAINT_LENGTH_MAX)
    // Colours, and whatever else terminals obey.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go.
    .replace(/\u001b\[[\d;]*[A-Za-z]/g, '')
    .split(/[\r\n]+/)
    .map((part) => part.replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ').trim())
    .findLast((part) => part !== '');
  if (line === undefined || line.length <= COMPLAINT_LENGTH_MAX) return line ?? '';
  return `${line.slice(0, COMPLAINT_LENGTH_MAX)}…`;
}
