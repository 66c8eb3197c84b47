/** What the main thread hands to the live loop's thread, and what the two say to each other. */
import type { PlainError } from '../errors.js';
import { LinkType } from '../packet/packet-view.js';
import type { Rule } from '../rules/rule.js';
import type { LinkChange } from './link-monitor.js';

/** One device whose traffic comes through TUN/TAP devices that the main thread has opened. */
export interface LiveDevice {
  readonly name: string;
  readonly index: number;
  /** `LinkType` of the frames. */
  readonly linkType: number;
  readonly loopback: boolean;
  /** Read: what the device sends. */
  readonly txFd: number;
  /** Read and written: what the device receives; −1 on the loopback device. */
  readonly rxFd: number;
}

/** Two TUNs that netemu joins: what is read from the near one goes out by the far one, and back in. */
export interface LivePair {
  readonly name: string;
  readonly nearFd: number;
  readonly farFd: number;
}

/**
 * Packets of the loopback device go back by raw sockets, which take no super-packets; and frames of a
 * device without Ethernet header get one where the offload header would lie.
 */
export function hasOffload(device: Pick<LiveDevice, 'loopback' | 'linkType'>): boolean {
  return !device.loopback && device.linkType === LinkType.ethernet;
}

/** The names under which packets are recorded, in the order of a recording's interfaces. */
export function recordedDevices(
  devices: readonly Pick<LiveDevice, 'name'>[],
  pairs: readonly Pick<LivePair, 'name'>[],
): string[] {
  return [...devices, ...pairs].map(({ name }) => name);
}

export interface LiveConfig {
  readonly devices: readonly LiveDevice[];
  readonly pairs: readonly LivePair[];
  /** The TUN/TAP devices, but those of devices for which `hasOffload` is false, were opened so. */
  readonly offload: boolean;
  readonly rules: readonly Rule[];
  readonly seed: string;
  /** `--memory`. */
  readonly memoryBytes: number;
  /** This instance's index in its namespace, 1 … INSTANCE_INDEX_MAX. */
  readonly instanceIndex: number;
  /** SO_MARK of what goes out again. */
  readonly mark: number;
  readonly control: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  readonly lateness: SharedArrayBuffer;
  /** Of a DelayTable. */
  readonly delays: SharedArrayBuffer;
  readonly wakeFd: number;
  /** Where a recording is written down (pcap/recording/ring.ts). */
  readonly ring: SharedArrayBuffer | null;
}

/** Main → loop, after the `message` word is set. */
export interface ConfigureMessage {
  readonly kind: 'configure';
  readonly rules: readonly Rule[];
  /** As the recording knows them. */
  readonly number: number;
}

/** The counter rows, [out, in], of each rule in force; valid for snapshots of the same epoch. */
export interface RuleRows {
  readonly epoch: number;
  readonly rows: readonly (readonly [number, number])[];
}

/** Loop → main. */
export type LoopMessage =
  | ({ readonly kind: 'ready' } & RuleRows)
  | ({ readonly kind: 'configured' } & RuleRows)
  /** The rules in force stay. */
  | { readonly kind: 'refused'; readonly error: PlainError }
  | { readonly kind: 'link'; readonly change: LinkChange }
  | { readonly kind: 'laneGone'; readonly device: string }
  | { readonly kind: 'ended' };
