/** The text of a scenario: from a file, or from standard input for `-`. */

import * as fs from 'node:fs';
import * as path from 'node:path';
import { text } from 'node:stream/consumers';
import { getSystemErrorMap } from 'node:util';
import { usageError } from '../errors.js';
import { printable } from '../rules/problem.js';

export interface ScenarioText {
  /** As errors name it. */
  readonly name: string;
  readonly text: string;
  /** Where the files lie that it names. */
  readonly directory: string;
}

/** `readText`: where the text has been read already. Errors: E_FILE. */
export async function readScenarioText(
  file: string,
  readText?: () => Promise<string>,
): Promise<ScenarioText> {
  if (file === '-') {
    const read = readText ?? (() => text(process.stdin));
    return { name: '<stdin>', text: await read(), directory: '.' };
  }
  const read = readText ?? (async () => readFile(file));
  return { name: file, text: await read(), directory: path.dirname(file) };
}

function readFile(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    const { code, errno, message } = error as NodeJS.ErrnoException;
    const [, reason] = getSystemErrorMap().get(errno ?? 0) ?? ['', message];
    const shown = code === 'ENOENT' ? 'there is no such file' : reason;
    throw usageError('E_FILE', `cannot read ${printable(file)}: ${shown}`);
  }
}
