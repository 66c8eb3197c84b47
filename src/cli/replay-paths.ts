/**
 * The files of `netemu replay`: which stream is whose, and that nothing is overwritten that is being read.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { usageError } from '../errors.js';
import type { CaptureFormat } from '../replay/capture-exit.js';
import { printable } from '../rules/problem.js';
import type { ReplayFlags } from './replay.js';
import type { GivenRules } from './rule-arguments.js';

/** Standard input and output are for one each. */
export function checkStreams(capture: string, flags: ReplayFlags): void {
  const { file, compare, write, log, json } = flags;
  const readers = [
    ...(capture === '-' ? ['the capture -'] : []),
    ...(file?.includes('-') ? ['--file -'] : []),
    ...(compare === '-' ? ['--compare -'] : []),
  ];
  const writers = [
    ...(write === '-' ? ['--write -'] : []),
    ...(log === '-' ? ['--log -'] : []),
    ...(json ? ['--json'] : []),
  ];
  refuseMany(readers, 'standard input');
  refuseMany(writers, 'standard output');
}

function refuseMany([first, second]: readonly string[], stream: string): void {
  if (second === undefined) return;
  const message = `${first} and ${second} both want ${stream}`;
  throw usageError('E_USAGE', message, 'name a file for one of them');
}

/** All files that are read, but for standard input. */
export function inputFiles(
  capture: string,
  { file, compare }: ReplayFlags,
  given: GivenRules | null,
): string[] {
  const scenario = file?.[0];
  const directory = scenario === undefined || scenario === '-' ? '.' : path.dirname(scenario);
  const named = Object.keys(given?.request.files ?? {}).map((name) =>
    path.resolve(directory, name),
  );
  return [capture, compare, scenario, ...named].filter(
    (input) => input !== undefined && input !== '-',
  ) as string[];
}

/** Errors: E_FILE, where one file is to be read and written, or written twice. */
export function checkFiles(inputs: readonly string[], { write, log }: ReplayFlags): void {
  for (const output of [write, log]) {
    if (output === undefined || output === '-') continue;
    if (inputs.some((input) => isSameFile(input, output))) {
      throw usageError(
        'E_FILE',
        `${printable(output)} is being read: it cannot be written at the same time`,
        'write to another file',
      );
    }
  }
  if (write === undefined || log === undefined || write === '-' || !isSameFile(write, log)) return;
  throw usageError('E_FILE', `--write and --log are the same file, ${printable(write)}`);
}

/** Two programs may well share a pipe or a device. */
function isSameFile(a: string, b: string): boolean {
  try {
    const [one, other] = [fs.statSync(a), fs.statSync(b)];
    return one.isFile() && one.dev === other.dev && one.ino === other.ino;
  } catch {
    // One of them is not there yet.
    return path.resolve(a) === path.resolve(b);
  }
}

/** By the name of the output; null: as the input. Errors: E_USAGE. */
export function formatOf(write: string | undefined): CaptureFormat | null {
  if (write === undefined) return null;
  if (/\.(?:gz|zst)$/i.test(write)) {
    throw usageError(
      'E_USAGE',
      `--write ${printable(write)}: what is written is not compressed`,
      `netemu replay … --write - | gzip >${printable(write)}`,
    );
  }
  const suffix = path.extname(write).toLowerCase();
  if (suffix === '.pcapng') return 'pcapng';
  return suffix === '.pcap' ? 'pcap' : null;
}
