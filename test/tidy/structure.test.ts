/**
 * The structure of the source: which folder may import which, what the pure folders may not touch,
 * and that every file is in use. ARCHITECTURE.md tells the same in words.
 */
import { describe, expect, test } from 'vitest';
import { codeOf, importsOf, readSources, type Source } from './source-tree.js';

/** The folders of src from the bottom up, each with those that it may import. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  packet: [],
  rules: ['packet'],
  netem: ['rules', 'packet'],
  pcap: ['netem', 'rules', 'packet'],
  tun: ['pcap', 'netem', 'rules', 'packet'],
  host: ['tun', 'pcap', 'netem', 'rules', 'packet'],
  far: ['rules', 'packet'],
  control: ['far', 'host', 'tun', 'pcap', 'netem', 'rules', 'packet'],
  replay: ['control', 'pcap', 'netem', 'rules', 'packet'],
  library: ['replay', 'pcap', 'netem', 'rules', 'packet'],
  gradient: ['control', 'host', 'tun', 'pcap', 'netem', 'rules', 'packet'],
  cli: ['gradient', 'replay', 'pcap', 'control', 'far', 'host', 'tun', 'netem', 'rules', 'packet'],
};

/** Leaves without imports, for every folder. */
const FOR_ALL = ['src/errors.ts', 'src/netem/limits.ts', 'src/text.ts'];

/** The pure folders, with the packages that each may use. */
const PURE: Record<string, readonly string[]> = {
  packet: ['node:assert', 'node:crypto'],
  rules: ['node:assert', 'yaml'],
  netem: ['node:assert', 'seedrandom'],
};

/** Clocks, chance, I/O and everything that happens later; as properties these are other things. */
const IMPURE_NAMES = [
  'Date|performance|Promise|async|await|setTimeout|setInterval|setImmediate|queueMicrotask',
  'require|fetch|console|crypto|globalThis|process(?=\\s*\\.)',
];
const IMPURE = new RegExp(
  String.raw`(?<![.\w$])(?:${IMPURE_NAMES.join('|')})(?![\w$])|\bMath\.random\b|\bAtomics\.wait`,
  'g',
);

/** Where node starts; workers and processes of their own are found by `new URL('./…', import.meta.url)`. */
const ENTRY_POINTS = ['src/cli/main.ts', 'src/index.ts'];

/** Drivers of the engine that only tests need; a test must import each. */
const FOR_TESTS = ['src/tun/memory-port.ts'];

const sources = readSources('src', '.ts');

describe('imports', () => {
  test('follow the order of the folders', () => {
    expect(forbiddenImports(sources)).toEqual([]);
  });

  test('of pure folders are pure', () => {
    expect(impureImports(sources)).toEqual([]);
  });

  test('name files that exist', () => {
    expect(missingImports(sources)).toEqual([]);
  });

  test('reach every file', () => {
    expect(unusedFiles(sources, [...ENTRY_POINTS, ...FOR_TESTS])).toEqual([]);
    expect(unusedFiles(sources, ENTRY_POINTS)).toEqual(FOR_TESTS);
    const tests = readSources('test', '.test.ts').flatMap(importsOf);
    expect(FOR_TESTS.filter((path) => !tests.includes(path))).toEqual([]);
  });

  test('are seen in every form, and the forbidden ones are reported', () => {
    const rule = file('src/rules/a.ts', "import {\n  b,\n} from '../netem/b.js';");
    const packet = file('src/packet/p.ts', "import 'node:fs';\nexport * from '../rules/a.js';");
    const leaf = file('src/packet/q.ts', "import { X } from '../netem/limits.js';");
    const main = file(
      'src/cli/main.ts',
      "new URL('./w.js', import.meta.url); await import('./v.js');",
    );
    expect(forbiddenImports([rule, packet, leaf, main])).toEqual([
      'src/rules/a.ts imports src/netem/b.ts',
      'src/packet/p.ts imports src/rules/a.ts',
    ]);
    expect(impureImports([rule, packet, leaf])).toEqual(['src/packet/p.ts imports node:fs']);
    const [w, v, dead] = ['w', 'v', 'dead'].map((name) => file(`src/cli/${name}.ts`, ''));
    expect(missingImports([main, w!])).toEqual(['src/cli/main.ts imports src/cli/v.ts']);
    expect(unusedFiles([main, w!, v!, dead!], ENTRY_POINTS)).toEqual(['src/cli/dead.ts']);
  });
});

describe('pure folders', () => {
  test('know no clock, no chance, no I/O and no promises', () => {
    expect(impureCode(sources)).toEqual([]);
  });

  test.each([
    'const now = Date.now();',
    'performance.now();',
    'const u = Math.random();',
    'process.hrtime();',
    'process .exit(1);',
    'setTimeout(f, 1);',
    'export async function f() {}',
    'return new Promise(f);',
    'const re = /["\']/; console.warn(re);',
    'Atomics.waitAsync(a, 0, 0);',
  ])('may not say %s', (code) => {
    expect(impureCode([file('src/netem/a.ts', code)])).toHaveLength(1);
    expect(impureCode([file('src/tun/a.ts', code)])).toEqual([]);
  });

  test.each([
    '// the Date of the packet',
    "throw usageError('E_X', 'async Date');",
    '/** performance.now() is the\n * driver’s. */',
    'engine.process(slot);',
    'const lastUpdate = this.updateNs;',
    'const a = `a Promise`;',
    'Atomics.load(words, 0);',
  ])('may say %s', (code) => {
    expect(impureCode([file('src/netem/a.ts', code)])).toEqual([]);
  });
});

function file(path: string, text: string): Source {
  return { path, text };
}

/** `netem` for `src/netem/stages/loss.ts`; null for files that stand directly in src. */
function folderOf(path: string): string | null {
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? null;
}

function forbiddenImports(files: readonly Source[]): string[] {
  return problems(files, ({ path }, target) => {
    if (!target.startsWith('src/')) return /^(?:test|bench)\//.test(target);
    const [from, to] = [folderOf(path), folderOf(target)];
    // The library's front hands on what is in all folders.
    if (path === 'src/index.ts' || FOR_ALL.includes(target) || from === to) return false;
    return from === null || to === null || !MAY_IMPORT[from]?.includes(to);
  });
}

function impureImports(files: readonly Source[]): string[] {
  return problems(files, ({ path }, target) => {
    const allowed = PURE[folderOf(path) ?? ''];
    return allowed !== undefined && !target.startsWith('src/') && !allowed.includes(target);
  });
}

function missingImports(files: readonly Source[]): string[] {
  const paths = new Set(files.map(({ path }) => path));
  return problems(files, (_, target) => target.startsWith('src/') && !paths.has(target));
}

function problems(
  files: readonly Source[],
  isWrong: (source: Source, target: string) => boolean,
): string[] {
  return files.flatMap((source) =>
    importsOf(source)
      .filter((target) => isWrong(source, target))
      .map((target) => `${source.path} imports ${target}`),
  );
}

function unusedFiles(files: readonly Source[], entryPoints: readonly string[]): string[] {
  const unused = new Map(files.map((source) => [source.path, source]));
  const reach = (path: string) => {
    const source = unused.get(path);
    if (source === undefined) return;
    unused.delete(path);
    for (const target of importsOf(source)) reach(target);
  };
  for (const path of entryPoints) reach(path);
  return [...unused.keys()];
}

function impureCode(files: readonly Source[]): string[] {
  return files
    .filter(({ path }) => PURE[folderOf(path) ?? ''] !== undefined)
    .flatMap(({ path, text }) =>
      [...codeOf(text).matchAll(IMPURE)].map((match) => `${path} says ${match[0]}`),
    );
}
