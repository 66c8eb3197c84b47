/** `netemu set`: other rules for a running instance. */

import type { Command } from 'commander';
import { usageError } from '../errors.js';
import type { ImpairmentKey } from '../rules/impairment-key.js';
import type { Context } from './context.js';
import { addImpairmentFlags } from './impairment-flags.js';

const EXAMPLES = `
Examples:
  netemu set n1 'udp:53 loss 2%'
  netemu set n1 'tcp:443 partition drop' 'any delay 20ms'
  netemu set n1 --flow udp:53 --loss 2%
  netemu set n1 -f scenario.yaml

Rules and values are those of netemu up. Files are read here, not by the instance.`;

export function addSet(program: Command, context: Context, keys: readonly ImpairmentKey[]): void {
  const command = program
    .command('set')
    .summary('swap the rules of a running instance')
    .description(
      'Swaps all rules of an instance at once, between two packets. Packets that are held keep ' +
        'their time; rules that stay the same keep their counters and go on with their schedule.',
    )
    .argument('<name>', 'name of the instance, as `netemu ps` lists it')
    .argument('[rule...]', "rules such as 'udp:53 loss 0.5% delay 20ms', each quoted")
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, lines: string[], options: Record<string, unknown>) => {
      await set(name, lines, options, context);
    });
  addImpairmentFlags(command, keys);
}

async function set(
  name: string,
  lines: readonly string[],
  options: Readonly<Record<string, unknown>>,
  { output }: Context,
): Promise<void> {
  const { readGivenRules } = await import('./rule-arguments.js');
  const client = await import('../control/client.js');
  const instance = client.pickInstance(name);
  const given = await readGivenRules({ lines, options, command: `netemu set ${instance}` });
  if (given === null) {
    const example = `netemu set ${instance} 'udp:53 loss 2%'`;
    throw usageError('E_NO_RULE', 'set needs a rule: which packets meet what', example);
  }
  const { rules, seed, request, warnings } = given;
  await client.putRules(instance, request);
  for (const warning of warnings) output.complain(`netemu: ${warning}`);
  if (seed !== null) output.complain(`netemu: the seed stays as it is, seed: ${seed} is for up`);
  output.print(`netemu ${instance} set: ${rules.map(({ text }) => text).join('; ')}`);
}
