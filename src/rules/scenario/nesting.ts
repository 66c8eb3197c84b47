/**
 * How deep a YAML text is nested, roughly and before it is parsed. The library recurses, and V8 aborts the
 * whole process when a regular expression is compiled where the stack ends (2,000 brackets are enough).
 */

/** A scenario needs six levels. */
const LEVELS_MAX = 64;

/** Where the text is nested deeper than anything meant; −1 when nowhere. */
export function tooDeepAt(text: string): number {
  const indents: number[] = [];
  let brackets = 0;
  let at = 0;
  for (const line of text.split('\n')) {
    // What opens lists and complex keys within one line: `- - - a`.
    const head = /^[ \t]*(?:[-?][ \t]+)*/.exec(line)![0];
    if (head.length < line.length) {
      const indent = head.search(/[-?]|$/);
      while (indents.length > 0 && indents.at(-1)! >= indent) indents.pop();
      indents.push(indent);
    }
    if (indents.length + head.replace(/[ \t]/g, '').length > LEVELS_MAX) return at;
    for (let i = head.length; i < line.length; i++) {
      const c = line[i];
      if (c === '[' || c === '{') brackets++;
      else if ((c === ']' || c === '}') && brackets > 0) brackets--;
      if (brackets > LEVELS_MAX) return at + i;
    }
    at += line.length + 1;
  }
  return -1;
}
