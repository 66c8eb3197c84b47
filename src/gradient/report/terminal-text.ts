/** Sentences over several lines of a given width: nothing is ever wider than asked. */
import { printable } from '../../rules/problem.js';

/** Of lines that go on with a sentence. */
const INDENT = '  ';

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
