/** Files that rules in tests name. */

import type { RuleFiles } from '../../src/rules/files/rule-files.js';

const TEXTS: Readonly<Record<string, string>> = {
  'wifi.dist': '# a table of iproute2\n-8192 0 8192 16384\n',
  './samples': '10\n12\n17\n',
  'lte.trace': '0\n1\n1\n5\n',
  'lost.map': '2,7,10-12 # two of them alone\nperiod 100\n',
  'lost-once.map': '1-3 4\n',
  'bad.dist': '1 2\n3 x\n',
  'far.dist': '1 2\n3 40000\n',
  'one.txt': '5ms\n',
  'same.txt': '5ms\n5ms\n',
  'mixed.txt': '# measured\n5ms\n7\n',
  'mixed2.txt': '5\n7ms\n',
  'word.txt': '5ms\nslow\n',
  'empty.txt': '# nothing\n\n',
  'back.trace': '1\n7\n5\n',
  'zero.trace': '0\n0\n',
  'decimal.trace': '1\n2.5\n',
  'long.trace': '99999999999999\n',
  'backwards.map': '3\n9-7\n',
  'zero.map': '# begins at one\n0-3\n',
  'short.map': '1-20\nperiod 10\n',
  'twice.map': 'period 10\nperiod 20\n1\n',
  'bare.map': '1\nperiod\n',
};

/** Files that the system refuses to read, with its code. */
const REFUSED: Readonly<Record<string, string>> = {
  'secret.dist': 'EACCES',
  'dir.trace': 'EISDIR',
};

export const RULE_FILES: RuleFiles = {
  read: (path) => {
    const text = Object.hasOwn(TEXTS, path) ? TEXTS[path] : undefined;
    if (text !== undefined) return text;
    const code = REFUSED[path] ?? 'ENOENT';
    throw Object.assign(new Error(`${code}: some words of the system, open '${path}'`), { code });
  },
};
