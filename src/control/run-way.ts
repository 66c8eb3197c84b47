/**
 * The way of a run's packets, all but the emulator in its middle: the command's namespace, the two TUNs, and
 * what stands at the far end, which is the way out into the world or the responder of a private link. What is
 * made is taken away in reverse order.
 */
import { startDnsRelay } from '../far/dns-relay.js';
import { startResponder, UDP_PORTS } from '../far/responder.js';
import type { Device } from '../host/devices.js';
import { forwardBy, type HeldForwarding, holdForwarding, release } from '../host/forwarding.js';
import { readDrops } from '../host/interface-drops.js';
import { Masquerade } from '../host/masquerade.js';
import { RunGuardian } from '../host/run-guardian.js';
import * as link from '../host/run-link.js';
import { chooseAddresses, type LinkAddresses } from '../host/subnet.js';
import { UnnamedNamespace } from '../host/unnamed-namespace.js';
import type { LivePair } from '../tun/live-config.js';
import { close } from '../tun/sys.js';
import { ensureCommonDir } from './runtime-dir.js';
import { withNamespaceLock } from './setup-lock.js';

export interface RunWayOptions {
  readonly instance: string;
  readonly isPrivate: boolean;
  /** None where it is private. */
  readonly uplinks: readonly Device[];
  readonly mtu: number;
  readonly offload: boolean;
  /** The guardian does not stay. */
  readonly onUnguarded: (error: Error) => void;
}

export class RunWay {
  /** Where the command runs. */
  readonly near: UnnamedNamespace;
  readonly addresses: LinkAddresses;
  readonly #options: RunWayOptions;
  readonly #device: string;
  readonly #ipv6: string | null;
  #pair!: LivePair;
  /** Of the far TUN; null: the caller's. */
  #far: UnnamedNamespace | null = null;
  /** What takes away what was made, newest last. */
  readonly #undo: (() => void | Promise<void>)[] = [];

  /** Others would choose the same addresses; a private one has its own in no namespace that others see. */
  static open(options: RunWayOptions): Promise<RunWay> {
    const make = () => RunWay.#make(options);
    return options.isPrivate ? make() : withNamespaceLock(make);
  }

  static async #make(options: RunWayOptions): Promise<RunWay> {
    const way = new RunWay(options, await chooseAddresses());
    try {
      await way.#open();
      return way;
    } catch (error) {
      await way.close();
      throw error;
    }
  }

  private constructor(options: RunWayOptions, addresses: LinkAddresses) {
    this.#options = options;
    this.addresses = addresses;
    this.#device = link.farName(options.instance);
    this.#ipv6 = link.hasIpv6(options.mtu) ? addresses.far6 : null;
    this.near = new UnnamedNamespace();
    this.#undo.push(() => this.near.close());
  }

  /** For the live loop. */
  get pair(): LivePair {
    return this.#pair;
  }

  get farEnd(): { readonly ipv4: string; readonly ipv6: string | null } {
    return { ipv4: this.addresses.far4, ipv6: this.#ipv6 };
  }

  /** `action` must be synchronous, as in `UnnamedNamespace.within`. */
  atFarEnd<T>(action: () => T): T {
    return this.#far === null ? action() : this.#far.within(action);
  }

  /** Of both TUNs. */
  drops(): { readonly received: number; readonly transmitted: number } {
    const near = this.near.within(() => readDrops([link.NEAR_NAME]));
    const readFar = () => readDrops([this.#device]);
    const far = this.atFarEnd(readFar);
    return {
      received: near.received + far.received,
      transmitted: near.transmitted + far.transmitted,
    };
  }

  /** Goes on when something cannot be taken away, and throws what went wrong first. */
  async close(): Promise<void> {
    let failure: unknown = null;
    for (const undo of this.#undo.splice(0).reverse()) {
      try {
        await undo();
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== null) throw failure;
  }

  async #open(): Promise<void> {
    const { isPrivate, mtu, offload } = this.#options;
    const options = { addresses: this.addresses, mtu, offload };
    const settings = link.readSettings();
    const nearFd = this.near.within(() => link.openNear({ ...options, isPrivate }, settings));
    this.#keepFd(nearFd);
    if (isPrivate) this.#far = this.#leadNowhere();
    const openFar = () => link.openFar(this.#device, options);
    const farFd = this.atFarEnd(openFar);
    this.#keepFd(farFd);
    this.#pair = { name: this.#device, nearFd, farFd };
    if (this.#far === null) await this.#openWayOut();
    else await this.#openResponder(this.#far);
  }

  #keepFd(fd: number): void {
    this.#undo.push(() => void close(fd));
  }

  #leadNowhere(): UnnamedNamespace {
    const far = new UnnamedNamespace();
    this.#undo.push(() => far.close());
    far.within(() => link.answerEverywhere(this.#ipv6 !== null));
    return far;
  }

  /** The table comes before what it keeps others off, the guardian before the settings that it puts back. */
  async #openWayOut(): Promise<void> {
    const held: HeldForwarding[] = [];
    let masquerade: Masquerade;
    try {
      for (const uplink of this.#options.uplinks) {
        const one = await holdForwarding(ensureCommonDir(), uplink);
        if (one !== null) held.push(one);
      }
      masquerade = this.#openTable(held);
      this.#startGuardian(held);
    } catch (error) {
      for (const one of held) await release(one);
      throw error;
    }
    link.forwardFrom(this.#device);
    for (const one of held) forwardBy(one);
    const relay = await startDnsRelay(this.farEnd);
    this.#undo.push(() => relay.close());
    masquerade.leadQueries(relay.port);
  }

  #openTable(held: readonly HeldForwarding[]): Masquerade {
    const masquerade = new Masquerade({
      instance: this.#options.instance,
      device: this.#device,
      addresses: this.addresses,
      ipv6: this.#ipv6 !== null,
      opened: held.map(({ deviceIndex }) => deviceIndex),
    });
    this.#undo.push(() => masquerade.close());
    return masquerade;
  }

  async #openResponder(far: UnnamedNamespace): Promise<void> {
    this.#startGuardian([]);
    far.within(() => link.leadDatagrams(this.addresses, UDP_PORTS));
    const responder = far.within(() => startResponder(this.farEnd));
    this.#undo.push(() => responder.close());
    await responder.ready;
  }

  #startGuardian(held: readonly HeldForwarding[]): void {
    const guardian = new RunGuardian(this.near.fd, held, this.#options.onUnguarded);
    this.#undo.push(() => guardian.end());
  }
}
