/** `netemu up`: reads its rules and options, checks them, and runs the instance here or detached. */

import { type Command, Option } from 'commander';
import { checkDevices, checkNetns } from '../control/preflight.js';
import type { InstanceStatus } from '../control/types.js';
import { type ExitCode, usageError } from '../errors.js';
import { MEMORY_BYTES_DEFAULT } from '../netem/limits.js';
import { RULES_MAX } from '../rules/limits.js';
import type { RuleFlags } from '../rules/parse.js';
import type { Rule } from '../rules/rule.js';
import type { Context } from './context.js';
import type { UpRequest } from './up-run.js';

interface UpFlags extends RuleFlags {
  readonly dev?: string[];
  readonly netns?: string;
  readonly seed?: string;
  readonly name?: string;
  readonly for?: string;
  readonly includeSsh?: boolean;
  readonly memory?: string;
  readonly detach?: boolean;
  readonly json?: boolean;
}

/** Below this not even the buffers that packets are read into fit. */
const MEMORY_BYTES_MIN = 16 * 2 ** 20;

const EXAMPLES = `
Examples:
  sudo netemu up --flow udp:53 --loss 0.5%
  sudo netemu up --flow quic --rtt 100ms --jitter 10ms --for 60s
  sudo netemu up 'dns loss 2%' 'tcp:443@192.0.2.0/24 delay in:30ms' -d
  sudo netemu up --netns blue --dev eth0 --partition drop

Rules: MATCH [loss V] [delay V] [rtt V] [jitter V] [partition drop], each quoted as one argument;
the first that matches a packet counts, packets that none matches pass untouched.
  MATCH   PROTO[:PORT[-PORT]][@ADDR[/LEN]] with any tcp udp icmp sctp quic dns tls,
          and src=ADDR dst=ADDR sport=PORT dport=PORT dir=in|out
  V       loss 0.5% | nth 2,7,10-12 | first 3 | every 100;  delay 20ms;  rtt 40ms;
          jitter 5ms [unordered]; with in: or out: in front for one direction only`;

export function addUp(program: Command, context: Context): void {
  const many = (value: string, before: string[] | undefined) => [...(before ?? []), value];
  program
    .command('up')
    .summary('impair traffic that crosses existing devices, until it is stopped')
    .description(
      'Impairs the traffic of existing devices until Ctrl-C, SIGTERM, `netemu down` or --for ends ' +
        'it; then everything is as it was before. Needs root.',
    )
    .argument('[rule...]', "rules such as 'udp:53 loss 0.5% delay 20ms'")
    .option('--flow <match>', 'which packets the flags below meet (without it: all IP packets)')
    .option('--loss <value>', 'loss, such as 0.5%', many)
    .option('--delay <value>', 'one-way delay, such as 20ms', many)
    .option('--rtt <value>', 'delay, half of it in each direction')
    .option('--jitter <value>', 'variation of the delay, such as 5ms', many)
    .addOption(new Option('--partition [value]', 'drop everything').argParser(many).preset('drop'))
    .option('--dev <name>', 'device (without it: those of the default routes)', many)
    .option('--netns <netns>', 'network namespace: NAME of ip netns, PATH, or process id')
    .option('--seed <text>', 'seed of all randomness (without it: a random one, shown)')
    .option('--name <name>', 'name of the instance (without it: n1, n2 …)')
    .option('--for <duration>', 'stop by itself, such as 60s')
    .option('--include-ssh', 'impair the SSH connection that started it, too')
    .option('--memory <size>', 'memory for packets that are held (without it: 256MiB)')
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
    const request = await readRequest(lines, flags);
    const { requireForUp } = await import('../host/requirements.js');
    requireForUp();
    if (flags.detach && reporter === null) return await upDetached(flags, context);
    const { runUp } = await import('./up-run.js');
    const { startInstance } = await import('../control/instance.js');
    const { serve } = await import('../control/server.js');
    return await runUp(request, {
      output: context.output,
      start: startInstance,
      serve,
      onSignal: context.onSignal,
      leave: context.leave,
      live: (line, instance) => reporter?.live({ line, status: instance.status() }),
    });
  } catch (error) {
    reporter?.failed(error);
    throw error;
  } finally {
    const { releaseNames } = await import('../control/runtime-dir.js');
    releaseNames();
  }
}

async function upDetached(flags: UpFlags, { output, onSignal }: Context): Promise<ExitCode> {
  const { startDetached } = await import('./detach.js');
  const { line, status }: { line: string; status: InstanceStatus } = await startDetached(onSignal);
  if (flags.json) {
    output.complain(line);
    output.print(JSON.stringify(status));
  } else {
    output.print(line);
  }
  return 0;
}

/** Checks everything that can be checked without touching the machine. */
async function readRequest(lines: readonly string[], flags: UpFlags): Promise<UpRequest> {
  const rules = await readRules(lines, flags);
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
      seed: flags.seed ?? null,
      name: flags.name ?? null,
      memoryBytes: await readMemory(flags.memory),
      includeSsh: flags.includeSsh ?? false,
    },
    durationMs: await readDurationMs(flags.for),
    json: flags.json ?? false,
  };
}

async function readRules(lines: readonly string[], flags: UpFlags): Promise<readonly Rule[]> {
  const { flow, loss, delay, rtt, jitter, partition } = flags;
  const ruleFlags: RuleFlags = { flow, loss, delay, rtt, jitter, partition };
  const hasFlags = Object.values(ruleFlags).some((value) => value !== undefined);
  if (lines.length === 0 && !hasFlags) {
    throw usageError(
      'E_NO_RULE',
      'up needs a rule: which packets meet what',
      "netemu up --flow udp:53 --loss 0.5%\nnetemu up 'udp:53 loss 0.5%' 'tcp:443 delay 20ms'",
    );
  }
  const { readRuleArguments } = await import('./rule-arguments.js');
  const { nameRules, ruleFromFlags } = await import('../rules/parse.js');
  if (!hasFlags) return nameRules(readRuleArguments(lines, 'netemu up', RULES_MAX));
  const { refuseMixed } = await import('./rule-arguments.js');
  refuseMixed(lines, ruleFlags);
  const rules = readRuleArguments(lines, 'netemu up', RULES_MAX - 1);
  return nameRules([...rules, ruleFromFlags(ruleFlags)]);
}

async function readMemory(text: string | undefined): Promise<number> {
  if (text === undefined) return MEMORY_BYTES_DEFAULT;
  const { withSource } = await import('../rules/problem.js');
  const { parseSize } = await import('../rules/units.js');
  const bytes = withSource({ text, flag: '--memory' }, () => parseSize(text));
  const { totalmem } = await import('node:os');
  if (bytes < MEMORY_BYTES_MIN) {
    throw usageError('E_MEMORY', `--memory ${text}: 16mib is the least it can work with`);
  }
  if (bytes > totalmem()) {
    const megabytes = Math.floor(totalmem() / 1e6);
    throw usageError('E_MEMORY', `--memory ${text}: this machine has ${megabytes}mb`);
  }
  const { constants } = await import('node:buffer');
  if (bytes > constants.MAX_LENGTH) {
    const gib = Math.floor(constants.MAX_LENGTH / 2 ** 30);
    throw usageError('E_MEMORY', `--memory ${text}: ${gib}gib is the most that fits one buffer`);
  }
  return bytes;
}

async function readDurationMs(text: string | undefined): Promise<number | null> {
  if (text === undefined) return null;
  const { withSource } = await import('../rules/problem.js');
  const { parseDuration } = await import('../rules/units.js');
  const ns = withSource({ text, flag: '--for' }, () => parseDuration(text, 's'));
  if (ns === 0) throw usageError('E_FOR', `--for ${text}: it would end before it begins`);
  return ns / 1e6;
}
