/**
 * The page's own scripts share one scope and no imports, so neither compiler nor linter sees what is unused
 * or left out; this does.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const FOLDER = 'src/gradient/report/page';

const files = readdirSync(FOLDER).map((name) => ({
  name,
  code: readFileSync(join(FOLDER, name), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ''),
}));
const all = files.map(({ code }) => code).join('\n');

test('every script is in the page, once', () => {
  const page = readFileSync('src/gradient/report/html.ts', 'utf8');
  const listed = [...page.matchAll(/'\.\/page\/([\w-]+)\.js'/g)].map(([, name]) => `${name}.ts`);
  expect(listed.sort()).toEqual(files.map(({ name }) => name).sort());
});

test('what a script declares is used', () => {
  expect(unused(all)).toEqual([]);
  expect(unused('function a() {}\nconst b = 1;\nclass C {}\na(b);')).toEqual(['C']);
});

test('no script imports or exports, which a plain script cannot', () => {
  expect(files.filter(({ code }) => /^(?:import|export)\b/m.test(code))).toEqual([]);
});

/** Top-level names that occur only where they are declared. */
function unused(code: string): string[] {
  const declared = /^(?:async )?(?:function|const|let|class|interface|type) (\w+)/gm;
  return [...code.matchAll(declared)]
    .map(([, name]) => name!)
    .filter((name) => code.match(new RegExp(`\\b${name}\\b`, 'g'))!.length < 2);
}
