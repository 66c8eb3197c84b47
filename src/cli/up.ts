/** `netemu up`: reads its rules and options, checks them, and runs the instance here or detached. */

import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { checkDevices, checkNetns } from '../control/preflight.js';
import type { InstanceStatus } from '../control/types.js';
import { type ExitCode, usageError } from '../errors.js';
import type { ImpairmentKey } from '../rules/impairment-key.js';
import type { Context } from './context.js';
import { addImpairmentFlags, collect } from './impairment-flags.js';
import { readDurationMs, readMemory } from './option-values.js';
import type { GivenRules } from './rule-arguments.js';
import type { UpRequest } from './up-run.js';

/** Beside those of `addImpairmentFlags`. */
interface UpFlags {
  readonly file?: string[];
  readonly dev?: string[];
  readonly netns?: string;
  readonly seed?: string;
  readonly name?: string;
  readonly for?: string;
  readonly includeSsh?: boolean;
  readonly memory?: string;
  readonly offload?: boolean;
  readonly record?: string;
  readonly detach?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  sudo netemu up --flow udp:53 --loss 0.5%
  sudo netemu up --flow quic --rtt 100ms --jitter 10ms --for 60s
  sudo netemu up 'dns loss 2%' 'tcp:443@192.0.2.0/24 delay in:30ms' -d
  sudo netemu up --netns blue --dev eth0 --partition
  sudo netemu up --profile lte
  sudo netemu up -f scenario.yaml --seed 7

Rules: MATCH IMPAIRMENT VALUE [IMPAIRMENT VALUE]…, each quoted as one argument; impairments and
values are those of the flags. The first rule that matches a packet counts, packets that none
matches pass untouched. A file says all rules: beside --file stand no others.
  MATCH   PROTO[:PORT[-PORT]][@ADDR[/LEN]] with any tcp udp icmp sctp quic dns tls,
          and src= dst= sport= dport= dir= len= dscp= flags= qname= sni= quic=
Values: each may be for one direction (in:2%, or down:2%) or given for both (out:1% in:2%). netemu
check tells what a rule or a file means, netemu profiles what there is for --profile.`;

export function addUp(program: Command, context: Context, keys: readonly ImpairmentKey[]): void {
  const command = program
    .command('up')
    .summary('impair traffic that crosses existing devices, until it is stopped')
    .description(
      'Impairs the traffic of existing devices until Ctrl-C, SIGTERM, `netemu down` or --for ends ' +
        'it; then everything is as it was before. Needs root.',
    )
    .argument('[rule...]', "rules such as 'udp:53 loss 0.5% delay 20ms'");
  addImpairmentFlags(command, keys);
  command
    .option('--dev <name>', 'device (without it: those of the default routes)', collect)
    .option('--netns <netns>', 'network namespace: NAME of ip netns, PATH, or process id')
    .option('--seed <text>', 'seed of all randomness (without it: a random one, shown)')
    .option('--name <name>', 'name of the instance (without it: n1, n2 …)')
    .option('--for <duration>', 'stop by itself, such as 60s')
    .option('--no-offload', 'let the kernel cut super-packets into wire packets before netemu')
    .option('--include-ssh', 'impair the SSH connection that started it, too')
    .option('--memory <size>', 'memory for packets that are held (without it: 256MiB)')
    .option('--record <file>', 'write each packet and its verdict into a pcapng file')
    .option('-d, --detach', 'return when the path is live and go on in the background')
    .option('--json', 'print the summary as one JSON object on standard output')
    .addHelpText('after', EXAMPLES)
    .action(async (lines: string[], flags: UpFlags) => {
      context.exitCode = await up(lines, flags, context);
    });
}

async function up(lines: string[], flags: UpFlags, context: Context): Promise<ExitCode> {
  const { takeReporter } = await import('./detach.js');
  const reporter = takeReporter();
  try {
    // A detached process has it from its parent: what stood in a pipe can be read once.
    const scenarioText = reporter === null ? undefined : () => text(process.stdin);
    const given = await readRules(lines, flags, scenarioText);
    const request = await readRequest(given, flags);
    for (const warning of given.warnings) context.output.complain(`netemu: ${warning}`);
    const { requireForUp } = await import('../host/requirements.js');
    requireForUp();
    if (flags.detach && reporter === null) return await upDetached(given, flags, context);
    const { runUp } = await import('./up-run.js');
    const { startInstance } = await import('../control/instance.js');
    const { serve } = await import('../control/server.js');
    const { openRecord } = await import('./record.js');
    const record = await openRecord(flags.record, given.request);
    const options = { ...request.options, record };
    return await runUp(
      { ...request, options },
      {
        output: context.output,
        start: startInstance,
        serve,
        onSignal: context.onSignal,
        leave: context.leave,
        live: (line, instance) => reporter?.live({ line, status: instance.status() }),
      },
    );
  } catch (error) {
    reporter?.failed(error);
    throw error;
  } finally {
    const { releaseNames } = await import('../control/runtime-dir.js');
    releaseNames();
  }
}

async function upDetached(
  { request }: GivenRules,
  flags: UpFlags,
  { output, onSignal }: Context,
): Promise<ExitCode> {
  const { startDetached } = await import('./detach.js');
  const { line, status }: { line: string; status: InstanceStatus } = await startDetached(
    onSignal,
    request.scenario?.text,
  );
  if (flags.json) {
    output.complain(line);
    output.print(JSON.stringify(status));
  } else {
    output.print(line);
  }
  return 0;
}

/** Checks everything that can be checked without touching the machine. */
async function readRequest({ rules, seed }: GivenRules, flags: UpFlags): Promise<UpRequest> {
  const devices = [...new Set(flags.dev ?? [])];
  if (flags.netns === undefined) checkDevices(devices);
  else checkNetns(flags.netns);
  if (flags.name !== undefined) {
    const { checkName } = await import('../control/runtime-dir.js');
    checkName(flags.name);
  }
  return {
    options: {
      rules,
      devices,
      netns: flags.netns ?? null,
      seed: flags.seed ?? seed,
      name: flags.name ?? null,
      memoryBytes: await readMemory(flags.memory),
      includeSsh: flags.includeSsh ?? false,
      offload: flags.offload ?? true,
      record: null,
    },
    durationMs: await readDurationMs(flags.for),
    json: flags.json ?? false,
  };
}

async function readRules(
  lines: readonly string[],
  flags: UpFlags,
  scenarioText: (() => Promise<string>) | undefined,
): Promise<GivenRules> {
  const { readGivenRules } = await import('./rule-arguments.js');
  const options = { ...flags };
  const given = await readGivenRules({ lines, options, command: 'netemu up', scenarioText });
  if (given !== null) return given;
  throw usageError(
    'E_NO_RULE',
    'up needs a rule: which packets meet what',
    "netemu up --flow udp:53 --loss 0.5%\nnetemu up 'udp:53 loss 0.5%' 'tcp:443 delay 20ms'",
  );
}
