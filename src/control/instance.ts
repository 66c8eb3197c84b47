/**
 * A running instance: opens the way for traffic (guardian, TAPs, live loop, nft table, in this
 * order), watches over it, and takes everything away again. Whatever is made here ends with this
 * process or with its guardian, so being killed between any two lines leaves nothing behind.
 */
import { randomBytes } from 'node:crypto';
import { type NetemuError, runtimeError, usageError } from '../errors.js';
import { chooseDevices, type Device, listDevices } from '../host/devices.js';
import { Guardian } from '../host/guardian.js';
import { UNTURNED_BEATS_MAX } from '../host/guardian-protocol.js';
import { readDrops } from '../host/interface-drops.js';
import { enterNamespace } from '../host/netns.js';
import { markOf, tableCommands, tableName } from '../host/nft-table.js';
import { liveTables } from '../host/other-tables.js';
import { sshConnection } from '../host/ssh.js';
import { configureTaps, DEVICES_MAX, openTaps, type Taps, tapNames } from '../host/taps.js';
import type { Recording } from '../pcap/recording/recording.js';
import type { Rule } from '../rules/rule.js';
import type { RuleSource } from '../rules/rule-source.js';
import { LivePath } from '../tun/live-path.js';
import { close } from '../tun/sys.js';
import { DeviceWatch } from './device-watch.js';
import { Lifecycle } from './lifecycle.js';
import { refuseOverlap } from './overlap.js';
import { openRecording } from './record.js';
import { chooseName, releaseName } from './runtime-dir.js';
import { withSetupLock } from './setup-lock.js';
import { trafficStatus } from './status-report.js';
import type { InstanceStatus, RunningInstance, UpOptions } from './types.js';

const SEED_BYTES = 4;

/** Enters the namespace, makes the instance and returns it when its path is live. */
export async function startInstance(options: UpOptions): Promise<RunningInstance> {
  // Asked before the namespace changes: it may have processes of its own.
  const exempt = options.includeSsh ? null : sshConnection();
  if (options.netns !== null) enterNamespace(options.netns);
  const devices = await chooseDevices(options.devices);
  if (devices.length > DEVICES_MAX) {
    throw usageError('E_TOO_MANY_DEVICES', `at most ${DEVICES_MAX} devices make one instance`);
  }
  return withSetupLock(async () => {
    const { instances, freeIndex } = await liveTables();
    const name = chooseName(options.name, instances);
    const instance = new Instance(name, options, devices, exempt);
    try {
      await refuseOverlap(instances, instance.devices, options.rules);
      await instance.open(freeIndex);
      return instance;
    } catch (error) {
      await instance.stop();
      throw error;
    }
  });
}

class Instance implements RunningInstance {
  readonly name: string;
  readonly seed: string;
  readonly pid = process.pid;
  readonly #options: UpOptions;
  readonly #exempt: ReturnType<typeof sshConnection>;
  readonly #chosen: readonly Device[];
  #watch: DeviceWatch | null = null;
  /** What was opened for all devices; open until the end, as the loop reads from it. */
  readonly #taps: Taps[] = [];
  #index = 0;
  #guardian: Guardian | null = null;
  #path: LivePath | null = null;
  #recording: Recording | null = null;
  #rules: readonly Rule[];
  readonly #life = new Lifecycle(() => this.#takeAway());
  #lastStatus: InstanceStatus | null = null;
  #turns = -1;
  #unturnedBeats = 0;

  constructor(
    name: string,
    options: UpOptions,
    devices: readonly Device[],
    exempt: ReturnType<typeof sshConnection>,
  ) {
    this.name = name;
    this.seed = options.seed ?? randomBytes(SEED_BYTES).toString('hex');
    this.#options = options;
    this.#exempt = exempt;
    this.#chosen = devices;
    this.#rules = options.rules;
  }

  get devices(): readonly string[] {
    return (this.#watch?.devices ?? this.#chosen).map((device) => device.name);
  }

  /** Opens the way for the traffic; whoever calls it stops the instance when it fails. */
  open(index: number): Promise<void> {
    return this.#life.open(() => this.#open(index));
  }

  /** The guardian comes first: from then on nothing can be left behind. */
  async #open(index: number): Promise<void> {
    this.#index = index;
    this.#guardian = new Guardian(() => this.#isAlive());
    void this.#guardian.ended.then(() => {
      this.#life.fail('E_GUARDIAN_DIED', 'the guardian has ended, traffic flows untouched');
    });
    const named = this.#chosen.map((device, position) => ({
      device,
      names: tapNames(this.name, position, device),
    }));
    for (const { device, names } of named) {
      this.#taps.push(openTaps(names, device, this.#options.offload));
    }
    // At once: stopped before this, the instance would keep its TAPs until it is continued.
    await this.#guardian.guardLinks(this.#links());
    const withTaps = this.#chosen.map((device, i) => ({ ...device, taps: this.#taps[i]! }));
    await configureTaps(withTaps, index);
    const watch = new DeviceWatch(withTaps, {
      notice: this.#options.notice,
      steer: () => this.#steer(this.#rules),
      onSteerFailed: (error) => this.#life.fail('E_NFT', error.message),
      onLastDeviceGone: (sentence) => this.#life.fail('E_DEVICE_GONE', sentence),
    });
    this.#watch = watch;
    this.#recording = openRecording(this.#options, this.seed, this.#rules, this.#chosen);
    this.#path = await LivePath.start(
      {
        devices: withTaps.map(({ taps, ...device }) => ({ ...device, ...taps })),
        pairs: [],
        offload: this.#options.offload,
        rules: this.#rules,
        seed: this.seed,
        memoryBytes: this.#options.memoryBytes,
        instanceIndex: index,
        mark: markOf(index),
        ring: this.#recording?.ring ?? null,
      },
      {
        onLinkChange: (change) => watch.onLinkChange(change),
        onDevicePathGone: (device) =>
          this.#life.fail(
            'E_PATH_GONE',
            `the way for ${device} was taken away, traffic flows untouched`,
          ),
        onFailure: (error) =>
          this.#life.fail('E_LIVE_LOOP', `the live loop failed: ${error.message}`),
      },
    );
    // What changed while the path was being opened was said to nobody.
    watch.compare(await listDevices());
    await this.#steer(this.#rules);
  }

  rules(): readonly Rule[] {
    return this.#rules;
  }

  status(): InstanceStatus {
    return { ...(this.#lastStatus ?? this.#statusNow()), recording: this.#recording?.status() };
  }

  #statusNow(): InstanceStatus {
    return {
      kind: 'up',
      name: this.name,
      pid: this.pid,
      upSeconds: this.#life.upSeconds,
      seed: this.seed,
      devices: this.devices,
      netns: this.#options.netns ?? undefined,
      ...trafficStatus(this.#path, readDrops(this.#links()).transmitted),
      memory: {
        usedBytes: this.#path?.memoryUsedBytes ?? 0,
        limitBytes: this.#options.memoryBytes,
      },
    };
  }

  /** Widens or narrows what comes in first, then swaps the rules between two packets. */
  async set(rules: readonly Rule[], source: RuleSource): Promise<void> {
    await withSetupLock(async () => {
      const { instances } = await liveTables();
      const others = instances.filter((name) => name !== this.name);
      await refuseOverlap(others, this.devices, rules);
      const before = this.#rules;
      // A device that changes meanwhile asks for a table, which must be the new rules' too.
      this.#rules = rules;
      try {
        if (this.#life.isEnding) throw runtimeError('E_ENDED', 'the instance is ending');
        const number = this.#recording?.announce(source, rules) ?? 0;
        await this.#steer(rules);
        await this.#path!.configure(rules, number);
      } catch (error) {
        this.#rules = before;
        // The refusal is what the user must hear of.
        await this.#steer(before).catch(() => {});
        throw error;
      }
    });
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

  /**
   * First nothing more comes in, but what goes back is still recognised; then everything held goes
   * back; then the table and the devices go.
   */
  async #takeAway(): Promise<void> {
    this.#watch?.close();
    // A guardian that is dead or dying has taken the table with it.
    if (this.#path) await this.#steer([]).catch(() => {});
    try {
      await this.#path?.stop();
      this.#lastStatus = this.#statusNow();
    } finally {
      await this.#guardian?.end();
      for (const { txFd, rxFd } of this.#taps) {
        close(txFd);
        if (rxFd >= 0) close(rxFd);
      }
      await this.#recording?.finish();
      releaseName(this.name);
    }
  }

  #steer(rules: readonly Rule[]): Promise<void> {
    const commands = tableCommands({
      instance: this.name,
      instanceIndex: this.#index,
      devices: this.#watch!.devices,
      // Once it ends, nothing more may come in, whatever was being changed.
      rules: this.#life.isEnding ? [] : rules,
      exempt: this.#exempt,
    });
    return this.#guardian!.installTable(tableName(this.name), commands);
  }

  /** Whether the loop turns; asked before each beat. Until it starts, this thread answers for it. */
  #isAlive(): boolean {
    const turns = this.#path?.turns ?? -1;
    this.#unturnedBeats = this.#path && turns === this.#turns ? this.#unturnedBeats + 1 : 0;
    this.#turns = turns;
    return this.#unturnedBeats < UNTURNED_BEATS_MAX;
  }

  #links(): string[] {
    return this.#taps.flatMap(({ tx, rx }) => [tx, rx]).filter((link) => link !== '');
  }
}
