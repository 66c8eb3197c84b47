/**
 * The files of `netemu replay`: which stream is whose, and that nothing is overwritten that is being read.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { usageError } from '../errors.js';
import { isSameFile } from '../pcap/user-file.js';
import type { CaptureFormat } from '../replay/capture-exit.js';
import { printable, quoted } from '../rules/problem.js';
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

/** Errors: E_FILE, for what is not there, and where one file is to be read and written, or written twice. */
export function checkFiles(
  capture: string,
  inputs: readonly string[],
  { compare, write, log }: ReplayFlags,
): void {
  if (capture !== '-' && !fs.existsSync(capture)) {
    const first = 'the capture comes first, then rules: netemu replay IN.pcap';
    throw usageError('E_FILE', `there is no file ${quoted(capture)}`, `${first} 'udp:53 loss 1%'`);
  }
  if (compare !== undefined && compare !== '-' && !fs.existsSync(compare)) {
    throw usageError('E_FILE', `--compare: there is no file ${quoted(compare)}`);
  }
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

/** Whether a file that is written may keep the process waiting for as long as somebody does not read it. */
export function mayBlock({ write, log }: ReplayFlags): boolean {
  const isPipe = (file: string | undefined) =>
    file !== undefined && file !== '-' && (fs.statSync(file, NO_ERROR)?.isFIFO() ?? false);
  const isStream = log === '-' && !fs.fstatSync(process.stdout.fd).isFile();
  return isStream || isPipe(log) || isPipe(write);
}

const NO_ERROR = { throwIfNoEntry: false } as const;

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
