/** `netemu profiles`: the ready-made networks of `profile` and `--profile`, and where they come from. */

import type { Command } from 'commander';
import { usageError } from '../errors.js';
import { quoted } from '../rules/problem.js';
import type { Profile } from '../rules/profiles/profile.js';
import type { Context } from './context.js';
import type { Output } from './output.js';

const EXAMPLES = `
Examples:
  netemu profiles
  netemu profiles drop-rate
  sudo netemu up --profile lte
  sudo netemu up --flow udp:443 --profile 'drop-rate --rate_to_client=10 --rate_to_server=10'
  sudo netemu up 'udp:443 profile longrtt' 'tcp profile dsl rtt 80ms'

What a rule says beside its profile wins. Scenarios of quic-network-simulator take their parameters
as they do there: 10Mbps is megabits, rates are percents, and the client is the host of netemu.`;

interface ProfilesFlags {
  readonly json?: boolean;
}

export function addProfiles(program: Command, { output }: Context): void {
  program
    .command('profiles')
    .summary('list the ready-made networks there are for --profile')
    .description(
      'Lists profiles: names for several impairments at once, each with what it stands for and ' +
        'where its numbers come from.',
    )
    .argument('[name]', 'only this one')
    .option('--json', 'print them as one JSON array')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, { json }: ProfilesFlags) => {
      await list(name, json ?? false, output);
    });
}

async function list(name: string | undefined, json: boolean, output: Output): Promise<void> {
  const { NOT_OFFERED, PROFILES } = await import('../rules/profiles/catalogue.js');
  const shown = name === undefined ? PROFILES : [await find(name)];
  const described = await Promise.all(shown.map(describe));
  if (json) {
    output.print(JSON.stringify(described));
    return;
  }
  for (const each of described) output.print(...linesOf(each));
  if (name !== undefined) return;
  output.print('not offered');
  for (const [other, reason] of Object.entries(NOT_OFFERED)) output.print(line(other, reason));
}

async function find(name: string): Promise<Profile> {
  const { findProfile, NOT_OFFERED, PROFILE_NAMES } = await import(
    '../rules/profiles/catalogue.js'
  );
  const profile = findProfile(name);
  if (profile !== undefined) return profile;
  if (Object.hasOwn(NOT_OFFERED, name)) {
    throw usageError('E_PROFILE', `there is no profile ${name}`, NOT_OFFERED[name]);
  }
  const { didYouMean } = await import('../rules/suggest.js');
  const hint = didYouMean(name, PROFILE_NAMES);
  throw usageError(
    'E_PROFILE',
    `unknown profile ${quoted(name)}${hint}`,
    'netemu profiles lists them',
  );
}

/** As `--json` prints it. */
interface Description {
  readonly name: string;
  readonly summary: string;
  readonly source: string;
  readonly parameters: readonly string[];
  readonly notes: readonly string[];
  /** What is written behind `profile` in a rule: the name, with arguments where it needs some. */
  readonly example: string;
  /** What the example stands for. */
  readonly expandsTo: string;
}

async function describe(profile: Profile): Promise<Description> {
  const { NO_FILES } = await import('../rules/files/rule-files.js');
  const { expandProfile } = await import('../rules/profiles/expand.js');
  const { formatSetting } = await import('../rules/settings.js');
  const { Words } = await import('../rules/words.js');
  const { name, summary, source, parameters, notes = [] } = profile;
  const example = profile.example === undefined ? name : `${name} ${profile.example}`;
  const expandsTo = formatSetting(expandProfile(new Words(example), NO_FILES));
  return { name, summary, source, parameters, notes, example, expandsTo };
}

function linesOf({ name, summary, source, parameters, notes, example, expandsTo }: Description) {
  return [
    line(name, summary),
    ...(example === name ? [] : [line('', `profile ${example}`)]),
    line('', `= ${expandsTo}`),
    ...(parameters.length === 0 ? [] : [line('', parameters.map((each) => `--${each}`).join(' '))]),
    ...notes.map((note) => line('', `note: ${note}`)),
    line('', `source: ${source}`),
  ];
}

/** Room for the longest name, `handshakecorruption`. */
const NAME_WIDTH = 21;

function line(name: string, text: string): string {
  return `${name.padEnd(NAME_WIDTH)}${text}`;
}
