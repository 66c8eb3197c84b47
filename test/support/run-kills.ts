/**
 * Kills `netemu run` at moments drawn from a seed, at its main process, its guardian, its command or
 * several of them, and looks what is left: in the kernel's state of the caller's namespace, and of processes.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import seedrandom from 'seedrandom';
import { differences, readKernelState } from './kernel-watch.js';
import { leftFiles } from './left-files.js';
import { type Finished, NetnsLab, type Running } from './netns-lab.js';
import { becomes, childrenOf, commandLine, isGone, signal } from './processes.js';
import { BEGUN, Runs } from './run-lab.js';

const KINDS = ['main', 'guardian', 'both', 'command', 'all', 'ending', 'terminate'] as const;

export interface RunKill {
  readonly number: number;
  readonly kind: (typeof KINDS)[number];
  /** 0: at once after the spawn; 1: when the command begins; above: later. */
  readonly moment: number;
}

const MOMENT_MAX = 1.4;
const PATIENCE_MS = 20_000;

/** What main leaves to its guardian takes milliseconds; a busy machine, a little longer. */
const CLEAN_MS = 5_000;

export function planRunKills(count: number, seed: string): RunKill[] {
  const random = seedrandom(seed);
  return Array.from({ length: count }, (_, number) => ({
    number,
    kind: KINDS[number % KINDS.length]!,
    moment: random() * MOMENT_MAX,
  }));
}

export interface RunKillResult {
  readonly kill: RunKill;
  readonly momentMs: number;
  readonly end: string;
  readonly faults: readonly string[];
}

export class RunKillGround {
  readonly #lab = new NetnsLab();
  readonly #runs = new Runs(this.#lab);
  #before = '';
  #startTookMs = 0;

  static async open(): Promise<RunKillGround> {
    const ground = new RunKillGround();
    ground.#before = await readKernelState(ground.#lab.near);
    const startMs = performance.now();
    const run = ground.#start('main');
    await run.printed(BEGUN);
    ground.#startTookMs = performance.now() - startMs;
    await run.end();
    return ground;
  }

  close(): Promise<void> {
    return this.#lab.close();
  }

  async run(kill: RunKill): Promise<RunKillResult> {
    const faults: string[] = [];
    const running = this.#start(kill.kind);
    const momentMs = await this.#awaitMoment(kill, running);
    const guardian = guardianOf(running);
    // While a process becomes another program it has no arguments, and is not found.
    const hasStruck = () => this.#strike(kill, running, guardian);
    if (kill.kind === 'command') await becomes(hasStruck, PATIENCE_MS);
    else hasStruck();
    if (kill.kind === 'guardian' && guardian !== null) {
      // Another one takes its place, and the run goes on.
      const isFollowed = await becomes(
        () => !running.isRunning || (guardianOf(running) ?? guardian) !== guardian,
        PATIENCE_MS,
      );
      if (!isFollowed) faults.push('the guardian has no successor');
      await running.printed(BEGUN).catch(() => {});
      running.child.kill('SIGTERM');
    }
    const end = await Promise.race([running.finished, sleep(PATIENCE_MS, null, { ref: false })]);
    if (end === null) {
      await running.end('SIGKILL');
      return { kill, momentMs, end: 'none', faults: ['it has not ended'] };
    }
    if (/^ {4}at |E_INTERNAL|Error:/m.test(end.stderr)) faults.push(end.stderr);
    const expected = expectedSignal(kill.kind);
    // Who was struck too late had ended by itself.
    const isLate = kill.kind === 'ending' && end.signal === 'SIGTERM';
    if (end.signal !== expected && !isLate) {
      faults.push(`ended by ${end.signal ?? end.code}, not ${expected}`);
    }
    // Whoever kills main and guardian at once leaves the setting to the next command.
    const unguarded = ['both', 'all'].includes(kill.kind);
    if (unguarded) await this.#lab.netemu('ps').succeeded();
    if (!(await becomes(async () => (await this.#changes()) === '', CLEAN_MS))) {
      faults.push(`not as before:\n${await this.#changes()}`);
    }
    if (!(await becomes(() => this.#left().length === 0, CLEAN_MS))) {
      faults.push(`processes are left: ${this.#left().map(commandLine).join('; ')}`);
      for (const pid of this.#left()) signal(pid, 'SIGKILL');
    }
    return { kill, momentMs, end: endOf(end), faults };
  }

  /** Stale files, which the next command clears. */
  async leftFiles(): Promise<string[]> {
    await this.#lab.netemu('ps').succeeded();
    return leftFiles(this.#lab);
  }

  /** The guardian ends what the command has started; without it, only the command itself is bound. */
  #start(kind: RunKill['kind']): Running {
    const script =
      kind === 'main' || kind === 'ending' ? 'sleep 1000 & exec sleep 1000' : 'exec sleep 1000';
    return this.#runs.start('--delay', '1ms', '--', 'sh', '-c', script);
  }

  async #awaitMoment({ kind, moment }: RunKill, running: Running): Promise<number> {
    const startMs = performance.now();
    if (kind === 'ending') {
      await running.printed(BEGUN);
      running.child.kill('SIGTERM');
      await sleep(moment * 0.1 * this.#startTookMs);
    } else {
      await sleep(moment * this.#startTookMs);
    }
    if (kind === 'guardian') await becomes(() => guardianOf(running) !== null, PATIENCE_MS);
    return Math.round(performance.now() - startMs);
  }

  /** Whether there was something to strike. */
  #strike({ kind }: RunKill, running: Running, guardian: number | null): boolean {
    const guardians = guardian === null ? [] : [guardian];
    const command = commandOf(running);
    const commands = command === null ? [] : [command];
    const targets = {
      main: [running.pid],
      guardian: guardians,
      both: [...guardians, running.pid],
      command: commands,
      all: [running.pid, ...guardians, ...commands],
      ending: [running.pid],
      terminate: [running.pid],
    }[kind];
    for (const pid of targets) signal(pid, kind === 'terminate' ? 'SIGTERM' : 'SIGKILL');
    return targets.length > 0;
  }

  async #changes(): Promise<string> {
    return differences(this.#before, await readKernelState(this.#lab.near));
  }

  /** Processes in the caller's namespace, and those that the run has started in its own. */
  #left(): number[] {
    const mark = `NETEMU_RUNTIME_DIR=${this.#lab.runtimeDir}`;
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    const marked = pids.filter((pid) => environmentOf(pid).includes(mark)).map(Number);
    return [...new Set([...this.#lab.pids(this.#lab.near), ...marked])].filter(
      (pid) => !isGone(pid),
    );
  }
}

export function runKillLine({ kill, momentMs, end, faults }: RunKillResult): string {
  const said = faults.map((fault) => `\n  FAULT ${fault}`).join('');
  return `kill ${kill.number}: ${kill.kind} at ${momentMs} ms; ${end}${said}`;
}

function guardianOf(running: Running): number | null {
  return childOf(running, /netemu-guardian/);
}

function commandOf(running: Running): number | null {
  return childOf(running, /^(?:(?:setpriv|unshare|sh) .*)?sleep 1000/s);
}

function childOf({ pid }: Running, words: RegExp): number | null {
  return childrenOf(pid).find((child) => words.test(commandLine(child))) ?? null;
}

function expectedSignal(kind: RunKill['kind']): NodeJS.Signals {
  return kind === 'guardian' || kind === 'terminate' ? 'SIGTERM' : 'SIGKILL';
}

function endOf({ code, signal: name, stderr }: Finished): string {
  return `${name ?? `exit ${code}`} "${stderr.trim().split('\n')[0]}"`;
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return '';
  }
}
