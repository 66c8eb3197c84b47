/**
 * Flags for impairments, one for each key of the registry, as `up` and `set` have them. The registry is
 * handed in: commands that have no such flags are spared the time to load it.
 */

import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ImpairmentKey } from '../rules/impairment-key.js';
import type { RuleFlags } from '../rules/parse.js';

/** Where a flag stands in the help; what is not here comes last. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'Losses and faults (each value may begin with in: or out:, also down: or up:):': [
    ...['partition', 'outage', 'loss', 'ecn', 'corrupt', 'duplicate'],
  ],
  'The link:': ['rate', 'trace', 'queue', 'aqm'],
  'Time and order:': ['delay', 'rtt', 'jitter', 'reorder', 'slot'],
};
const OTHERS = 'Others:';

export function addImpairmentFlags(command: Command, keys: readonly ImpairmentKey[]): void {
  command.addOption(
    new Option(
      '-f, --file <file>',
      'rules and their schedule from a YAML file; - is standard input',
    )
      .argParser(collect)
      .helpGroup(RULES),
  );
  command.addOption(
    new Option('--flow <match>', 'which packets the flags below meet (without it: all)').helpGroup(
      RULES,
    ),
  );
  const groups = [...Object.keys(GROUPS), OTHERS];
  for (const group of groups) {
    for (const key of keys) {
      if (groupOf(key.name) === group) command.addOption(flagOf(key).helpGroup(group));
    }
  }
}

/** The heading over `--file` and `--flow`. */
const RULES = 'Rules:';

function groupOf(name: string): string {
  return Object.keys(GROUPS).find((group) => GROUPS[group]!.includes(name)) ?? OTHERS;
}

/** An empty value is that of a flag that stands alone, such as `--ecn`. */
function flagOf({ name, metavar, bare, summary }: ImpairmentKey): Option {
  const value = bare === undefined ? `<${metavar}>` : `[${metavar}]`;
  const option = new Option(`--${name} ${value}`, summary).argParser(
    (given: string, before: string[] | undefined) => {
      // Else the flag behind would be taken for the value that was forgotten.
      if (given.startsWith('--')) throw new InvalidArgumentError('it has no value');
      return collect(given, before);
    },
  );
  return bare === undefined ? option : option.preset('');
}

/** Of flags that may be given several times, such as for each direction. */
export function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** Of all that commander has read, what makes a rule; null when there is nothing. */
export function ruleFlagsOf(
  options: Readonly<Record<string, unknown>>,
  keys: readonly string[],
): RuleFlags | null {
  const flags: Record<string, string | readonly string[] | undefined> = {};
  for (const name of ['flow', ...keys]) {
    const value = options[name];
    if (value !== undefined) flags[name] = value as string | readonly string[];
  }
  return Object.keys(flags).length === 0 ? null : (flags as RuleFlags);
}
