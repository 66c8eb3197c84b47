/**
 * What `netemu gradient` is asked for: its flags, checked as far as that goes without touching the machine.
 */

import { randomBytes } from 'node:crypto';
import { checkDevices, checkNetns } from '../control/preflight.js';
import { usageError } from '../errors.js';
import { DEMO, DEMO_ADDRESS, DEMOS, type Demo, demoRule } from '../gradient/demo.js';
import { type Ladder, readLadder } from '../gradient/ladder.js';
import type { LinkRequest } from '../gradient/link.js';
import type { ProbeRequest } from '../gradient/probe/probe.js';
import { commandRequest, readProbe, serverMatch } from '../gradient/probe/probe-url.js';
import { ORDERS, type Order, type Place } from '../gradient/result.js';
import { checkCommand } from '../host/executable.js';
import { chooseUser } from '../host/user.js';
import { didYouMean } from '../rules/suggest.js';
import { DiskFiles } from './disk-files.js';
import { readCount, readDurationMs, readMemory, readShare } from './option-values.js';
import { readGivenRules } from './rule-arguments.js';
import { MTU_DEFAULT } from './run.js';

/** Beside those of `addImpairmentFlags`. */
export interface GradientFlags {
  readonly file?: string[];
  readonly steps?: string;
  readonly probe?: string;
  readonly demo?: string | true;
  readonly count?: string;
  readonly duration?: string;
  readonly precision?: string;
  readonly repeat?: string;
  readonly order?: string;
  readonly warmup?: string;
  readonly timeout?: string;
  readonly independent?: boolean;
  readonly seed?: string;
  readonly assert?: string[];
  readonly out?: string;
  readonly plan?: boolean;
  readonly json?: boolean;
  readonly dev?: string[];
  readonly netns?: string;
  readonly includeSsh?: boolean;
  readonly run?: boolean;
  readonly private?: boolean;
  readonly uplink?: string[];
  readonly user?: string;
  readonly name?: string;
  readonly offload?: boolean;
  readonly memory?: string;
}

export interface GradientRequest {
  readonly ladder: Ladder;
  /** Text of the rule without its stepped part. */
  readonly rule: string;
  readonly probe: ProbeRequest;
  /** Then the probe's address is known when the link is there. */
  readonly demo: Demo | null;
  readonly link: LinkRequest;
  readonly place: Place;
  readonly rounds: number;
  readonly order: Order;
  readonly seed: string;
  readonly paired: boolean;
  /** At most one of the three is given. */
  readonly count: number | null;
  readonly durationMs: number | null;
  readonly precision: number | null;
  readonly warmupMs: number;
  readonly assertions: readonly string[];
  /** Null: a name with date and time. */
  readonly directory: string | null;
  readonly planOnly: boolean;
  readonly json: boolean;
  /** One line each. */
  readonly warnings: readonly string[];
}

const LADDER_DEFAULT = 'loss 0.1%,0.5%,1%,2.5%,5%';
const ROUNDS_MAX = 1_000;
const COUNT_MAX = 1_000_000;
const WARMUP_MS = 2_000;
const TIMEOUT_MS = 60_000;

/** Errors: E_USAGE, E_PROBE, E_STEPS, those of rules and of values. */
export async function readGradient(
  lines: readonly string[],
  flags: GradientFlags,
  command: readonly string[] | null,
): Promise<GradientRequest> {
  const demo = readDemo(flags, lines, command);
  const probe = demo?.probe(DEMO_ADDRESS) ?? (await readTheProbe(flags, command));
  const steps = flags.steps ?? LADDER_DEFAULT;
  const ownRule = demo === null ? serverMatch(probe) : demoRule(demo, steps);
  const { base, warnings } = await readBase(lines, flags, ownRule ?? 'any');
  const ladder = readLadder(steps, base, new DiskFiles());
  const { link, place } = await readPlace(flags, demo !== null);
  const durationMs = await readDurationMs(flags.duration, '--duration');
  const count = readCount(flags.count, '--count', COUNT_MAX);
  const precision = await readShare(flags.precision, '--precision');
  refuseTwo({ '--count': count, '--duration': durationMs, '--precision': precision });
  const isSized = durationMs !== null || count !== null || precision !== null;
  return {
    ladder,
    rule: base,
    probe,
    demo,
    link,
    place,
    rounds: readCount(flags.repeat, '--repeat', ROUNDS_MAX) ?? 1,
    order: readOrder(flags.order),
    seed: link.options.seed!,
    paired: flags.independent !== true,
    count: isSized ? count : (demo?.count ?? null),
    durationMs,
    precision,
    warmupMs: (await readDurationMs(flags.warmup, '--warmup', true)) ?? WARMUP_MS,
    assertions: flags.assert ?? [],
    directory: flags.out ?? null,
    planOnly: flags.plan ?? false,
    json: flags.json ?? false,
    warnings,
  };
}

function readDemo(
  flags: GradientFlags,
  lines: readonly string[],
  command: readonly string[] | null,
): Demo | null {
  if (flags.demo === undefined) return null;
  const name = flags.demo === true ? 'dns' : flags.demo.toLowerCase();
  const demo = DEMOS.find((each) => each === name);
  if (demo === undefined) {
    const hint = didYouMean(name, DEMOS);
    throw usageError('E_USAGE', `--demo ${name}: there are ${DEMOS.join(', ')}${hint}`);
  }
  const others = ['probe', 'dev', 'netns', 'run', 'private', 'uplink', 'flow', 'timeout'] as const;
  const options: Readonly<Record<string, unknown>> = { ...flags };
  const other = others.find((flag) => options[flag] !== undefined);
  const what = other === undefined ? (lines[0] ?? command?.[0]) : `--${other}`;
  if (what === undefined) return DEMO[demo];
  const mend = `netemu gradient --demo ${name} --steps 'loss 1%,10%'`;
  throw usageError('E_USAGE', `--demo brings its own network and probe, beside "${what}"`, mend);
}

async function readTheProbe(
  { probe, timeout }: GradientFlags,
  command: readonly string[] | null,
): Promise<ProbeRequest> {
  const mend =
    'netemu gradient --demo\nnetemu gradient --probe dns://192.0.2.53/example.com\n' +
    'netemu gradient -- ./build/client';
  if (probe !== undefined && command !== null) {
    throw usageError('E_USAGE', 'there is a probe and a command: which of the two?', mend);
  }
  if (probe !== undefined) {
    if (timeout === undefined) return readProbe(probe);
    const where = probe.startsWith('http') ? '#timeout=5s' : '?timeout=5s';
    throw usageError('E_USAGE', '--timeout is for commands; a probe has its own', probe + where);
  }
  if (command === null || command.length === 0) {
    throw usageError('E_NO_PROBE', 'gradient needs a probe, or a command behind --', mend);
  }
  checkCommand(command[0]!);
  const timeoutMs = (await readDurationMs(timeout, '--timeout')) ?? TIMEOUT_MS;
  return commandRequest(command, timeoutMs);
}

/** The rule of all steps; where none is given, `unless`. */
async function readBase(
  lines: readonly string[],
  flags: GradientFlags,
  unless: string,
): Promise<{ base: string; warnings: readonly string[] }> {
  if (flags.file !== undefined) {
    throw usageError(
      'E_USAGE',
      '--file says many rules, and a ladder has one',
      "'udp:53 delay 20ms'",
    );
  }
  const given = await readGivenRules({ lines, options: { ...flags }, command: 'netemu gradient' });
  if (given === null) return { base: unless, warnings: [] };
  const { rules, warnings } = given;
  if (rules.length > 1) {
    const mend = `netemu gradient '${rules[0]!.text}' --steps …`;
    throw usageError('E_USAGE', `a ladder has one rule, and there are ${rules.length}`, mend);
  }
  return { base: rules[0]!.text, warnings };
}

async function readPlace(
  flags: GradientFlags,
  isDemo: boolean,
): Promise<{ link: LinkRequest; place: Place }> {
  const isRun = isDemo || flags.run === true;
  refuseMisplaced(flags, isRun);
  const user = chooseUser(flags.user ?? null);
  if (flags.name !== undefined) {
    const { checkName } = await import('../control/runtime-dir.js');
    checkName(flags.name);
  }
  const common = {
    seed: flags.seed ?? randomBytes(4).toString('hex'),
    name: flags.name ?? null,
    memoryBytes: await readMemory(flags.memory),
    offload: flags.offload ?? true,
  };
  const isPrivate = isDemo || (flags.private ?? false);
  if (isRun) {
    const uplinks = [...new Set(flags.uplink ?? [])];
    const options = { ...common, user, isPrivate, uplinks, mtu: MTU_DEFAULT };
    const kind = isDemo ? 'demo' : 'run';
    return {
      link: { kind: 'run', options },
      place: { kind, devices: [], netns: null, isPrivate },
    };
  }
  const devices = [...new Set(flags.dev ?? [])];
  const netns = flags.netns ?? null;
  if (netns === null) checkDevices(devices);
  else checkNetns(netns);
  const options = { ...common, devices, netns, includeSsh: flags.includeSsh ?? false };
  return {
    link: { kind: 'up', user, options },
    place: { kind: 'up', devices, netns, isPrivate: false },
  };
}

/** Flags of `up` beside those of `run` would be ignored. */
function refuseMisplaced(flags: GradientFlags, isRun: boolean): void {
  const options: Readonly<Record<string, unknown>> = { ...flags };
  const ofOther = isRun
    ? { dev: '--dev', netns: '--netns', includeSsh: '--include-ssh' }
    : { private: '--private', uplink: '--uplink' };
  const found = Object.entries(ofOther).find(([key]) => options[key] !== undefined);
  if (found === undefined) return;
  const what = isRun ? 'is of devices that are there, and --run makes its own' : 'is of --run';
  throw usageError('E_USAGE', `${found[1]} ${what}`);
}

function readOrder(text: string | undefined): Order {
  const word = text?.toLowerCase() ?? 'ramp';
  const found = ORDERS.find((order) => order === word);
  if (found !== undefined) return found;
  const hint = didYouMean(word, ORDERS);
  throw usageError('E_USAGE', `--order ${text}: there are ${ORDERS.join(', ')}${hint}`);
}

function refuseTwo(sizes: Readonly<Record<string, number | null>>): void {
  const given = Object.keys(sizes).filter((name) => sizes[name] !== null);
  if (given.length < 2) return;
  throw usageError('E_USAGE', `${given.join(' and ')} say the same thing in two ways: give one`);
}
