/** `netemu ps`: the running instances. */

import type { Command } from 'commander';
import type { Context } from './context.js';
import { instanceLines } from './table.js';

export function addPs(program: Command, { output }: Context): void {
  program
    .command('ps')
    .summary('list the running instances')
    .description('Lists the running instances, one line for each.')
    .option('--json', 'print a JSON array of what `status --json` prints for each')
    .action(async ({ json }: { json?: boolean }) => {
      const { listInstances } = await import('../control/client.js');
      const { statuses, silent } = await listInstances();
      if (json) output.print(JSON.stringify(statuses));
      else if (statuses.length > 0) output.print(...instanceLines(statuses, output.columns()));
      else if (silent.length === 0) output.complain('no instance is running');
      if (silent.length > 0) throw silent[0];
    });
}
