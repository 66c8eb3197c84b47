/**
 * `netemu replay`: reads its rules and options, lets a capture through the engine, and says what happened.
 */
import type { Command } from 'commander';
import { ExitCode, NetemuError } from '../errors.js';
import type { ImpairmentKey } from '../rules/impairment-key.js';
import type { Context } from './context.js';
import { errorLines } from './errors.js';
import { addImpairmentFlags } from './impairment-flags.js';

/** Beside those of `addImpairmentFlags`. */
export interface ReplayFlags {
  readonly file?: string[];
  readonly write?: string;
  readonly log?: string;
  readonly seed?: string;
  readonly direction?: string;
  readonly client?: string;
  readonly compare?: string;
  readonly verify?: boolean;
  readonly speed?: string;
  readonly memory?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  netemu replay dns.pcap 'udp:53 loss 1% delay 20ms' -w out.pcap
  netemu replay big.pcapng.gz --loss 2% --log verdicts.jsonl --seed 7
  netemu replay in.pcap -f scenario.yaml --client 192.0.2.7 --json
  netemu replay in.pcap --rate 10mbit --compare expected.pcap
  tcpdump -w - | netemu replay - --delay 50ms -w - | tshark -r -
  sudo netemu up 'udp:53 loss 1%' --record dns.pcapng --for 60s
  netemu replay dns.pcapng --verify

The engine is that of netemu up, time is that of the capture: the same packets, rules and seed give the
same verdicts and the same output on every machine. Rules and flags are those of netemu up. Without rules a
recording is replayed with its own rules, seed and memory; of other captures everything passes.

Captures are pcap or pcapng, also compressed by gzip or zstd; - is standard input or output. What leaves
is written in the format of the output's name (.pcap, .pcapng), else in that of the input.

Directions (--direction):
  auto             what the capture says (flags of pcapng, Linux cooked headers), else by --client,
                   else by flow
  flow             the first packet of each flow goes out, and its answers come in
  client           what comes from --client goes out, what goes there comes in
  out, in          all packets
  interface=NAME   what came by these interfaces (names or numbers, with commas) goes out, all else in

Exit code 1: the capture is damaged (all before that was replayed), --compare or --verify found a
difference.`;

export function addReplay(
  program: Command,
  context: Context,
  keys: readonly ImpairmentKey[],
): void {
  const command = program
    .command('replay')
    .summary('let a capture pass the same engine, offline, in virtual time')
    .description(
      'Lets the packets of a capture pass the engine at the times at which they were captured, as fast as it ' +
        'goes, and writes what came through at the time at which it came through. Needs no root.',
    )
    .argument('<capture>', 'pcap or pcapng file; - is standard input')
    .argument('[rule...]', "rules such as 'udp:53 loss 0.5% delay 20ms'");
  addImpairmentFlags(command, keys);
  command
    .option('-w, --write <file>', 'write what came through; - is standard output')
    .option('--log <file>', 'write a line of JSON for each packet; - is standard output')
    .option('--seed <text>', 'seed of all randomness (without it: that of the recording, or 1)')
    .option('--direction <rule>', 'which way packets go: see below (without it: auto)')
    .option('--client <prefix>', 'ADDR or ADDR/LEN of the host that the rules are about')
    .option('--compare <capture>', 'compare what came through with another capture')
    .option('--verify', "compare the verdicts with a recording's own")
    .option('--speed <factor>', '1: as fast as it was, 2: twice as fast (without it: max)')
    .option('--memory <size>', 'memory for packets that are held (without it: 256MiB)')
    .option('--json', 'print the summary as one JSON object on standard output')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, lines: string[], flags: ReplayFlags) => {
      context.exitCode = await replay(file, lines, flags, context);
    });
}

async function replay(
  file: string,
  lines: readonly string[],
  flags: ReplayFlags,
  { output, onSignal, leave }: Context,
): Promise<number> {
  const { openReplay } = await import('./replay-options.js');
  const { mayBlock } = await import('./replay-paths.js');
  const { options, warnings, close } = await openReplay(file, lines, flags);
  const interruption = new AbortController();
  let signalCode: number | null = null;
  const stop = (exitCode: number) => {
    if (signalCode !== null) leave(exitCode);
    signalCode = exitCode;
    interruption.abort();
  };
  // While the process waits for a reader, only the kernel can still end it.
  const done = mayBlock(flags) ? () => {} : onSignal(stop);
  try {
    for (const warning of warnings) output.complain(`netemu: ${warning}`);
    const { replayFile } = await import('../replay/replay-file.js');
    const report = await replayFile({ ...options, signal: interruption.signal });
    const { reportJson, reportLines, reportProblems } = await import('./replay-report.js');
    if (flags.json) output.print(JSON.stringify(reportJson(report)));
    else if (takesOutput(flags)) output.complain(...reportLines(report, output.columns()));
    else output.print(...reportLines(report, output.columns()));
    const problems = reportProblems(report, options.directions.missing);
    for (const problem of problems) output.complain(...errorLines(problem));
    return signalCode ?? problems[0]?.exitCode ?? ExitCode.ok;
  } catch (error) {
    // Who asks for a comparison wants its result, whoever reads the output.
    const isAsked = flags.verify === true || flags.compare !== undefined;
    if (takesOutput(flags) && isReaderGone(error) && !isAsked) return ExitCode.ok;
    throw error;
  } finally {
    done();
    await close();
  }
}

/** Whether something other than the summary is written to standard output. */
function takesOutput({ write, log }: ReplayFlags): boolean {
  return write === '-' || log === '-';
}

/** The rest was not wanted. */
function isReaderGone(error: unknown): boolean {
  if (!(error instanceof NetemuError) || error.code !== 'E_OUTPUT') return false;
  return error.message === 'cannot write standard output: its reader is gone';
}
