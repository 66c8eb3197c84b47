/**
 * Prints docs/api.md: what the library's declaration files say, in the order of its index.
 *
 *     node scripts/lib/api-docs.mjs DIRECTORY   # with index.d.ts and all that it names, as tsc writes them
 *
 * Text is enough to read them, because tsc writes declarations in one shape only: a statement begins at its
 * docstring and ends with its semicolon or its body. Exit code 1, and the names, when something that a reader
 * can use has no docstring.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A statement whose body is its end. */
const BODIED = /^(?:export )?(?:declare )?(?:abstract )?(?:interface|class) /;

const directory = process.argv[2];
/** @type {string[]} */
const undocumented = [];
const index = statementsOf(readFileSync(join(directory, 'index.d.ts'), 'utf8'));
const entries = exportsOf(join(directory, 'index.d.ts'));

const page = [
  '<!-- Made by scripts/api-docs from the docstrings: change those. -->',
  '# API',
  index[0].comments[0],
  entries.map(contentsLine).join('\n'),
  ...entries.map(section),
];
process.stdout.write(`${page.join('\n\n')}\n`);
for (const name of undocumented) console.error(`${name} has no docstring`);
process.exitCode = undocumented.length > 0 ? 1 : 0;

/**
 * @typedef {{ comments: string[], code: string }} Statement with the docstrings before it
 * @typedef {{ name: string, statements: Statement[] }} Entry all that one name stands for: a type, a
 *   constant, both, or a function's overloads
 */

/**
 * What a file exports, in its order.
 * @param {string} path
 * @returns {Entry[]}
 */
function exportsOf(path) {
  /** @type {Map<string, Statement[]>} */
  const found = new Map();
  const add = (name, statements) => found.set(name, [...(found.get(name) ?? []), ...statements]);
  for (const statement of statementsOf(readFileSync(path, 'utf8'))) {
    const { code } = statement;
    const [, names, from] = /^export(?: type)? (\{.*\}|\*) from '(.*)\.js';$/s.exec(code) ?? [];
    if (from === undefined) {
      const name = /^export (?:declare )?(?:abstract )?\w+ ([\w$]+)/.exec(code)?.[1];
      if (name !== undefined) add(name, [statement]);
      continue;
    }
    const there = exportsOf(join(dirname(path), `${from}.d.ts`));
    if (names === '*') for (const { name, statements } of there) add(name, statements);
    for (const [, original, alias] of names.matchAll(
      /(?:type )?\b([\w$]+)(?: as ([\w$]+))?[\s,]/g,
    )) {
      const entry = there.find(({ name }) => name === original);
      if (entry === undefined)
        throw new Error(`${path} names ${original}, which is not in ${from}`);
      add(
        alias ?? original,
        entry.statements.map((statement) => renamed(statement, original, alias)),
      );
    }
  }
  return [...found].map(([name, statements]) => ({ name, statements }));
}

/**
 * @param {Statement} statement
 * @param {string} name
 * @param {string | undefined} alias
 */
function renamed(statement, name, alias = name) {
  return { ...statement, code: statement.code.replace(new RegExp(`\\b${name}\\b`, 'g'), alias) };
}

/**
 * Also the members of a body.
 * @param {string} text
 * @returns {Statement[]}
 */
function statementsOf(text) {
  const statements = [];
  const tokens = text.matchAll(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`[^`]*`|./gs,
  );
  let statement = { comments: [], code: '' };
  let depth = 0;
  const end = () => {
    statements.push({ ...statement, code: statement.code.trim() });
    statement = { comments: [], code: '' };
  };
  for (const [token] of tokens) {
    const isBetween = statement.code.trim() === '';
    if (isBetween && /^\/\*\*/.test(token)) {
      statement.comments.push(docOf(token));
      continue;
    }
    if (isBetween && /^(?:\/\/|\s)/.test(token)) continue;
    statement.code += token;
    if (/^[([{]$/.test(token)) depth++;
    if (/^[)\]}]$/.test(token)) depth--;
    if (depth > 0) continue;
    if (token === ';' || (token === '}' && BODIED.test(statement.code))) end();
  }
  return statements;
}

/** @param {string} comment */
function docOf(comment) {
  const lines = comment.slice(3, -2).split('\n');
  return lines
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .trim();
}

/** @param {Entry} entry */
function contentsLine({ name, statements }) {
  const [sentence] = /^.*?\.(?=\s|$)|^.*/s.exec(docsOf(statements)[0] ?? '') ?? [''];
  const kind = /^export (?:declare )?(?:abstract )?(\w+)/.exec(statements[0].code)?.[1];
  return `- [\`${name}\`](#${name.toLowerCase()}), ${kind}: ${sentence.replace(/\s+/g, ' ')}`;
}

/** @param {Entry} entry */
function section({ name, statements }) {
  const docs = docsOf(statements);
  if (docs.length === 0) undocumented.push(name);
  const heads = statements.map(({ code }) => headOf(code));
  const members = statements.flatMap(({ code }) => membersOf(name, code));
  const box = `\`\`\`ts\n${heads.join('\n')}\n\`\`\``;
  return [`## ${name}`, box, ...docs, ...(members.length > 0 ? [members.join('\n')] : [])].join(
    '\n\n',
  );
}

/**
 * The docstring is the comment that stands nearest.
 * @param {Statement[]} statements
 */
function docsOf(statements) {
  return statements.flatMap(({ comments }) => comments.slice(-1));
}

/** @param {string} code */
function headOf(code) {
  const head = withoutBody(code).head.replace(/^export (?:declare )?/, '');
  return head.replace(/^ {4}/gm, '  ').replace(/;$/, '').trim();
}

/**
 * Of classes, interfaces and constants that are objects.
 * @param {string} code
 */
function withoutBody(code) {
  const hasBody = BODIED.test(code) || /^export declare const [\w$]+: \{.*\};$/s.test(code);
  if (!hasBody) return { head: code, body: '' };
  const at = code.indexOf('{');
  return {
    head: code.slice(0, at).replace(/: $/, ''),
    body: code.slice(at + 1, code.lastIndexOf('}')),
  };
}

/**
 * A line for each, with its docstring; those of a constant may go without.
 * @param {string} owner
 * @param {string} code
 */
function membersOf(owner, code) {
  const isConstant = !BODIED.test(code);
  const members = statementsOf(withoutBody(code).body);
  const visible = members.filter(({ code: member }) => !/^(?:#|private |protected )/.test(member));
  return visible.map(({ comments, code: member }) => {
    const text = member
      .replace(/;$/, '')
      .replace(/\s+/g, ' ')
      .replace(/^readonly /, '');
    const name = /^(?:static |abstract |get |set )*([\w$]+|\[[^\]]*\])/.exec(text)?.[1] ?? text;
    const doc = comments.at(-1)?.replace(/\n(?=.)/g, '\n  ');
    // What a constructor takes is told by the class and by its options.
    if (doc === undefined && !isConstant && name !== 'constructor')
      undocumented.push(`${owner}.${name}`);
    return `- \`${text}\`${doc === undefined ? '' : `  \n  ${doc}`}`;
  });
}
