/** `netemu run`: reads its rules, options and command, checks them, and runs the command on its link. */

import * as fs from 'node:fs';
import { constants } from 'node:os';
import type { Command } from 'commander';
import type { CommandEnd, InstanceStatus } from '../control/types.js';
import { usageError } from '../errors.js';
import { openForUser } from '../pcap/user-file.js';
import type { ImpairmentKey } from '../rules/impairment-key.js';
import type { Context } from './context.js';
import { errorLines } from './errors.js';
import { addImpairmentFlags, collect } from './impairment-flags.js';
import { readDurationMs, readMemory } from './option-values.js';
import type { RunRequest } from './run-command.js';

/** Beside those of `addImpairmentFlags`. */
interface RunFlags {
  readonly file?: string[];
  readonly private?: boolean;
  readonly uplink?: string[];
  readonly mtu?: string;
  readonly user?: string;
  readonly seed?: string;
  readonly name?: string;
  readonly for?: string;
  readonly offload?: boolean;
  readonly memory?: string;
  readonly quiet?: boolean;
  readonly report?: string;
  readonly record?: string;
}

export const MTU_DEFAULT = 1_500;
/** RFC 791: what every host must be able to receive. */
const MTU_MIN = 576;
const MTU_MAX = 65_535;

const EXAMPLES = `
Examples:
  sudo netemu run --loss 1% -- curl -sO https://example.com/file
  sudo netemu run --rtt 100ms --rate down:10mbit -- ./build/client --port 4433
  sudo netemu run 'dns loss 20%' 'quic delay up:30ms' -- firefox
  sudo netemu run --private --delay 50ms -- npm test
  sudo netemu run --profile lte                  a shell on an LTE link

Rules come before the --, the command behind it, each as it is. Directions are up (leaves the command)
and down (comes to it); rules and values are those of netemu up. Without a rule the link does nothing.

The command has a network namespace of its own: one device, netemu0; its own loopback; names are asked of
the far end of the link, which passes them on to what this host uses. The far end leads into the world by
IPv4, with the host's address. With --private it leads nowhere: every address answers ICMP echo, and has
an echo service (port 7, TCP and UDP), DNS and HTTP, also by IPv6.

The exit code is the command's, and so is standard output: netemu's own words go to standard error. When
netemu itself fails it is 2, 3 or 4, and 126 or 127 when the command cannot be run. NETEMU_NAME tells
the command the instance's name: netemu set "$NETEMU_NAME" 'any loss 5%'.`;

/** `command` is what stood behind the `--`; null: there was none. */
export function addRun(
  program: Command,
  context: Context,
  keys: readonly ImpairmentKey[],
  command: readonly string[] | null,
): void {
  const run = program
    .command('run')
    .summary('run a command in a namespace whose only way out is an emulated link')
    .description(
      'Runs a command, or without one a shell, in a fresh network namespace whose only way out is an ' +
        'emulated link. It runs as the user who typed sudo. When it has ended, nothing is left. Needs root.',
    )
    .usage('[options] [rule...] [-- command [argument...]]')
    .argument('[rule...]', "rules such as 'udp:53 loss 0.5% delay 20ms'");
  addImpairmentFlags(run, keys);
  run
    .option('--private', 'no way out: the far end itself answers')
    .option(
      '--uplink <device>',
      'device that leads out, beside those of the default routes',
      collect,
    )
    .option('--mtu <bytes>', `MTU of the link (without it: ${MTU_DEFAULT})`)
    .option('--user <name>', 'whom the command runs as (without it: who typed sudo)')
    .option('--seed <text>', 'seed of all randomness (without it: a random one, shown)')
    .option('--name <name>', 'name of the instance (without it: n1, n2 …)')
    .option('--for <duration>', 'end the command by SIGTERM after that time, such as 60s')
    .option('--no-offload', 'let the kernel cut super-packets into wire packets before netemu')
    .option('--memory <size>', 'memory for packets that are held (without it: 256MiB)')
    .option('--record <file>', 'write each packet and its verdict into a pcapng file')
    .option('-q, --quiet', 'say nothing at the start and the end')
    .option('--report <file>', 'write the last status as JSON into the file')
    .addHelpText('after', EXAMPLES)
    .action((lines: string[], flags: RunFlags) => runAction(lines, flags, command ?? [], context));
}

async function runAction(
  lines: readonly string[],
  flags: RunFlags,
  command: readonly string[],
  context: Context,
): Promise<void> {
  try {
    const { code, signal } = await run(lines, flags, command, context);
    context.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
    if (signal !== null) context.endSignal = signal;
  } catch (error) {
    const { commandExitCode } = await import('../host/executable.js');
    const exitCode = commandExitCode(error);
    if (exitCode === null) throw error;
    context.output.complain(...errorLines(error as Parameters<typeof errorLines>[0]));
    context.exitCode = exitCode;
  } finally {
    const { releaseNames } = await import('../control/runtime-dir.js');
    releaseNames();
  }
}

async function run(
  lines: readonly string[],
  flags: RunFlags,
  command: readonly string[],
  context: Context,
): Promise<CommandEnd> {
  const { output } = context;
  const { readGivenRules } = await import('./rule-arguments.js');
  const options = { ...flags };
  const given = await readGivenRules({ lines, options, command: 'netemu run' });
  const request = await readRequest(flags, command, given?.seed ?? null);
  for (const warning of given?.warnings ?? []) output.complain(`netemu: ${warning}`);
  const { requireForRun } = await import('../host/requirements.js');
  requireForRun(request.options.isPrivate);
  const report = openReport(flags.report);
  const { openRecord } = await import('./record.js');
  const record = await openRecord(flags.record, given?.request ?? { rules: [] });
  const { runCommand } = await import('./run-command.js');
  const { startRun } = await import('../control/run-instance.js');
  const { serve } = await import('../control/server.js');
  const { onPassedSignal, endBySignal } = await import('./run-signals.js');
  return runCommand(
    { ...request, options: { ...request.options, rules: given?.rules ?? [], record } },
    { output, start: startRun, serve, onSignal: onPassedSignal, leave: endBySignal, report },
  );
}

/** Checks everything that can be checked without touching the machine. */
async function readRequest(
  flags: RunFlags,
  given: readonly string[],
  fileSeed: string | null,
): Promise<RunRequest> {
  const { shellOf } = await import('../host/command.js');
  const { checkCommand } = await import('../host/executable.js');
  const { chooseUser } = await import('../host/user.js');
  checkDirectory();
  const user = chooseUser(flags.user ?? null);
  const command = given.length > 0 ? given : [shellOf(user)];
  checkCommand(command[0]!);
  if (flags.name !== undefined) {
    const { checkName } = await import('../control/runtime-dir.js');
    checkName(flags.name);
  }
  if (flags.private && flags.uplink !== undefined) {
    throw usageError('E_USAGE', '--private has no way out, and --uplink names one');
  }
  return {
    options: {
      rules: [],
      command,
      stdio: 'inherit',
      user,
      isPrivate: flags.private ?? false,
      uplinks: [...new Set(flags.uplink ?? [])],
      mtu: readMtu(flags.mtu),
      seed: flags.seed ?? fileSeed,
      name: flags.name ?? null,
      memoryBytes: await readMemory(flags.memory),
      offload: flags.offload ?? true,
      record: null,
    },
    durationMs: await readDurationMs(flags.for),
    quiet: flags.quiet ?? false,
  };
}

function readMtu(text: string | undefined): number {
  if (text === undefined) return MTU_DEFAULT;
  const mtu = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (mtu >= MTU_MIN && mtu <= MTU_MAX) return mtu;
  throw usageError('E_MTU', `--mtu ${text}: a number from ${MTU_MIN} to ${MTU_MAX} is needed`);
}

/** Node starts no thread in a directory that has been removed. Errors: E_DIRECTORY. */
function checkDirectory(): void {
  try {
    process.cwd();
  } catch {
    throw usageError('E_DIRECTORY', 'the current directory is gone', 'cd to one that is there');
  }
}

/** Opened before anything begins, so that a slip of the pen does not cost the result of a long run. */
function openReport(file: string | undefined): (status: InstanceStatus) => void {
  if (file === undefined) return () => {};
  let fd: number;
  let isFile: boolean;
  try {
    fd = openForUser(file, 'a');
    isFile = fs.fstatSync(fd).isFile();
  } catch (error) {
    throw usageError('E_FILE', `--report ${file}: ${(error as Error).message}`);
  }
  return (status) => {
    if (isFile) fs.ftruncateSync(fd);
    fs.writeSync(fd, `${JSON.stringify(status)}\n`);
    fs.closeSync(fd);
  };
}
