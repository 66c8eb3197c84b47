/** `netemu status`: what an instance has done so far. */

import type { Command } from 'commander';
import type { Context } from './context.js';
import { instanceLines, statusHeading, statusLines } from './table.js';

export function addStatus(program: Command, { output }: Context): void {
  program
    .command('status')
    .summary('show what an instance has done so far')
    .description(
      'Shows the counters of an instance. Without NAME: of the only one, or one line for each.',
    )
    .argument('[name]', 'name of the instance, as `netemu ps` lists it')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExamples:\n  netemu status\n  netemu status n2 --json')
    .action(async (name: string | undefined, { json }: { json?: boolean }) => {
      const client = await import('../control/client.js');
      if (name === undefined && !json) {
        const { statuses, silent } = await client.listInstances();
        if (statuses.length + silent.length > 1) {
          if (statuses.length > 0) output.print(...instanceLines(statuses, output.columns()));
          if (silent.length > 0) throw silent[0];
          return;
        }
      }
      const status = await client.getStatus(client.pickInstance(name));
      if (json) output.print(JSON.stringify(status));
      else output.print(statusHeading(status), ...statusLines(status, output.columns()));
    });
}
