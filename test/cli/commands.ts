/** Commands as a user types them, in this process, in a folder of their own. */

import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { vi } from 'vitest';
import { runProgram } from '../../src/cli/program.js';
import { CapturedOutput } from './captured-output.js';

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function netemu(...args: string[]): Promise<Ran> {
  const output = new CapturedOutput();
  const world = { output, onSignal: () => () => {}, leave: () => {}, exitCode: 0 as const };
  const exitCode = await runProgram(args, world);
  return { exitCode, stdout: output.stdout, stderr: output.stderr };
}

/** What the next command finds on standard input. */
export function typeIn(text: string): void {
  const stdin = Readable.from([text]) as unknown as typeof process.stdin;
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(stdin);
}

export class Folder {
  readonly path = fs.mkdtempSync(path.join(os.tmpdir(), 'netemu-test-'));

  /** Its path. */
  write(name: string, text: string): string {
    const file = path.join(this.path, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
    return file;
  }

  remove(): void {
    fs.rmSync(this.path, { recursive: true });
  }
}
