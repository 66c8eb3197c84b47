/** The command line as a whole: its commands, its help, and one way for all errors. */

import { Command, CommanderError } from 'commander';
import { restoreStaleForwarding } from '../control/stale-forwarding.js';
import { ExitCode, NetemuError } from '../errors.js';
import type { ImpairmentKey } from '../rules/impairment-key.js';
import { addCheck } from './check.js';
import type { Context } from './context.js';
import { addDiff } from './diff.js';
import { addDoctor } from './doctor.js';
import { addDown } from './down.js';
import { reportError, usageErrorOf } from './errors.js';
import { addGradient } from './gradient.js';
import { outputError } from './output.js';
import { addProfiles } from './profiles.js';
import { addPs } from './ps.js';
import { addReplay } from './replay.js';
import { addRun } from './run.js';
import { missingDashes, splitArguments } from './run-arguments.js';
import { addSet } from './set.js';
import { addStatus } from './status.js';
import { addUp } from './up.js';
import { packageVersion } from './version.js';

const EXAMPLES = `
Examples:
  sudo netemu up --flow udp:53 --loss 0.5%     lose 0.5% of the DNS packets, until Ctrl-C
  sudo netemu up 'quic delay 30ms' -d          the same in the background
  sudo netemu run --rtt 80ms -- curl URL       one command on a link of its own
  sudo netemu set n1 'quic delay 60ms'         other rules, between two packets
  sudo netemu down                             end it; everything is as it was before
  sudo netemu gradient --demo                  how DNS behaves as the loss grows: a report
  netemu check scenario.yaml                   say what a file of rules means, and what is wrong
  netemu replay a.pcap --loss 1% -w b.pcap     the same engine over a capture, without root

Exit codes: 0 done, 1 what was asked for was not found to be so (a difference, a damaged capture),
2 wrong usage, 3 the machine lacks something, 4 failed while running; of run: its command's.
Environment: NETEMU_RUNTIME_DIR, the directory of the instances' sockets (root: /run/netemu);
NETEMU_DEBUG=1, errors with their stack.`;

/** Runs one command; never throws. `args` is without node and the script. */
export async function runProgram(args: readonly string[], context: Context): Promise<number> {
  let exitCode: number;
  try {
    const { own, command } = splitArguments(args);
    if (WITH_INSTANCES.includes(args[0] ?? '')) await restoreStaleForwarding();
    const program = createProgram(context, await keysFor(args), command);
    await program.parseAsync([...own], { from: 'user' });
    exitCode = context.exitCode;
  } catch (error) {
    exitCode = report(usageOf(error, args) ?? error, args[0], context);
  }
  const failure = await context.output.flush();
  const error = failure === null ? null : outputError(failure);
  // `up` has noticed by itself that its output failed and has said so.
  if (error === null || exitCode !== ExitCode.ok) return exitCode;
  return reportError(error, context.output);
}

const WITH_INSTANCES = ['up', 'run', 'gradient', 'status', 'set', 'down', 'ps'];

/** The commands with a flag for each impairment; for others loading them would take 30 ms for nothing. */
const WITH_FLAGS = ['up', 'run', 'gradient', 'set', 'replay'];

async function keysFor(args: readonly string[]): Promise<readonly ImpairmentKey[]> {
  if (!args.slice(0, 2).some((arg) => WITH_FLAGS.includes(arg))) return [];
  return (await import('../rules/registry.js')).IMPAIRMENT_KEYS;
}

function createProgram(
  context: Context,
  keys: readonly ImpairmentKey[],
  command: readonly string[] | null,
): Command {
  const { output } = context;
  const program = new Command('netemu')
    .description(
      'A userspace, packet-level network emulator: impair real traffic, and give it back.',
    )
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .configureHelp({ optionDescription: ({ description }) => description })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.raw(text),
      writeErr: (text) => output.complain(text.trimEnd()),
      outputError: () => {},
      getOutHelpWidth: () => Math.min(output.columns(), 100),
      getErrHelpWidth: () => Math.min(output.columns(), 100),
    })
    .addHelpText('after', EXAMPLES);
  addUp(program, context, keys);
  addRun(program, context, keys, command);
  addGradient(program, context, keys, command);
  addStatus(program, context);
  addSet(program, context, keys);
  addReplay(program, context, keys);
  for (const add of [addDiff, addDown, addPs, addCheck, addProfiles, addDoctor])
    add(program, context);
  return program;
}

/** A command where rules are read makes errors of all kinds; null where that is not the reason. */
function usageOf(error: unknown, args: readonly string[]): NetemuError | null {
  const isUsage = error instanceof NetemuError && error.exitCode === ExitCode.usage;
  const isUnknown = error instanceof CommanderError && error.exitCode !== 0;
  return isUsage || isUnknown ? missingDashes(args) : null;
}

function report(error: unknown, command: string | undefined, { output }: Context): ExitCode {
  if (!(error instanceof CommanderError)) return reportError(error, output);
  // Help and version, printed already; `commander.help` is the help for want of a command.
  if (error.exitCode === 0) return ExitCode.ok;
  if (error.code === 'commander.help') return ExitCode.usage;
  return reportError(usageErrorOf(error, command), output);
}
