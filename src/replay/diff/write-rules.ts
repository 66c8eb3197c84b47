/** Puts rule files into a folder, which is made where it is missing and then belongs to who typed sudo. */

import * as fs from 'node:fs';
import * as path from 'node:path';
import { usageError } from '../../errors.js';
import { TextFile } from '../text-file.js';
import type { RuleFileTexts } from './rule-set.js';

/** Errors: E_FILE, E_OUTPUT. */
export function writeRules(folder: string, files: RuleFileTexts): void {
  try {
    const made = fs.mkdirSync(folder, { recursive: true });
    const { SUDO_UID: uid, SUDO_GID: gid } = process.env;
    const isRoot = process.getuid?.() === 0;
    if (made !== undefined && isRoot && uid !== undefined && gid !== undefined) {
      fs.chownSync(folder, Number(uid), Number(gid));
    }
  } catch (error) {
    throw usageError('E_FILE', `cannot make ${folder}: ${(error as Error).message}`);
  }
  for (const [name, text] of files) {
    const file = TextFile.open(path.join(folder, name));
    file.write(text);
    file.close();
  }
}
