/**
 * A NAT between the host (or what is behind it) and the network that forgets its mappings at once: from
 * then on every flow goes by another port, or address and port, and what the remote still sends to
 * the old one is dropped, as quic-network-simulator's `rebind` does. Its epochs:
 *
 *     rule in force ── epoch 0: as it is ──▶ first ── epoch 1 ──▶ + every ── epoch 2 ──▶ + every …
 *
 * A flow's port is a draw for flow and epoch; the address is one for all flows of rule and epoch
 * (RFC 4787, REQ-2, calls that paired pooling).
 */
import type { PacketView } from '../packet/packet-view.js';
import type { Prefix, Rebind } from '../rules/rule.js';
import { Counter } from './counters.js';
import type { NatBindings } from './nat-bindings.js';
import { isMappable, NatTable } from './nat-table.js';
import type { Stream } from './random.js';
import type { StageKit } from './stages/kit.js';
import { ARRIVAL_NS, Effect, GO_ON, type Judgement, type Stage } from './stages/stage.js';

/** Linux's ephemeral ports. */
export const REBIND_PORT_MIN = 32_768;
export const REBIND_PORT_MAX = 60_999;
const PORTS = REBIND_PORT_MAX - REBIND_PORT_MIN + 1;

/**
 * Draws until a port is found that no flow ever had towards the remote, and after so many until one
 * that no flow has now. Where 9 of 10 are in use, one flow in 700,000 finds none, and its packets are
 * dropped: a real NAT also runs out of ports.
 */
const UNUSED_ATTEMPTS_MAX = 32;
const ATTEMPTS_MAX = UNUSED_ATTEMPTS_MAX + 128;

/** Epochs fit small integers; after 2^30 their numbers begin again with 1. */
const EPOCH_MASK = 0x3fff_ffff;

/** The epoch of an address in its memory, behind the four words. */
const EPOCH = 4;

/** For the direction out: gives packets their source, from the first rebinding on. */
export function rebindStage(rebind: Rebind, kit: StageKit, nat: NatTable): Stage {
  return new Rebinder(rebind, kit, nat);
}

/**
 * For the direction in of the same rule: drops what comes to a mapping of an earlier epoch, also where
 * the host has sent nothing since, and to the endpoint that a flow had before the first rebinding. What
 * comes from a remote to which the host never sent passes.
 */
export function rebindReturnStage(rebind: Rebind, kit: StageKit, nat: NatTable): Stage {
  return new RebindReturn(rebind, kit, nat);
}

class Rebinder implements Stage {
  readonly #clock: EpochClock;
  readonly #ports: Stream;
  readonly #pool: AddressPool | null;
  readonly #nat: NatTable;
  readonly #bindings: NatBindings;
  readonly #address = new Int32Array(4);

  constructor(rebind: Rebind, kit: StageKit, nat: NatTable) {
    this.#clock = new EpochClock(rebind, kit.startNs);
    this.#ports = kit.stream('rebind');
    this.#pool = rebind.addresses === null ? null : new AddressPool(rebind.addresses, kit);
    this.#nat = nat;
    this.#bindings = nat.bindings;
  }

  apply(packet: Judgement): number {
    const { view } = packet;
    if (!isMappable(view)) return GO_ON;
    const bindings = this.#bindings;
    const epoch = this.#clock.epoch(packet);
    // Also in epoch 0: what its flows leave behind has to be known in epoch 1.
    const flow = bindings.enter(view);
    if (!bindings.isBound(flow, epoch, view)) {
      if (epoch === 0) bindings.unbind(flow);
      else if (!this.#bind(flow, epoch, packet)) return Counter.droppedPartition;
    }
    if (epoch === 0) return GO_ON;
    this.#nat.outbound(view, bindings.mappingOf(flow));
    packet.effects |= Effect.rebound;
    return GO_ON;
  }

  #bind(flow: number, epoch: number, packet: Judgement): boolean {
    const { view } = packet;
    const address = this.#address;
    address[0] = view.src0;
    address[1] = view.src1;
    address[2] = view.src2;
    address[3] = view.src3;
    // A prefix of the other IP version changes ports only.
    if (this.#pool !== null && this.#pool.version === view.version) this.#pool.set(address, epoch);
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const draw = this.#ports.int32(packet.flow, epoch, attempt) >>> 0;
      const port = REBIND_PORT_MIN + Math.floor((draw * PORTS) / 2 ** 32);
      if (port === view.sourcePort) continue;
      const mayTakeOver = attempt >= UNUSED_ATTEMPTS_MAX;
      if (this.#bindings.bind(flow, epoch, view, address, port, mayTakeOver)) return true;
    }
    return false;
  }
}

class RebindReturn implements Stage {
  readonly #clock: EpochClock;
  readonly #nat: NatTable;
  readonly #bindings: NatBindings;

  constructor(rebind: Rebind, kit: StageKit, nat: NatTable) {
    this.#clock = new EpochClock(rebind, kit.startNs);
    this.#nat = nat;
    this.#bindings = nat.bindings;
  }

  apply(packet: Judgement): number {
    return this.#isForgotten(packet, packet.view) ? Counter.droppedPartition : GO_ON;
  }

  #isForgotten(packet: Judgement, view: PacketView): boolean {
    if (!isMappable(view)) return false;
    const epoch = this.#clock.epoch(packet);
    const nat = this.#nat;
    if (nat.status === NatTable.UNMAPPED) return epoch > 0 && this.#bindings.knows(view);
    return nat.status === NatTable.STALE || nat.epoch !== epoch;
  }
}

class EpochClock {
  readonly #firstAtNs: number;
  /** Infinity when there is only one rebinding. */
  readonly #everyNs: number;

  constructor(rebind: Rebind, startNs: number) {
    this.#firstAtNs = startNs + rebind.firstNs;
    this.#everyNs = rebind.everyNs === 0 ? Number.POSITIVE_INFINITY : rebind.everyNs;
  }

  epoch(packet: Judgement): number {
    const sinceNs = packet.values[ARRIVAL_NS] - this.#firstAtNs;
    if (sinceNs < 0) return 0;
    return 1 + (Math.floor(sinceNs / this.#everyNs) & EPOCH_MASK);
  }
}

/** The NAT's outer address: in each epoch another one of the prefix, none of its subnet's own two. */
class AddressPool {
  readonly version: number;
  readonly #prefix: Int32Array;
  readonly #hostMask = new Int32Array(4);
  readonly #hostBits: number;
  readonly #stream: Stream;
  /** The present address and its epoch. */
  readonly #present: Int32Array;
  readonly #next = new Int32Array(4);

  constructor({ version, words, bits }: Prefix, kit: StageKit) {
    this.version = version;
    this.#prefix = Int32Array.from(words, (word) => word | 0);
    this.#hostBits = 128 - bits;
    for (let i = 0; i < 4; i++) {
      const wordHostBits = Math.min(32, Math.max(0, this.#hostBits - 32 * (3 - i)));
      this.#hostMask[i] = wordHostBits === 32 ? -1 : 2 ** wordHostBits - 1;
    }
    this.#stream = kit.stream('rebind address');
    this.#present = kit.memory('rebind address', () => new Int32Array(5));
    // It was another rule's value.
    if (!this.#contains(this.#present)) this.#present[EPOCH] = 0;
  }

  /** Sets the epoch's address; `address` is the host's own, which the first one differs from. */
  set(address: Int32Array, epoch: number): void {
    const present = this.#present;
    if (present[EPOCH] !== epoch) {
      if (present[EPOCH] === 0) for (let i = 0; i < 4; i++) present[i] = address[i];
      this.#renew(epoch);
    }
    for (let i = 0; i < 4; i++) address[i] = present[i];
  }

  #renew(epoch: number): void {
    const present = this.#present;
    const next = this.#next;
    for (let i = 0; i < 4; i++) {
      next[i] = this.#prefix[i] | (this.#stream.int32(i, epoch, 0) & this.#hostMask[i]);
    }
    // Where the draw will not do: a neighbour, and if that is the subnet's own, the next but one.
    if (this.#isSubnets(next)) next[3] ^= 1;
    if (this.#hostBits > 0 && next.every((word, i) => word === present[i])) {
      next[3] ^= 1;
      if (this.#isSubnets(next)) next[3] ^= 2;
    }
    present.set(next);
    present[EPOCH] = epoch;
  }

  /** All host bits alike: the subnet itself (or its routers), and IPv4's broadcast. */
  #isSubnets(address: Int32Array): boolean {
    if (this.#hostBits < 2) return false;
    let zeros = true;
    let ones = true;
    for (let i = 0; i < 4; i++) {
      const mask = this.#hostMask[i];
      zeros &&= (address[i] & mask) === 0;
      ones &&= (address[i] & mask) === mask;
    }
    return zeros || ones;
  }

  #contains(address: Int32Array): boolean {
    return this.#prefix.every((word, i) => (address[i] & ~this.#hostMask[i]) === word);
  }
}
