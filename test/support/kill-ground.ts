/**
 * Where `netemu up` is killed: a lab with an echo behind it, watched all the time, and the state of
 * the kernel as it was before. One run starts an instance that cuts the echo off, strikes, and finds
 * out when the echo answers again, when the kernel's state is as before, and how it all ended.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { differences, readKernelState } from './kernel-watch.js';
import type { Kill } from './kill-plan.js';
import { type Finished, NetnsLab, PROGRAMS, type Running } from './netns-lab.js';
import { becomes, commandLine, guardianOf, isGone, signal } from './processes.js';
import { startEcho } from './traffic.js';

const ECHO_PORT = 7;

/** After a kill -9 or SIGSTOP the traffic flows untouched within 2 s. */
export const PROMISE_MS = 2_000;
/** What a busy machine may take on top of it. */
export const SLACK_MS = 3_000;

/** A stopped guardian is noticed after 2 × GUARDIAN_PATIENCE_MS; the promise does not hold for it. */
const STOPPED_GUARDIAN_MS = 2_600;

/** For what has no promise: that a process comes or goes at all. */
const PATIENCE_MS = 20_000;

/** Ending takes about this share of the time that starting takes. */
const ENDING_SHARE = 0.6;

export interface KillResult {
  readonly kill: Kill;
  readonly momentMs: number;
  /** How far it had come when it was struck. */
  readonly phase: 'starting' | 'guarded' | 'live' | 'ending';
  /** When, after the strike, the last packet was lost; −1: none was. */
  readonly impairedMs: number;
  /** When, after the strike, the state of the kernel was as before. */
  readonly cleanMs: number;
  readonly end: string;
  /** Empty when all is as it should be. */
  readonly faults: readonly string[];
}

export class KillGround {
  readonly #lab: NetnsLab;
  readonly #watch: Running;
  readonly #before: string;
  /** Our own processes in the namespace. */
  readonly #residents: ReadonlySet<number>;

  private constructor(lab: NetnsLab, watch: Running, before: string) {
    this.#lab = lab;
    this.#watch = watch;
    this.#before = before;
    this.#residents = new Set([watch.pid]);
  }

  static async open(): Promise<KillGround> {
    const lab = new NetnsLab();
    try {
      await startEcho(lab, lab.far, lab.far4, ECHO_PORT);
      const watch = lab.startTalking(
        lab.near,
        process.execPath,
        join(PROGRAMS, 'udp-watch.mjs'),
        lab.far4,
        String(ECHO_PORT),
      );
      await watch.printed(/ready/);
      return new KillGround(lab, watch, await readKernelState(lab.near));
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#lab.close();
  }

  /** Milliseconds from the spawn until the path is live. */
  async measureStart(): Promise<number> {
    const startMs = performance.now();
    const instance = this.#start();
    await instance.printed(/ up on /);
    const tookMs = performance.now() - startMs;
    await instance.end();
    return tookMs;
  }

  /** What is left of the instances when all are gone: stale files, which the next command clears. */
  async leftFiles(): Promise<string[]> {
    await this.#lab.netemu('ps').succeeded();
    return readdirSync(this.#lab.runtimeDir).filter((file) => file !== 'lock');
  }

  async run(kill: Kill, startTookMs: number): Promise<KillResult> {
    const instance = this.#start();
    const momentMs = await this.#awaitMoment(kill, startTookMs, instance);
    this.#tellWatch('start');
    const phase = phaseOf(kill, instance);
    const guardian = guardianOf(instance.pid);
    const strikeMs = performance.now();
    const faults: string[] = [];
    const fault = (what: string) => void faults.push(what);

    strike(kill, instance, guardian);
    const isStopped = kill.kind === 'stop main';
    const finished = isStopped ? null : await this.#finished(instance, fault);
    const promiseMs = promisedMs(kill);
    const cleanMs = await this.#cleanAfter(strikeMs, promiseMs + SLACK_MS);
    if (cleanMs === null) fault(`not as before:\n${await this.#changes()}`);

    // What a dying instance still had asked its guardian for may come after that.
    const keep = isStopped ? [instance.pid] : [];
    if (!(await becomes(() => this.#strangers(keep).length === 0, PATIENCE_MS))) {
      fault(`processes are left: ${this.#strangers(keep).map(commandLine).join('; ')}`);
    }
    const changes = await this.#changes();
    if (changes !== '' && cleanMs !== null) fault(`no longer as before:\n${changes}`);
    const { impairedMs } = await this.#watched();
    if (impairedMs > promiseMs + SLACK_MS) fault(`traffic impaired for ${impairedMs} ms`);

    const end = finished ?? (await this.#resume(instance, phase, fault));
    for (const wrong of wrongEnd(kill, phase, end)) fault(wrong);
    return { kill, momentMs, phase, impairedMs, cleanMs: cleanMs ?? -1, end: endOf(end), faults };
  }

  #start(): Running {
    return this.#lab.netemu('up', '--dev', 'v0', '--flow', `udp:${ECHO_PORT}`, '--partition');
  }

  /** Waits until it is time to strike; returns the milliseconds since the spawn. */
  async #awaitMoment(kill: Kill, startTookMs: number, instance: Running): Promise<number> {
    const startMs = performance.now();
    const share = kill.moment * startTookMs;
    if (kill.kind === 'kill ending') {
      await instance.printed(/ up on /);
      instance.child.kill('SIGTERM');
      await sleep(share * ENDING_SHARE);
    } else if (kill.moment > 1) {
      await instance.printed(/ up on /);
      await sleep(share - startTookMs);
    } else {
      await sleep(share);
    }
    const needsGuardian = kill.kind === 'kill guardian' || kill.kind === 'stop guardian';
    if (needsGuardian) await becomes(() => guardianOf(instance.pid) !== null, PATIENCE_MS);
    return Math.round(performance.now() - startMs);
  }

  async #finished(instance: Running, fault: (what: string) => void): Promise<Finished> {
    const ended = await Promise.race([instance.finished, sleep(PATIENCE_MS, null, { ref: false })]);
    if (ended) return ended;
    fault(`has not ended after ${PATIENCE_MS} ms`);
    return instance.end('SIGKILL');
  }

  /** A stopped instance goes on, and ends with what it finds unless it had not begun. */
  async #resume(
    instance: Running,
    phase: KillResult['phase'],
    fault: (what: string) => void,
  ): Promise<Finished> {
    const wasLive = phase === 'live';
    instance.child.kill('SIGCONT');
    if (!wasLive) {
      const live = () => !instance.isRunning || / up on /.test(instance.stdout);
      await becomes(live, PATIENCE_MS);
      if (instance.isRunning) instance.child.kill('SIGTERM');
    }
    const end = await this.#finished(instance, fault);
    const changes = await this.#changes();
    if (changes !== '') fault(`not as before when it had gone on:\n${changes}`);
    return end;
  }

  async #changes(): Promise<string> {
    return differences(this.#before, await readKernelState(this.#lab.near));
  }

  async #cleanAfter(strikeMs: number, patienceMs: number): Promise<number | null> {
    for (;;) {
      const askedMs = Math.round(performance.now() - strikeMs);
      if ((await this.#changes()) === '') return askedMs;
      if (askedMs > patienceMs) return null;
    }
  }

  /** Processes in the namespace that are not the test's. */
  #strangers(besides: readonly number[]): number[] {
    return this.#lab
      .pids(this.#lab.near)
      .filter((pid) => !this.#residents.has(pid) && !besides.includes(pid) && !isGone(pid));
  }

  #tellWatch(line: string): void {
    this.#watch.stdout = '';
    this.#watch.child.stdin!.write(`${line}\n`);
  }

  async #watched(): Promise<{ sent: number; lost: number; impairedMs: number }> {
    this.#tellWatch('stop');
    const [line] = await this.#watch.printed(/^\{.*\}$/m);
    return JSON.parse(line);
  }
}

function phaseOf({ kind }: Kill, instance: Running): KillResult['phase'] {
  if (kind === 'kill ending') return 'ending';
  if (/ up on /.test(instance.stdout)) return 'live';
  return guardianOf(instance.pid) === null ? 'starting' : 'guarded';
}

function strike(kill: Kill, instance: Running, guardian: number | null): void {
  const guardians = guardian === null ? [] : [guardian];
  const both = kill.guardianFirst ? [...guardians, instance.pid] : [instance.pid, ...guardians];
  const targets = {
    'kill main': [instance.pid],
    'kill guardian': guardians,
    'kill both': both,
    'stop main': [instance.pid],
    'kill ending': kill.number % 2 === 0 ? [instance.pid] : both,
    'stop guardian': guardians,
    interrupt: [instance.pid],
    terminate: [instance.pid],
  }[kill.kind];
  const name =
    (
      {
        'stop main': 'SIGSTOP',
        'stop guardian': 'SIGSTOP',
        interrupt: 'SIGINT',
        terminate: 'SIGTERM',
      } as const
    )[kill.kind as string] ?? 'SIGKILL';
  for (const pid of targets) signal(pid, name);
}

function promisedMs({ kind }: Kill): number {
  return PROMISE_MS + (kind === 'stop guardian' ? STOPPED_GUARDIAN_MS : 0);
}

function endOf({ code, signal: name, stderr }: Finished): string {
  const said = stderr.trim().split('\n')[0];
  return `${name ?? `exit ${code}`}${said ? ` "${said}"` : ''}`;
}

/** What is wrong with the way in which the instance ended. */
function wrongEnd({ kind }: Kill, phase: KillResult['phase'], end: Finished): string[] {
  const { code, signal: name, stdout, stderr } = end;
  const wrong: string[] = [];
  if (/^ {4}at |Error:|E_INTERNAL/m.test(stderr)) wrong.push(`a stack or worse:\n${stderr}`);
  const hasLine = /^netemu: \S.*\n/.test(stderr);
  const failedClearly = code === 4 && hasLine;
  const endedWell = code === 0 && / down after /.test(stdout) && stderr === '';
  const expect = (isSo: boolean, what: string) => {
    if (!isSo) wrong.push(`ended with ${name ?? code}, expected ${what}:\n${stdout}${stderr}`);
  };
  switch (kind) {
    case 'kill main':
    case 'kill both':
      expect(name === 'SIGKILL', 'SIGKILL');
      break;
    case 'kill ending':
      expect(name === 'SIGKILL' || endedWell, 'SIGKILL or 0');
      break;
    case 'kill guardian':
    case 'stop guardian':
      expect(failedClearly, '4 and a line');
      break;
    case 'stop main':
      // Stopped before it had a guardian, it goes on as if nothing had been.
      if (phase === 'live') expect(failedClearly, '4 and a line');
      else expect(failedClearly || endedWell || name === 'SIGTERM', '4 and a line, or 0');
      break;
    case 'interrupt':
    case 'terminate': {
      // Before the program listens to signals, the kernel ends it.
      const byKernel = name === (kind === 'interrupt' ? 'SIGINT' : 'SIGTERM');
      const isEarly = phase === 'starting' && stdout === '';
      expect(endedWell || failedClearly || (byKernel && isEarly), '0, or 4 and a line');
      break;
    }
  }
  return wrong;
}
