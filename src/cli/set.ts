/** `netemu set`: other rules for a running instance. */

import type { Command } from 'commander';
import { RULES_MAX } from '../rules/limits.js';
import type { Context } from './context.js';

const EXAMPLES = `
Examples:
  netemu set n1 'udp:53 loss 2%'
  netemu set n1 'tcp:443 partition drop' 'any delay 20ms'`;

export function addSet(program: Command, { output }: Context): void {
  program
    .command('set')
    .summary('swap the rules of a running instance')
    .description(
      'Swaps all rules of an instance at once, between two packets. Packets that are held keep ' +
        'their time; rules that stay the same keep their counters.',
    )
    .argument('<name>', 'name of the instance, as `netemu ps` lists it')
    .argument('<rule...>', "rules such as 'udp:53 loss 0.5% delay 20ms', each quoted")
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, lines: string[]) => {
      const { readRuleArguments } = await import('./rule-arguments.js');
      const client = await import('../control/client.js');
      const instance = client.pickInstance(name);
      const rules = readRuleArguments(lines, `netemu set ${instance}`, RULES_MAX);
      await client.putRules(instance, lines);
      output.print(`netemu ${instance} set: ${rules.map(({ text }) => text).join('; ')}`);
    });
}
