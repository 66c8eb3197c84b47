/** `netemu down`: ends instances and waits until they are gone. */

import type { Command } from 'commander';
import { usageError } from '../errors.js';
import type { Context } from './context.js';
import { summaryLines } from './table.js';

export function addDown(program: Command, { output }: Context): void {
  program
    .command('down')
    .summary('end an instance; its traffic flows untouched again')
    .description(
      'Ends an instance and waits until it is gone: held packets are released at once, everything ' +
        'it made is taken away, and a summary is printed. Without NAME: the only one.',
    )
    .argument('[name]', 'name of the instance, as `netemu ps` lists it')
    .option('--all', 'end all instances')
    .option('--json', 'print the summary of each as one JSON object, a line each')
    .addHelpText('after', '\nExamples:\n  netemu down\n  netemu down n2\n  netemu down --all')
    .action(async (name: string | undefined, { all, json }: { all?: boolean; json?: boolean }) => {
      if (all && name !== undefined) {
        throw usageError('E_USAGE', `down takes a name or --all, not both`);
      }
      const client = await import('../control/client.js');
      const { instanceNames } = await import('../control/runtime-dir.js');
      const names = all ? instanceNames() : [client.pickInstance(name)];
      if (names.length === 0) output.complain('no instance is running');
      const endings = names.map(async (each) => {
        const status = await client.stopInstance(each);
        if (json) output.print(JSON.stringify(status));
        else output.print(...summaryLines(status, output.columns()));
      });
      for (const ending of await Promise.allSettled(endings)) {
        if (ending.status === 'fulfilled') continue;
        // It ended by itself in the meantime, which is what --all is after.
        if (all && ending.reason?.code === 'E_NO_INSTANCE') continue;
        throw ending.reason;
      }
    });
}
