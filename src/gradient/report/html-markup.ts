/**
 * HTML out of template strings: whatever is put into one is text, unless it is markup itself. So rules,
 * commands and what servers say stay text, and no caller can forget to escape.
 */
import { printable } from '../../rules/problem.js';

/** Only `html` makes it, and the page's own files. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What templates take; null and false leave nothing. */
export type Part = Markup | string | number | null | false | readonly Part[];

export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.map((string, at) => string + rendered(parts[at] ?? null)).join(''));
}

/** For a script element of JSON: no `<` that could end it. */
export function jsonMarkup(data: unknown): Markup {
  return new Markup(JSON.stringify(data).replaceAll('<', '\\u003c'));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function rendered(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (part === null || part === false) return '';
  if (typeof part === 'string' || typeof part === 'number') {
    return printable(String(part)).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
  }
  return part.map(rendered).join('');
}
