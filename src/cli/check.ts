/** `netemu check`: says what rules mean, in canonical spelling, or what is wrong with them. */

import * as fs from 'node:fs';
import type { Command } from 'commander';
import { ExitCode, NetemuError, usageError } from '../errors.js';
import { printable } from '../rules/problem.js';
import type { Rule } from '../rules/rule.js';
import type { Context } from './context.js';
import { errorLines } from './errors.js';
import type { Output } from './output.js';

const EXAMPLES = `
Examples:
  netemu check scenario.yaml
  netemu check 'udp:53 loss 0.5% delay 20ms' --json
  netemu check --schema >scenario.schema.json

What names no file and is a protocol, or holds a blank, a colon or an @, is a rule. Editors
complete scenario files that begin with the line
# yaml-language-server: $schema=scenario.schema.json`;

interface CheckFlags {
  readonly json?: boolean;
  readonly schema?: boolean;
}

export function addCheck(program: Command, context: Context): void {
  program
    .command('check')
    .summary('validate rules and scenario files, and print what they mean')
    .description(
      'Prints the rules of each file in canonical spelling, one a line, with their schedule in ' +
        'brackets. Where something is wrong it says what and where; the exit code is 2 then.',
    )
    .argument('[input...]', 'scenario files (YAML; - is standard input), or rules')
    .option('--json', 'print the rules as they are used, as one JSON array')
    .option('--schema', 'print the JSON Schema of scenario files')
    .addHelpText('after', EXAMPLES)
    .action(async (inputs: string[], flags: CheckFlags) => {
      context.exitCode = await check(inputs, flags, context.output);
    });
}

async function check(
  inputs: readonly string[],
  { json, schema }: CheckFlags,
  output: Output,
): Promise<ExitCode> {
  if (schema) {
    const { scenarioSchema } = await import('../rules/scenario/json-schema.js');
    output.print(JSON.stringify(scenarioSchema(), null, 2));
    return ExitCode.ok;
  }
  if (inputs.length === 0) {
    throw usageError('E_NO_RULE', 'check needs a file, or a rule', 'netemu check scenario.yaml');
  }
  const checked: Rule[] = [];
  let exitCode: ExitCode = ExitCode.ok;
  for (const input of inputs) {
    try {
      const rules = await readInput(input, output);
      if (!json) for (const { text } of rules) output.print(text);
      checked.push(...rules);
    } catch (error) {
      if (!(error instanceof NetemuError)) throw error;
      // The other files may be wrong, too.
      output.complain(...errorLines(error));
      exitCode = error.exitCode;
    }
  }
  if (json && exitCode === ExitCode.ok) output.print(JSON.stringify(checked));
  return exitCode;
}

async function readInput(input: string, output: Output): Promise<readonly Rule[]> {
  const { fromScenario, warningsOf } = await import('./rule-arguments.js');
  const { isProtocolName } = await import('../rules/match-head.js');
  if (input === '-' || fs.existsSync(input)) {
    const { readScenarioText } = await import('./scenario-file.js');
    const { rules, warnings } = await fromScenario(await readScenarioText(input));
    for (const warning of warnings) output.complain(`netemu: ${printable(input)}: ${warning}`);
    return rules;
  }
  if (!(/[\s:@]/.test(input) || isProtocolName(input)) || /\.(?:ya?ml|json)$/i.test(input)) {
    const message = `there is no file "${printable(input)}"`;
    throw usageError('E_FILE', message, "a rule is one argument, as in 'udp:53 loss 0.5%'");
  }
  const { parseRules } = await import('../rules/parse.js');
  const { DiskFiles } = await import('./disk-files.js');
  const rules = parseRules([input], new DiskFiles());
  for (const warning of warningsOf(rules)) output.complain(`netemu: ${warning}`);
  return rules;
}
