/**
 * The devices of an instance while they change: down and up, renamed, with another address, gone.
 * It says so, in one line each, and asks for the table to be made again where that is needed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Device } from '../host/devices.js';
import type { SteeredDevice } from '../host/nft-table.js';
import type { LinkChange } from '../tun/link-monitor.js';

/** Changes of a device come in bursts: deleting one takes it down first, scripts rename it twice. */
const SETTLE_MS = 250;

export interface DeviceWatchEvents {
  /** One line for the user. */
  notice(line: string): void;
  /** Makes the table anew for `devices`. */
  steer(): Promise<void>;
  /** The table could not be made anew. */
  onSteerFailed(error: Error): void;
  onLastDeviceGone(sentence: string): void;
}

export class DeviceWatch {
  #devices: readonly SteeredDevice[];
  readonly #events: DeviceWatchEvents;
  /** Indexes of the devices of which was said that they are down. */
  readonly #saidDown = new Set<number>();
  #closed = false;

  constructor(devices: readonly SteeredDevice[], events: DeviceWatchEvents) {
    this.#devices = devices;
    this.#events = events;
  }

  /** The devices that are still there, by their names of now. */
  get devices(): readonly SteeredDevice[] {
    return this.#devices;
  }

  /** Nothing is said or asked from now on. */
  close(): void {
    this.#closed = true;
  }

  /** Catches up with `now`, all devices that there are. */
  compare(now: readonly Device[]): void {
    for (const { index } of this.#devices) {
      const device = now.find((candidate) => candidate.index === index);
      if (device) this.onLinkChange({ ...device, gone: false });
      else this.onLinkChange({ index, name: null, mac: null, up: false, gone: true });
    }
  }

  onLinkChange(change: LinkChange): void {
    const device = this.#find(change.index);
    if (!device || this.#closed) return;
    if (change.gone) {
      this.#onGone(device);
      return;
    }
    const { up } = change;
    const name = change.name ?? device.name;
    // A device without Ethernet header has no address to put back.
    const mac = device.mac === '' ? '' : (change.mac ?? device.mac);
    this.#devices = this.#devices.map((d) => (d === device ? { ...device, name, up, mac } : d));
    if (name !== device.name) {
      this.#events.notice(`device ${device.name} is now called ${name}`);
    }
    if (up !== device.up) void this.#sayUpOrDown(change);
    // The chains hook a device by its name and put its address back.
    if (name !== device.name || mac !== device.mac) void this.#steerAgain();
  }

  /** "down" waits a moment: a device that is being deleted or comes back at once is not down. */
  async #sayUpOrDown({ index, up }: LinkChange): Promise<void> {
    if (!up) await sleep(SETTLE_MS);
    const device = this.#find(index);
    if (!device || device.up !== up || this.#closed) return;
    if (this.#saidDown.has(index) !== up) return;
    if (up) this.#saidDown.delete(index);
    else this.#saidDown.add(index);
    const state = up ? 'up again' : 'down; its traffic is impaired again when it is up';
    this.#events.notice(`device ${device.name} is ${state}`);
  }

  #onGone(device: SteeredDevice): void {
    const sentence = `device ${device.name} is gone (deleted or moved away)`;
    if (this.#devices.length === 1) {
      this.#events.onLastDeviceGone(sentence);
      return;
    }
    this.#events.notice(sentence);
    this.#devices = this.#devices.filter((d) => d !== device);
    void this.#steerAgain();
  }

  /** When nftables refuses, the device may have changed once more: what it has become counts. */
  async #steerAgain(): Promise<void> {
    const devices = this.#devices;
    try {
      await this.#events.steer();
    } catch (error) {
      await sleep(SETTLE_MS);
      if (this.#closed) return;
      if (this.#devices === devices) this.#events.onSteerFailed(error as Error);
      else await this.#steerAgain();
    }
  }

  #find(index: number): SteeredDevice | undefined {
    return this.#devices.find((device) => device.index === index);
  }
}
