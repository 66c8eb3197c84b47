/**
 * An instance of `netemu run`: an unnamed network namespace, a link of two TUNs with the emulator between
 * them, what makes its far end useful, and the command in the namespace. All of it is held by this process,
 * but the uplinks' forwarding, which the guardian puts back.
 */
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { type NetemuError, runtimeError } from '../errors.js';
import { startCommand } from '../host/command.js';
import type { Device } from '../host/devices.js';
import { firewallNotices } from '../host/firewalls.js';
import { endProcessesIn } from '../host/namespace-processes.js';
import { liveTables } from '../host/other-tables.js';
import { innerResolver } from '../host/resolver.js';
import { farName } from '../host/run-link.js';
import { shareForeground } from '../host/terminal.js';
import { findUplinks } from '../host/uplinks.js';
import { LinkType } from '../packet/link-layer.js';
import type { Recording } from '../pcap/recording/recording.js';
import type { Rule } from '../rules/rule.js';
import type { RuleSource } from '../rules/rule-source.js';
import { LivePath } from '../tun/live-path.js';
import { Lifecycle } from './lifecycle.js';
import { openRecording } from './record.js';
import { RunWay } from './run-way.js';
import { chooseName, ensureRuntimeDir, releaseName } from './runtime-dir.js';
import { withSetupLock } from './setup-lock.js';
import { trafficStatus } from './status-report.js';
import type { CommandEnd, InstanceStatus, RunningCommand, RunOptions } from './types.js';

const SEED_BYTES = 4;

/** A command that was asked to end is given so long. */
const COMMAND_PATIENCE_MS = 5_000;
/** What the command has left running, when it has ended. */
const REST_PATIENCE_MS = 2_000;

/** A loop that has not turned at so many beats hangs; counted, so that a paused machine ends nothing. */
const BEAT_MS = 200;
const UNTURNED_BEATS_MAX = 15;

/** Makes the instance and returns it when its path is live; the command is not started yet. */
export async function startRun(options: RunOptions): Promise<RunningCommand> {
  const uplinks = options.isPrivate ? [] : await findUplinks(options.uplinks);
  return withSetupLock(async () => {
    const { instances } = options.isPrivate ? { instances: [] } : await liveTables();
    const instance = new RunInstance(chooseName(options.name, instances), options, uplinks);
    try {
      await instance.open();
      return instance;
    } catch (error) {
      await instance.stop();
      throw error;
    }
  });
}

class RunInstance implements RunningCommand {
  readonly name: string;
  readonly seed: string;
  readonly pid = process.pid;
  readonly #options: RunOptions;
  readonly #uplinks: readonly Device[];
  #way: RunWay | null = null;
  #path: LivePath | null = null;
  #recording: Recording | null = null;
  #watch: NodeJS.Timeout | undefined;
  #command: ChildProcess | null = null;
  #commandEnd: Promise<CommandEnd> | null = null;
  #rules: readonly Rule[];
  readonly #life = new Lifecycle((hasFailed) => this.#takeAway(hasFailed ? 'SIGKILL' : 'SIGTERM'));
  #lastStatus: InstanceStatus | null = null;

  constructor(name: string, options: RunOptions, uplinks: readonly Device[]) {
    this.name = name;
    this.seed = options.seed ?? randomBytes(SEED_BYTES).toString('hex');
    this.#options = options;
    this.#uplinks = uplinks;
    this.#rules = options.rules;
  }

  get devices(): readonly string[] {
    return this.#options.isPrivate ? [] : [farName(this.name)];
  }

  get uplinks(): readonly string[] {
    return this.#uplinks.map(({ name }) => name);
  }

  /** Whoever calls it stops the instance when it fails. */
  open(): Promise<void> {
    return this.#life.open(() => this.#open());
  }

  async #open(): Promise<void> {
    const { isPrivate, mtu, offload, memoryBytes, notice } = this.#options;
    this.#way = await RunWay.open({
      instance: this.name,
      isPrivate,
      uplinks: this.#uplinks,
      mtu,
      offload,
      onUnguarded: (error) => this.#life.fail('E_GUARDIAN_DIED', error.message),
    });
    this.#recording = openRecording(this.#options, this.seed, this.#rules, [
      { name: this.#way.pair.name, linkType: LinkType.rawIp },
    ]);
    const notices = isPrivate ? [] : firewallNotices(farName(this.name)).catch(() => []);
    this.#path = await LivePath.start(
      {
        devices: [],
        pairs: [this.#way.pair],
        offload,
        rules: this.#rules,
        seed: this.seed,
        memoryBytes,
        instanceIndex: 0,
        mark: 0,
        ring: this.#recording?.ring ?? null,
      },
      {
        onLinkChange: () => {},
        onDevicePathGone: () => this.#life.fail('E_PATH_GONE', 'the link was taken away'),
        onFailure: (error) =>
          this.#life.fail('E_LIVE_LOOP', `the live loop failed: ${error.message}`),
      },
    );
    this.#watchOver(this.#path);
    for (const line of await notices) notice(line);
  }

  runCommand(): Promise<CommandEnd> {
    if (this.#life.isEnding) throw runtimeError('E_ENDED', 'the instance is ending');
    const way = this.#way!;
    const resolver = innerResolver(way.addresses.far4);
    if (resolver === null) {
      this.#options.notice(
        'there is no /etc/resolv.conf here, so programs ask 127.0.0.1, where nobody answers',
      );
    }
    const { command, stdio, user } = this.#options;
    const child = way.near.within(() =>
      startCommand({
        argv: command,
        stdio,
        user,
        resolver,
        stage: ensureRuntimeDir(),
        variables: { NETEMU_NAME: this.name },
      }),
    );
    this.#command = child;
    this.#commandEnd = new Promise((resolve, reject) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
      child.once('error', ({ message }) => reject(runtimeError('E_COMMAND', message)));
    });
    return this.#commandEnd;
  }

  get process(): ChildProcess | null {
    return this.#command;
  }

  get farEnd(): RunningCommand['farEnd'] {
    return this.#way!.farEnd;
  }

  atFarEnd<T>(action: () => T): T {
    return this.#way!.atFarEnd(action);
  }

  passSignal(signal: NodeJS.Signals): void {
    const pid = this.#command?.pid;
    const isKey = signal === 'SIGINT' || signal === 'SIGQUIT';
    if (isKey && pid !== undefined && shareForeground(pid)) return;
    this.#signalCommand(signal);
  }

  /** Does nothing when the command has ended. */
  #signalCommand(signal: NodeJS.Signals): void {
    const { exitCode, signalCode } = this.#command ?? {};
    if (exitCode === null && signalCode === null) this.#command!.kill(signal);
  }

  rules(): readonly Rule[] {
    return this.#rules;
  }

  status(): InstanceStatus {
    return { ...(this.#lastStatus ?? this.#statusNow()), recording: this.#recording?.status() };
  }

  #statusNow(): InstanceStatus {
    return {
      kind: 'run',
      name: this.name,
      pid: this.pid,
      upSeconds: this.#life.upSeconds,
      seed: this.seed,
      devices: this.devices,
      ...trafficStatus(this.#path, this.#kernelDrops()),
      memory: {
        usedBytes: this.#path?.memoryUsedBytes ?? 0,
        limitBytes: this.#options.memoryBytes,
      },
    };
  }

  /** Without what the loop has been told of, and counts itself. */
  #kernelDrops(): number {
    const { received, transmitted } = this.#way?.drops() ?? { received: 0, transmitted: 0 };
    return transmitted + Math.max(0, received - (this.#path?.refused ?? 0));
  }

  async set(rules: readonly Rule[], source: RuleSource): Promise<void> {
    if (this.#life.isEnding || this.#path === null) {
      throw runtimeError('E_ENDED', 'the instance is ending');
    }
    const number = this.#recording?.announce(source, rules) ?? 0;
    await this.#path.configure(rules, number);
    this.#rules = rules;
  }

  forgetLateness(): void {
    this.#path?.forgetLateness();
  }

  get ended(): Promise<NetemuError | null> {
    return this.#life.ended;
  }

  stop(): Promise<void> {
    return this.#life.stop();
  }

  async #takeAway(signal: NodeJS.Signals): Promise<void> {
    await this.#endCommand(signal);
    if (this.#way !== null) await endProcessesIn(this.#way.near.fd, REST_PATIENCE_MS);
    clearInterval(this.#watch);
    try {
      // What is held is released, and counted as passed.
      await this.#path?.stop();
      this.#lastStatus = this.#statusNow();
    } finally {
      await this.#way?.close();
      await this.#recording?.finish();
      releaseName(this.name);
    }
  }

  async #endCommand(signal: NodeJS.Signals): Promise<void> {
    if (this.#commandEnd === null) return;
    const end = this.#commandEnd.catch(() => {});
    this.#signalCommand(signal);
    const kill = setTimeout(() => this.#signalCommand('SIGKILL'), COMMAND_PATIENCE_MS);
    await end;
    clearTimeout(kill);
  }

  #watchOver(path: LivePath): void {
    let turns = -1;
    let unturned = 0;
    this.#watch = setInterval(() => {
      unturned = path.turns === turns ? unturned + 1 : 0;
      turns = path.turns;
      if (unturned > UNTURNED_BEATS_MAX) this.#life.fail('E_LIVE_LOOP', 'the live loop hangs');
    }, BEAT_MS);
  }
}
