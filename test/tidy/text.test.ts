/**
 * The text of the repository: files of a size to read at once, each saying first what it is for, and
 * nothing in them that is true on one machine only.
 */
import { describe, expect, test } from 'vitest';
import { codeOf, readSources, type Source } from './source-tree.js';

const LINES_MAX = 300;
/** Biome keeps code at 100; this is for what it cannot break: comments and shell. */
const COLUMNS_MAX = 110;

const everything = readSources('.').filter(({ path }) => !/\.(?:tgz|log)$/.test(path));
const sources = everything.filter(({ path }) => /^src\/.*\.ts$/.test(path));
const code = everything.filter(({ path }) => /^(?:src|bench|scripts|\.ci)\//.test(path));

describe('source files', () => {
  test(`have at most ${LINES_MAX} lines`, () => {
    expect(sources.filter(({ text }) => lineCount(text) > LINES_MAX).map(pathOf)).toEqual([]);
    expect(lineCount('a\nb\n')).toBe(2);
  });

  test('say first what they are for', () => {
    expect(sources.filter(({ text }) => !hasHeader(text)).map(pathOf)).toEqual([]);
    expect(hasHeader('#!/usr/bin/env node\n/** What it does, and why. */\n')).toBe(true);
    expect(hasHeader('/**\n * What it does,\n * and why.\n */\nimport')).toBe(true);
    expect(hasHeader('/** Stub. */')).toBe(false);
    expect(hasHeader("import 'x';\n/** What it does, and why. */")).toBe(false);
  });

  test('print only in src/cli', () => {
    expect(printing(sources)).toEqual([]);
    expect(printing([{ path: 'src/tun/a.ts', text: 'f();\nconsole.log(1);' }])).toEqual([
      'src/tun/a.ts:2: console.log(1);',
    ]);
  });
});

describe('every file', () => {
  test(`of code has lines of at most ${COLUMNS_MAX} columns`, () => {
    expect(linesWhere(code, isTooLong)).toEqual([]);
    expect([isTooLong(`// ${'x'.repeat(107)}`), isTooLong(`// ${'x'.repeat(108)}`)]).toEqual([
      false,
      true,
    ]);
    expect(isTooLong(`  '${'x'.repeat(200)}',`)).toBe(false);
  });

  test('names no path of one machine', () => {
    expect(linesWhere(everything, isMachinePath)).toEqual([]);
    const folders = ['work', 'tmp'].map((name) => `cd /${name}/main`);
    expect([...folders, `see ..${'/shared'}/design.md`].filter(isMachinePath)).toHaveLength(3);
    const harmless = ['src/work/x.ts', 'mktemp -d /tmp', '/network/', `/tmp/netemu-${0}`];
    expect(harmless.filter(isMachinePath)).toEqual([]);
  });

  test('leaves the choice of the npm registry to the user', () => {
    const files = everything.filter(({ path }) => !path.startsWith('test/tidy/'));
    expect(linesWhere(files, namesRegistry)).toEqual([]);
    const named = ['"resolved": "http://a/b.tgz"', 'registry=x', 'https://registry.npmjs.org/'];
    expect(named.filter(namesRegistry)).toEqual(named);
    expect(namesRegistry('"url": "https://opencollective.com/biome"')).toBe(false);
  });
});

/** A line that is one string cannot be broken: a system call's declaration, a rule for nft. */
function isTooLong(line: string): boolean {
  return [...line].length > COLUMNS_MAX && !/^\s*['"`]/.test(line);
}

/** netemu's own fallback for its sockets is the one path of its kind that is meant. */
function isMachinePath(line: string): boolean {
  return /(?<![\w.-])\/(?:work|tmp(?!\/netemu))\/\w|\.\.\/shared\b/.test(line);
}

function namesRegistry(line: string): boolean {
  return /"resolved": "https?:|\bregistry\s*=|\/\/[\w.-]*(?:registry|npmjs|npmmirror)\./.test(line);
}

function pathOf({ path }: Source): string {
  return path;
}

function lineCount(text: string): number {
  return text.replace(/\n$/, '').split('\n').length;
}

/** A doc comment of at least four words before anything else. */
function hasHeader(text: string): boolean {
  const comment = /^(?:#!.*\n+)?\/\*\*([\s\S]*?)\*\//.exec(text)?.[1] ?? '';
  return (comment.match(/[\p{L}\d'`-]+/gu) ?? []).length >= 4;
}

function printing(files: readonly Source[]): string[] {
  const quiet = files.filter(({ path }) => !path.startsWith('src/cli/'));
  return linesWhere(
    quiet.map(({ path, text }) => ({ path, text: codeOf(text) })),
    (line) => /\bconsole\s*\./.test(line),
  );
}

/** `path:line: text` of each line that the predicate holds for. */
function linesWhere(files: readonly Source[], predicate: (line: string) => boolean): string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) => (predicate(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );
}
