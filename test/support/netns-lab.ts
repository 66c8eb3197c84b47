/**
 * Two throw-away network namespaces joined by a veth, `near` (where netemu runs) and `far`, with
 * programs in them. `close` ends every process that was started here and removes the namespaces.
 *
 *     near: v0 198.18.N.1/24 fd00:N::1/64  ══════  far: v1 198.18.N.2/24 fd00:N::2/64
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceStatus } from '../../src/control/types.js';

export const NETEMU = resolve('dist/cli/main.js');
export const PROGRAMS = resolve('test/live/programs');

const PATIENCE_MS = 20_000;
const POLL_MS = 5;

let labsMade = 0;

/** Namespaces that are still there, for a worker that ends before its tests could clean up. */
const openNamespaces = new Set<string>();
process.once('exit', () => {
  for (const namespace of openNamespaces) {
    try {
      const pids = ip('netns', 'pids', namespace).split('\n').filter(Boolean);
      for (const pid of pids) killQuietly(Number(pid));
      ip('netns', 'del', namespace);
    } catch {
      // One that cannot be removed must not keep the others.
    }
  }
});

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A started program with what it has printed so far. */
export class Running {
  stdout = '';
  stderr = '';
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.on('data', (text) => {
      this.stdout += text;
    });
    child.stderr?.on('data', (text) => {
      this.stderr += text;
    });
    this.finished = new Promise((resolveFinished) => {
      child.once('close', (code, signal) => {
        resolveFinished({ code, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Waits until the program has printed the pattern, on either stream. */
  async printed(pattern: RegExp, patienceMs = PATIENCE_MS): Promise<RegExpExecArray> {
    const giveUpMs = performance.now() + patienceMs;
    for (;;) {
      const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
      if (match) return match;
      if (!this.isRunning || performance.now() > giveUpMs) {
        throw new Error(`${pattern} was not printed:\n${this.stdout}\n${this.stderr}`);
      }
      await sleep(POLL_MS);
    }
  }

  /** Waits for the end, which must be a good one, and returns what was printed. */
  async succeeded(): Promise<string> {
    const { code, signal, stdout, stderr } = await this.finished;
    if (code === 0) return stdout;
    throw new Error(`${this.child.spawnargs.join(' ')} ended with ${code ?? signal}:\n${stderr}`);
  }

  /** Sends the signal and waits for the end. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<Finished> {
    if (this.isRunning) this.child.kill(signal);
    return this.finished;
  }
}

export class NetnsLab {
  readonly near: string;
  readonly far: string;
  readonly near4: string;
  readonly far4: string;
  readonly near6: string;
  readonly far6: string;
  readonly runtimeDir = mkdtempSync(join(tmpdir(), 'netemu-test-'));
  readonly #started: Running[] = [];
  readonly #variables: Record<string, string> = {};

  constructor() {
    const number = ++labsMade;
    const id = `ne${process.pid}x${number}`;
    this.near = `${id}a`;
    this.far = `${id}b`;
    const net4 = `198.18.${number % 250}`;
    const net6 = `fd00:6e65:${number.toString(16)}:`;
    this.near4 = `${net4}.1`;
    this.far4 = `${net4}.2`;
    this.near6 = `${net6}:1`;
    this.far6 = `${net6}:2`;
    for (const namespace of [this.near, this.far]) {
      ip('netns', 'add', namespace);
      openNamespaces.add(namespace);
      // Else the link-local addresses change state a second later, on their own.
      this.sysctl(namespace, 'net.ipv6.conf.default.accept_dad', 0);
    }
    // Of two ends with the same index the kernel would take its time, up to a second, to notice that
    // they are up (linkwatch_urgent_event).
    const far = ['peer', 'name', 'v1', 'index', '11', 'netns', this.far];
    ip('link', 'add', 'v0', 'index', '10', 'netns', this.near, 'type', 'veth', ...far);
    this.#addressEnd(this.near, 'v0', this.near4, this.near6);
    this.#addressEnd(this.far, 'v1', this.far4, this.far6);
    // IPv6 works when the kernel has noticed that the links are up.
    for (const address of [this.far4, this.far6]) {
      this.run(this.near, 'ping', '-n', '-q', '-i', '0.05', '-c', '1', '-w', '10', address);
    }
  }

  #addressEnd(namespace: string, device: string, address4: string, address6: string): void {
    ip('-n', namespace, 'addr', 'add', `${address4}/24`, 'dev', device);
    ip('-n', namespace, 'addr', 'add', `${address6}/64`, 'dev', device, 'nodad');
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
    ip('-n', namespace, 'link', 'set', device, 'up');
  }

  /** Runs a program in a namespace to its end and returns what it printed; throws when it fails. */
  run(namespace: string, program: string, ...args: string[]): string {
    return execFileSync('ip', ['netns', 'exec', namespace, program, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
    });
  }

  sysctl(namespace: string, key: string, value: number): void {
    this.run(namespace, 'sysctl', '-qw', `${key}=${value}`);
  }

  start(namespace: string, program: string, ...args: string[]): Running {
    // nsenter, not `ip netns exec`: the program itself is the child that gets our signals.
    const child = spawn('nsenter', [`--net=/run/netns/${namespace}`, program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: this.environment(this.#variables),
    });
    return this.watch(child);
  }

  /** The same with a standard input that the test writes to: for programs that are told what to do. */
  startTalking(namespace: string, program: string, ...args: string[]): Running {
    const child = spawn('nsenter', [`--net=/run/netns/${namespace}`, program, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: this.environment(this.#variables),
    });
    return this.watch(child);
  }

  /** The processes in a namespace. */
  pids(namespace: string): number[] {
    return ip('netns', 'pids', namespace).split('\n').filter(Boolean).map(Number);
  }

  /** Starts a script of test/live/programs in a namespace. */
  program(namespace: string, name: string, ...args: (string | number)[]): Running {
    return this.start(namespace, process.execPath, join(PROGRAMS, name), ...args.map(String));
  }

  /** Starts `netemu` with the arguments in the near namespace. */
  netemu(...args: string[]): Running {
    return this.start(this.near, process.execPath, NETEMU, ...args);
  }

  /** Starts `netemu up`, on v0 when no --dev is given, and waits until the path is live. */
  async up(...args: string[]): Promise<Running> {
    const device = args.includes('--dev') ? [] : ['--dev', 'v0'];
    const running = this.netemu('up', ...device, ...args);
    await running.printed(/^netemu \S+ up.*\n/m);
    return running;
  }

  /** What `netemu status NAME --json` prints. */
  async status(name = 'n1'): Promise<InstanceStatus> {
    return JSON.parse(await this.netemu('status', name, '--json').succeeded());
  }

  /** The same, straight from the instance's socket: for taking many samples. */
  async statusSample(name = 'n1'): Promise<InstanceStatus> {
    const socketPath = join(this.runtimeDir, `${name}.sock`);
    return new Promise((resolveStatus, reject) => {
      const get = request({ socketPath, path: '/status', agent: false }, (response) => {
        json(response).then((status) => resolveStatus(status as InstanceStatus), reject);
      });
      get.once('error', (error) => reject(new Error(`${error}\n${this.#failures()}`))).end();
    });
  }

  /** What programs that have ended badly said: an instance that is not there may be one of them. */
  #failures(): string {
    const failed = this.#started.filter(({ child }) => (child.exitCode ?? 0) !== 0);
    return failed.map(({ child, stderr }) => `${child.spawnargs.join(' ')}:\n${stderr}`).join('\n');
  }

  /** Waits for a status with the property, such as that all packets sent have been seen. */
  async statusWhen(
    condition: (status: InstanceStatus) => boolean,
    name = 'n1',
    patienceMs = PATIENCE_MS,
  ): Promise<InstanceStatus> {
    const giveUpMs = performance.now() + patienceMs;
    for (;;) {
      const status = await this.statusSample(name);
      if (condition(status)) return status;
      if (performance.now() > giveUpMs) {
        throw new Error(`${condition} did not come true:\n${JSON.stringify(status, null, 1)}`);
      }
      await sleep(POLL_MS);
    }
  }

  /** `netemu set NAME RULE...` */
  async set(name: string, ...rules: string[]): Promise<void> {
    await this.netemu('set', name, ...rules).succeeded();
  }

  /** What a started program finds in its environment besides our own. */
  setVariable(name: string, value: string): void {
    this.#variables[name] = value;
  }

  watch(child: ChildProcess): Running {
    const running = new Running(child);
    this.#started.push(running);
    return running;
  }

  environment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
    return { ...process.env, NETEMU_RUNTIME_DIR: this.runtimeDir, ...extra };
  }

  async close(): Promise<void> {
    for (const running of this.#started) {
      if (!running.isRunning) continue;
      running.child.kill('SIGCONT');
      await running.end('SIGKILL');
    }
    for (const namespace of [this.near, this.far]) {
      ip('netns', 'del', namespace);
      openNamespaces.delete(namespace);
    }
    rmSync(this.runtimeDir, { recursive: true, force: true });
  }
}

export function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
