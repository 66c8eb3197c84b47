/** Programs as a shell looks for them, and what it says of those that it cannot run. Cheap to load. */
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { NetemuError, usageError } from '../errors.js';

const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

/**
 * Errors: E_NO_COMMAND where there is no such program, E_COMMAND_ACCESS where it is none that can be run.
 */
export function checkCommand(name: string): void {
  if (findExecutable(name) !== null) return;
  if (name === '--') {
    const mend = 'netemu run [RULE...] [OPTIONS] -- COMMAND [ARGUMENT...]';
    throw usageError('E_USAGE', 'there are two -- one after another', mend);
  }
  const there = candidates(name).find(isThere);
  if (there === undefined) {
    throw usageError('E_NO_COMMAND', `${name || '""'}: there is no such command`);
  }
  const what = statSync(there).isDirectory() ? 'is a directory' : 'may not be executed';
  const which = there === name ? '' : `${there} `;
  throw usageError('E_COMMAND_ACCESS', `${name}: ${which}${what}`);
}

/** The exit code that a shell would give; null for other errors. */
export function commandExitCode(error: unknown): number | null {
  if (!(error instanceof NetemuError)) return null;
  if (error.code === 'E_NO_COMMAND') return NOT_FOUND;
  return error.code === 'E_COMMAND_ACCESS' ? NOT_EXECUTABLE : null;
}

/** Null when there is none of the name, as a shell looks for it. */
export function findExecutable(name: string): string | null {
  return candidates(name).find(isExecutable) ?? null;
}

function candidates(name: string): string[] {
  if (name === '') return [];
  if (name.includes('/')) return [name];
  return (process.env.PATH ?? '').split(':').map((directory) => join(directory || '.', name));
}

function isThere(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
