/**
 * How errors look: `netemu: SENTENCE` on standard error, the mend below it, and an exit code by
 * kind. Commander's own errors are brought into the same form; a stack is shown on request only.
 */

import type { CommanderError } from 'commander';
import { ExitCode, NetemuError, usageError } from '../errors.js';
import type { Output } from './output.js';

export function reportError(error: unknown, output: Output): ExitCode {
  if (error instanceof NetemuError) {
    output.complain(...errorLines(error));
    if (process.env.NETEMU_DEBUG === '1') output.complain(`${error.code} ${error.stack ?? ''}`);
    return error.exitCode;
  }
  const message = error instanceof Error ? error.message : String(error);
  const [firstLine] = message.split('\n');
  output.complain(`netemu: internal error: ${firstLine} (E_INTERNAL)`);
  if (process.env.NETEMU_DEBUG === '1') {
    output.complain(error instanceof Error ? (error.stack ?? message) : message);
  } else {
    output.complain('  NETEMU_DEBUG=1 shows where it comes from');
  }
  return ExitCode.failed;
}

export function errorLines(error: NetemuError): string[] {
  const lines = [`netemu: ${error.message}`];
  if (error.mend) lines.push(...error.mend.split('\n').map((line) => `  ${line}`));
  return lines;
}

/**
 * Commander writes "error: unknown option '--los'\n(Did you mean --loss?)"; the house style is
 * `unknown option "--los", did you mean --loss?`.
 */
export function usageErrorOf(error: CommanderError, command: string | undefined): NetemuError {
  const message = error.message
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.+)\?\)$/, ', did you mean $1?')
    .replace(/^option '(--[\w-]+|-\w).*' argument missing$/, '$1 needs a value')
    .replace(/^option '.*(--[\w-]+) .*' argument missing$/, '$1 needs a value')
    .replace(
      /^option '(--[\w-]+).*' argument '.*' is invalid. it has no value$/,
      '$1 needs a value',
    )
    .replace(/'([^']*)'/g, '"$1"')
    .replace(/\. Expected (\d+) arguments? but got (\d+)\.$/, ': $1 expected, $2 given')
    .replace(/\.$/, '');
  const isCommand = command !== undefined && /^[a-z]+$/.test(command);
  const isKnown = isCommand && error.code !== 'commander.unknownCommand';
  const mend = `${isKnown ? `netemu ${command}` : 'netemu'} --help says what there is`;
  return usageError('E_USAGE', message, mend);
}
