/** The files that rules name, read from disk, and kept for an instance that is told of the rules. */

import * as fs from 'node:fs';
import * as path from 'node:path';
import type { RuleFiles } from '../rules/files/rule-files.js';

export class DiskFiles implements RuleFiles {
  readonly #directory: string;
  readonly #texts = new Map<string, string>();

  /** Relative paths begin at `directory`. */
  constructor(directory = '.') {
    this.#directory = directory;
  }

  read(file: string): string {
    const known = this.#texts.get(file);
    if (known !== undefined) return known;
    const text = fs.readFileSync(path.resolve(this.#directory, file), 'utf8');
    this.#texts.set(file, text);
    return text;
  }

  /** By path, as the rules spell it. */
  get texts(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#texts);
  }
}
