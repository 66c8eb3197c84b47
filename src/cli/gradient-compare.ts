/** `netemu gradient compare`: what got worse between two results. */

import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { ExitCode, usageError } from '../errors.js';
import type { GradientResult } from '../gradient/result.js';
import { quoted } from '../rules/problem.js';
import type { Context } from './context.js';
import { readShare } from './option-values.js';

interface CompareFlags {
  readonly minimum?: string;
  readonly json?: boolean;
}

export function addGradientCompare(gradient: Command, context: Context): void {
  gradient
    .command('compare')
    .summary('what got worse between two results, with significance')
    .description(
      'Compares the samples of two results.json, step by step. What is worse by more than chance, by ' +
        "more than 5 %, and by more than netemu's own lateness is a regression: then the exit code is 1, " +
        'as it is when the newer one lacks steps or samples of the older one.',
    )
    .argument('<before>', 'results.json of the older measurement')
    .argument('<after>', 'results.json of the newer one')
    .option('--minimum <share>', 'what changes by less does not count (without it: 5%)')
    .option('--json', 'print the comparison as one JSON object')
    .action(async (before: string, after: string, _flags: CompareFlags, command: Command) => {
      // `gradient` has a --json, too, and takes what stands behind `compare` as its own.
      const flags = command.optsWithGlobals<CompareFlags>();
      const minimum = (await readShare(flags.minimum, '--minimum')) ?? undefined;
      const { compare } = await import('../gradient/analysis/compare.js');
      const comparison = compare(await read(before), await read(after), minimum);
      const { output } = context;
      if (flags.json) {
        output.print(JSON.stringify(comparison));
      } else {
        const { comparisonLines } = await import('../gradient/report/comparison.js');
        output.print(...comparisonLines(comparison, output.columns()));
      }
      const { regressions, missing } = comparison;
      context.exitCode = regressions + missing > 0 ? ExitCode.differs : ExitCode.ok;
    });
}

async function read(file: string): Promise<GradientResult> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw usageError('E_FILE', `${quoted(file)} cannot be read: ${(error as Error).message}`);
  }
  const { readResult } = await import('../gradient/report/json.js');
  return readResult(text, file);
}
