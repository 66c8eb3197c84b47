/**
 * The files that a gradient leaves: results.json, results.csv, junit.xml and report.html in one directory.
 * Each is written under another name and renamed when it is whole, so that nobody ever finds half a file;
 * those of an earlier gradient are replaced. They belong to the user who typed sudo.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { usageError } from '../../errors.js';
import { writeError } from '../../pcap/sink.js';
import { openForUser } from '../../pcap/user-file.js';
import { quoted } from '../../rules/problem.js';
import type { GradientResult } from '../result.js';
import { csvOf } from './csv.js';
import { htmlOf } from './html.js';
import { jsonOf } from './json.js';
import { junitOf } from './junit.js';

const RESULTS_NAME = 'results.json';

interface ReportFiles {
  readonly json: string;
  readonly csv: string;
  readonly junit: string;
  readonly html: string;
}

/**
 * Makes the directory and shows that files can be made in it, before anything is measured for them. Returns
 * it as an absolute path: whoever changes the working directory meanwhile does not move the files. Errors:
 * E_OUTPUT.
 */
export function prepareDirectory(directory: string): string {
  const absolute = path.resolve(directory);
  makeDirectory(absolute);
  try {
    const probe = partialName(path.join(absolute, RESULTS_NAME));
    fs.closeSync(openAnew(probe));
    fs.unlinkSync(probe);
  } catch (error) {
    throw directoryError(directory, error as NodeJS.ErrnoException);
  }
  return absolute;
}

/** results.json alone, while more is being measured. Errors: E_OUTPUT. */
export function writeResults(directory: string, result: GradientResult): void {
  makeDirectory(directory);
  writeWhole(path.join(directory, RESULTS_NAME), jsonOf(result));
}

/**
 * What is most dear first: a report that fails takes no results with it. `toHtml` is another one where the
 * page's scripts are not compiled. Errors: E_OUTPUT.
 */
export function writeReports(
  directory: string,
  result: GradientResult,
  toHtml = htmlOf,
): ReportFiles {
  const at = (name: string) => path.join(directory, name);
  const files = {
    json: at(RESULTS_NAME),
    csv: at('results.csv'),
    junit: at('junit.xml'),
    html: at('report.html'),
  };
  // Somebody may have tidied up meanwhile.
  makeDirectory(directory);
  writeWhole(files.json, jsonOf(result));
  writeWhole(files.csv, csvOf(result));
  writeWhole(files.junit, junitOf(result));
  writeWhole(files.html, toHtml(result));
  return files;
}

/** Errors: E_OUTPUT. */
function makeDirectory(directory: string): void {
  try {
    makeWithParents(directory);
  } catch (error) {
    throw directoryError(directory, error as NodeJS.ErrnoException);
  }
}

/** Node's own `recursive` never returns where the kernel lets nobody make directories, as in /proc. */
function makeWithParents(directory: string): void {
  const parent = path.dirname(directory);
  if (parent !== directory && !fs.existsSync(parent)) makeWithParents(parent);
  try {
    fs.mkdirSync(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && fs.statSync(directory).isDirectory()) return;
    throw error;
  }
  const { SUDO_UID: uid, SUDO_GID: gid } = process.env;
  const isBySudo = process.getuid?.() === 0 && uid !== undefined && gid !== undefined;
  if (isBySudo) fs.chownSync(directory, Number(uid), Number(gid));
}

function writeWhole(file: string, text: string): void {
  const partial = partialName(file);
  try {
    const fd = openAnew(partial);
    try {
      fs.writeFileSync(fd, text);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(partial, file);
  } catch (error) {
    fs.rmSync(partial, { force: true });
    throw writeError(file, error as NodeJS.ErrnoException);
  }
}

/** Hidden, and the same each time: what a kill leaves is gone after the next run. */
function partialName(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.partial`);
}

/** Without what was there, which may be somebody's link to elsewhere. */
function openAnew(file: string): number {
  fs.rmSync(file, { force: true });
  return openForUser(file, 'w');
}

function directoryError(directory: string, { code, message }: NodeJS.ErrnoException): Error {
  const name = quoted(directory);
  const mend = 'name a directory that you may write to: --out DIR';
  switch (code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return usageError('E_OUTPUT', `no reports can be written to ${name}: it is a file`, mend);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return usageError(
        'E_OUTPUT',
        `no reports can be written to ${name}: it is not allowed`,
        mend,
      );
    case 'ENOSPC':
    case 'EDQUOT':
      return usageError('E_OUTPUT', `no reports can be written to ${name}: no space is left`, mend);
    default:
      return usageError('E_OUTPUT', `no reports can be written to ${name}: ${message}`, mend);
  }
}
