/** docs/api.md is what scripts/api-docs would write now, and everything in it says what it is. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'netemu-api-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('the reference is the one that the docstrings make', { timeout: 60_000 }, () => {
  const types = join(folder, 'types');
  const options = ['-p', 'tsconfig.build.json', '--emitDeclarationOnly', '--outDir', types];
  execFileSync('node_modules/.bin/tsc', options, { encoding: 'utf8' });
  const { stdout, stderr } = pageOf(types);
  expect(stderr).toBe('');
  expect(readFileSync('docs/api.md', 'utf8'), 'scripts/api-docs renews it').toBe(stdout);
});

const INDEX = `/**
 * What it is for.
 *
 * In two paragraphs.
 */
import type { Far } from './far.js';
/** Adds; twice. */
export declare function add(to: Far, { a, b }?: {
    /** The one; */
    a: string;
    b: '}';
}): void;
export { Shape, type Kind as Sort } from './shapes.js';
export * from './far.js';
`;

const SHAPES = `/** This file. */
import { A } from './a.js';
/** What a shape is. */
export declare class Shape extends A {
    #private;
    /** Of the sides. */
    readonly count: number;
    private hidden;
    /**
     * Makes it larger,
     * by a factor.
     */
    grow(by: number, how?: {
        soft: boolean;
    }): Promise<void>;
    constructor(count: number);
}
/** Round. */
export declare const Kind: {
    /** Without corners. */
    readonly round: 0;
    readonly square: 1;
};
/** One of Kind. */
export type Kind = (typeof Kind)[keyof typeof Kind];
/** Not exported by the index. */
export declare const other = 1;
`;

const FAR = `/** Away. */
export interface Far<T = string> {
    /** In metres; more: see there. */
    readonly distance: T;
}
`;

const PAGE = `<!-- Made by scripts/api-docs from the docstrings: change those. -->

# API

What it is for.

In two paragraphs.

- [\`add\`](#add), function: Adds; twice.
- [\`Shape\`](#shape), class: What a shape is.
- [\`Sort\`](#sort), const: Round.
- [\`Far\`](#far), interface: Away.

## add

\`\`\`ts
function add(to: Far, { a, b }?: {
  /** The one; */
  a: string;
  b: '}';
}): void
\`\`\`

Adds; twice.

## Shape

\`\`\`ts
class Shape extends A
\`\`\`

What a shape is.

- \`count: number\`  
  Of the sides.
- \`grow(by: number, how?: { soft: boolean; }): Promise<void>\`  
  Makes it larger,
  by a factor.
- \`constructor(count: number)\`

## Sort

\`\`\`ts
const Sort
type Sort = (typeof Sort)[keyof typeof Sort]
\`\`\`

Round.

One of Kind.

- \`round: 0\`  
  Without corners.
- \`square: 1\`

## Far

\`\`\`ts
interface Far<T = string>
\`\`\`

Away.

- \`distance: T\`  
  In metres; more: see there.
`;

test('everything that a declaration says stands in its place', () => {
  const types = declarations({ index: INDEX, shapes: SHAPES, far: FAR });
  expect(pageOf(types)).toMatchObject({ stdout: PAGE, stderr: '', status: 0 });
});

test('what has no docstring is named', () => {
  const index = `/** A library. */
import './far.js';
export interface Open {
    a: number;
    /** Is told. */
    b: number;
    c(): void;
}
export declare function f(): void;
export { Far } from './far.js';
`;
  const far = FAR.replace('/** In metres; more: see there. */', '');
  const { stderr, status } = pageOf(declarations({ index, far }));
  const missing = ['Open', 'Open.a', 'Open.c', 'f', 'Far.distance'];
  expect(stderr).toBe(missing.map((name) => `${name} has no docstring\n`).join(''));
  expect(status).toBe(1);
});

/** A folder with these declaration files. */
function declarations(texts: Readonly<Record<string, string>>): string {
  const types = mkdtempSync(join(folder, 'types-'));
  for (const [name, text] of Object.entries(texts))
    writeFileSync(join(types, `${name}.d.ts`), text);
  return types;
}

function pageOf(types: string): { stdout: string; stderr: string; status: number | null } {
  const options = { encoding: 'utf8' } as const;
  return spawnSync(process.execPath, ['scripts/lib/api-docs.mjs', types], options);
}
