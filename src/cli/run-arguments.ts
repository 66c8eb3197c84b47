/**
 * What stands before and behind the `--` of `netemu run` and `netemu gradient`: their own rules and options,
 * and the command. Split before commander reads them, which takes both for one list.
 */

import { type NetemuError, usageError } from '../errors.js';
import { findExecutable } from '../host/executable.js';
import { PROTOCOL_NAMES } from '../rules/protocols.js';

export interface SplitArguments {
  /** For commander. */
  readonly own: readonly string[];
  /** Null: there is no `--`. */
  readonly command: readonly string[] | null;
}

/** Of other commands everything is their own. */
export function splitArguments(args: readonly string[]): SplitArguments {
  const dashes = args.indexOf('--');
  if (!hasCommand(args) || dashes < 0) return { own: args, command: null };
  return { own: args.slice(0, dashes), command: args.slice(dashes + 1) };
}

function hasCommand(args: readonly string[]): boolean {
  return args[0] === 'run' || (args[0] === 'gradient' && args[1] !== 'compare');
}

/**
 * The error behind another one: a program where rules are read. Null where none of the arguments is one.
 * Errors: E_DASHES.
 */
export function missingDashes(args: readonly string[]): NetemuError | null {
  const { own, command } = splitArguments(args);
  if (!hasCommand(args) || own.some((arg) => arg === '-h' || arg === '--help')) return null;
  const place = own.findIndex((arg, index) => index > 0 && isProgram(arg));
  if (place < 0) return null;
  const meant = [...own.slice(0, place), '--', ...own.slice(place), ...(command ?? [])];
  return usageError(
    'E_DASHES',
    `"${own[place]}" is a program and no rule: put -- before the command`,
    `netemu ${meant.map(forShell).join(' ')}`,
  );
}

function isProgram(arg: string): boolean {
  if (!/^[^-\s][^\s]*$/.test(arg)) return false;
  // Names of protocols are no programs, whatever lies in PATH.
  const [word] = /^\w*/.exec(arg)!;
  return !PROTOCOL_NAMES.some(({ name }) => name === word) && findExecutable(arg) !== null;
}

function forShell(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
}
