/** `netemu doctor`: what this machine lacks for `up` and `run`, and what mends it. */

import type { Command } from 'commander';
import { ExitCode } from '../errors.js';
import type { Check } from '../host/doctor.js';
import type { Context } from './context.js';

export function addDoctor(program: Command, context: Context): void {
  program
    .command('doctor')
    .summary('say what this machine lacks, and the command that mends it')
    .description(
      'Checks what `netemu up` and `netemu run` need of this machine. As root it also tries the ' +
        'parts of the kernel, in a network namespace that is thrown away. Exit code 3 when something is missing.',
    )
    .option('--json', 'print {"ok": …, "checks": [{name, result, detail, mend}]}')
    .action(async ({ json }: { json?: boolean }) => {
      const { examine } = await import('../host/doctor.js');
      const checks = examine();
      const ok = checks.every(({ result }) => result !== 'missing');
      if (json) context.output.print(JSON.stringify({ ok, checks }));
      else context.output.print(...checkLines(checks));
      context.exitCode = ok ? ExitCode.ok : ExitCode.environment;
    });
}

export function checkLines(checks: readonly Check[]): string[] {
  const indent = ' '.repeat(9);
  return checks.flatMap(({ name, result, detail, mend }) => [
    `${result.padEnd(indent.length)}${name}: ${detail}`,
    ...(mend?.split('\n') ?? []).map((line) => `${indent}  ${line}`),
  ]);
}
