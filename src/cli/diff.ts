/** `netemu diff`: what a real network did to captured packets, and rules that do it again. */

import * as path from 'node:path';
import type { Command } from 'commander';
import { differsError, ExitCode } from '../errors.js';
import type { Difference, DiffOptions } from '../replay/diff/difference.js';
import { printable, withSource } from '../rules/problem.js';
import type { Prefix } from '../rules/rule.js';
import type { Context } from './context.js';
import { errorLines } from './errors.js';
import { collect } from './impairment-flags.js';

const EXAMPLES = `
Examples:
  netemu diff client.pcap server.pcap
  netemu diff client.pcap server.pcap -o wifi
  netemu replay client.pcap -f wifi/rules.yaml -w again.pcap
  netemu diff client.pcap server.pcap --flow udp:443 -o wifi --json

Both captures are of the same packets: one from where they were sent, one from where they arrived.
Taken at both ends of a connection they show both ways: what SENT's end sent is out, what came back
in. Clocks that differ are mended by --clock-offset, or by an assumption that is told.

-o writes DIR/rules.yaml, with the files that it names: a rule for each flow, by which a replay of
SENT loses the same packets; and DIR/back.yaml for the way back, of RECEIVED. With --flow it is one
rule for all that matches, out and in, for netemu up and other runs of the same service.

Exit codes: 0 they were compared, 1 and a capture is damaged (what was before that was compared).`;

interface DiffFlags {
  readonly flow?: string;
  readonly from?: string[];
  readonly nat?: boolean;
  readonly clockOffset?: string;
  readonly trim?: boolean;
  readonly output?: string;
  readonly json?: boolean;
}

export function addDiff(program: Command, context: Context): void {
  program
    .command('diff')
    .summary('find what a network did to captured packets, and write it as rules')
    .description(
      'Compares a capture of sent packets with one of the same packets as they arrived: which were ' +
        'lost, late, doubled, damaged or out of order, and how long they took.',
    )
    .argument('<sent>', 'capture where they were sent (pcap or pcapng; - is standard input)')
    .argument('<received>', 'capture where they arrived')
    .option('--flow <match>', 'only packets that match, and one rule for them')
    .option('--from <address>', "address or prefix of SENT's end (else it is found out)", collect)
    .option('--nat', 'addresses and ports change on the way')
    .option('--clock-offset <duration>', "by how much RECEIVED's clock is ahead (-3ms: behind)")
    .option('--trim', 'leave out what lies before the first and behind the last common packet')
    .option('-o, --output <dir>', 'write rules into this folder')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(async (sent: string, received: string, flags: DiffFlags) => {
      context.exitCode = await runDiff(
        { ...(await readFlags(flags)), sent, received },
        flags,
        context,
      );
    });
}

async function runDiff(
  options: DiffOptions,
  { output: folder, json }: DiffFlags,
  { output }: Context,
): Promise<ExitCode> {
  const { diff } = await import('../replay/diff/difference.js');
  const { difference, makeRules } = await diff(options);
  if (json) {
    output.print(JSON.stringify(difference));
  } else {
    const { differenceLines } = await import('./diff-lines.js');
    output.print(...differenceLines(difference, output.columns()));
  }
  if (folder !== undefined) {
    const { writeRules } = await import('../replay/diff/write-rules.js');
    const files = makeRules();
    writeRules(folder, files);
    const names = [...files.keys()].filter((name) => name.endsWith('.yaml'));
    const written = names.map((name) => path.join(folder, name)).join(' and ');
    output.complain(`netemu: wrote ${printable(written)}`);
  }
  const faults = faultsOf(difference);
  for (const fault of faults) output.complain(...errorLines(fault));
  return faults.length === 0 ? ExitCode.ok : ExitCode.differs;
}

function faultsOf({ sent, received }: Difference) {
  return [sent, received].flatMap(({ name, fault }) => {
    if (fault === null) return [];
    const sentence = `${name}: ${fault.reason} at offset ${fault.offset}; what is before it was compared`;
    return [differsError('E_CAPTURE', printable(sentence))];
  });
}

async function readFlags({ flow, from, nat, clockOffset, trim }: DiffFlags) {
  return {
    match: flow ?? null,
    from: await readPrefixes(from ?? []),
    nat: nat ?? false,
    clockOffsetNs: await readClockOffset(clockOffset),
    trims: trim ?? false,
  };
}

async function readPrefixes(texts: readonly string[]): Promise<Prefix[]> {
  const { parsePrefix } = await import('../rules/address.js');
  return texts.map((text) => withSource({ text, flag: '--from' }, () => parsePrefix(text)));
}

async function readClockOffset(text: string | undefined): Promise<number | null> {
  if (text === undefined) return null;
  const { parseDuration } = await import('../rules/units.js');
  const isBehind = text.startsWith('-');
  const ns = withSource({ text, flag: '--clock-offset' }, () =>
    parseDuration(isBehind ? text.slice(1) : text),
  );
  return isBehind ? -ns : ns;
}
