/** Text in a given width: tables, and sentences over several lines. Nothing is ever wider than asked. */
import { printable } from '../../rules/problem.js';

/** Of lines that go on with a sentence. */
const INDENT = '  ';

/** Each column as wide as its widest cell; those in `left` stand to the left, the others to the right. */
export function align(rows: readonly (readonly string[])[], left: readonly number[]): string[] {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  return rows.map((row) =>
    row
      .map((cell, at) =>
        left.includes(at) ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!),
      )
      .join('  ')
      .trimEnd(),
  );
}

/** Cuts to a width in characters, with an ellipsis for what is missing. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`.slice(0, width);
}

/** Breaks at spaces, within words only where one is longer than a line; lines but the first are indented. */
export function wrap(text: string, columns: number): string[] {
  const [, own, rest] = /^( *)(.*)$/s.exec(printable(text))!;
  const isWide = columns >= 2 * (own!.length + INDENT.length);
  const [first, hanging] = isWide ? [own!, own! + INDENT] : ['', ''];
  const lines: string[] = [];
  let line = first;
  let isBegun = false;
  for (const word of rest!.split(' ')) {
    const longer = isBegun ? `${line} ${word}` : line + word;
    if (isBegun && longer.length > columns) {
      lines.push(line);
      line = hanging + word;
    } else {
      line = longer;
    }
    isBegun = true;
    while (line.length > columns) {
      lines.push(line.slice(0, columns));
      line = hanging + line.slice(columns);
    }
  }
  return [...lines, line];
}
