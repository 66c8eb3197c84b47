/** Where a program is: Debian keeps ip, nft and tc where a user's PATH does not look. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

export function findProgram(name: string): string {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`.split(':').map((dir) => join(dir, name));
  for (const file of path) {
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this directory.
    }
  }
  throw new Error(`${name} is not on this machine`);
}
