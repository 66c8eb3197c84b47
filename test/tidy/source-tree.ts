/**
 * The repository's own text for the tidy tests: its files, the imports of a module, and a module's
 * code without comments and literals. Regular expressions are enough here because Biome keeps the
 * shape of the code fixed, and they cost 1 ms a file.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';

export interface Source {
  /** Relative to the repository, with slashes. */
  readonly path: string;
  readonly text: string;
}

const NOT_OURS = new Set(['node_modules', 'dist', 'build', 'coverage', '.git']);

/** The files under a folder (`.` for all) whose names end so, sorted by path. */
export function readSources(folder: string, ending = ''): Source[] {
  const sources: Source[] = [];
  const visit = (directory: string) => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = posix.join(directory, entry.name);
      if (entry.isDirectory() && !NOT_OURS.has(entry.name)) visit(path);
      else if (entry.isFile() && entry.name.endsWith(ending)) {
        sources.push({ path, text: readFileSync(path, 'utf8') });
      }
    }
  };
  visit(folder);
  return sources.sort((a, b) => (a.path < b.path ? -1 : 1));
}

const COMMENT = /\/\*[\s\S]*?\*\/|\/\/[^\n]*/;
const STRING = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/;
/** A slash begins a regular expression where no value can stand before it. */
const REGEXP =
  /(?<=[=(,:;!&|?{}[]\s*|\breturn\s+)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\//;
const LITERALS = new RegExp(`(${COMMENT.source})|${STRING.source}|${REGEXP.source}`, 'g');

/** The code with its strings and regular expressions emptied and its comments gone; lines stay. */
export function codeOf(text: string): string {
  return text.replace(LITERALS, (literal, comment: string | undefined) => {
    const lines = literal.replace(/[^\n]/g, '');
    return comment === undefined ? `''${lines}` : lines;
  });
}

const IMPORTS = [
  /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*'([^']+)'/gm,
  /^\s*import\s*'([^']+)'/gm,
  /\bimport\(\s*'([^']+)'\s*\)/g,
  // A worker or a process of its own, named so that it is found wherever the package lies.
  /\bnew URL\(\s*'(\.[^']+\.js)'\s*,\s*import\.meta\.url\s*\)/g,
];

/** What a module names: packages as they are, our own modules by their path (`src/errors.ts`). */
export function importsOf({ path, text }: Source): string[] {
  // Only lines of comment go: the names themselves are strings.
  const code = text.replace(/^\s*(?:\/\/|\/?\*).*$/gm, '');
  const names = IMPORTS.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1]!));
  return names.map((name) =>
    name.startsWith('.') ? posix.join(posix.dirname(path), name).replace(/\.js$/, '.ts') : name,
  );
}
