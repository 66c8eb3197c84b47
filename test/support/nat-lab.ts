/** A host behind a NAT that is rebound, without an engine: what it sends, and what comes back to it. */
import { NatTable } from '../../src/netem/nat-table.js';
import { rebindReturnStage, rebindStage } from '../../src/netem/rebind.js';
import { Effect, GO_ON, Judgement, type Stage } from '../../src/netem/stages/stage.js';
import { LinkType, type PacketView } from '../../src/packet/packet-view.js';
import type { Rebind } from '../../src/rules/rule.js';
import { type FakeKit, type FakeKitOptions, fakeKit, nextPacket } from './stage-kit.js';

const S = 1e9;

/** Epochs begin at 1 s, 6 s, 11 s … */
export const REBIND: Rebind = { everyNs: 5 * S, firstNs: S, addresses: null };

export interface Sent {
  readonly bytes: Uint8Array;
  readonly isDropped: boolean;
  readonly isRebound: boolean;
}

export interface Received extends Sent {
  /** What `inbound` said. */
  readonly status: number;
}

export class NatLab {
  readonly nat: NatTable;
  /** Of the packet that went through last. */
  readonly view: PacketView;
  readonly #packet = new Judgement();
  #kit: FakeKit;
  #out!: Stage;
  #in!: Stage;

  constructor(rebind: Partial<Rebind> = {}, options: FakeKitOptions = {}, nat = new NatTable()) {
    this.nat = nat;
    this.view = this.#packet.view;
    this.#kit = fakeKit(options);
    this.#make(rebind);
  }

  /** The rule gets other values; with other memories, too, it is another rule. */
  change(rebind: Partial<Rebind>, kit: FakeKit = this.#kit.successor()): void {
    this.#kit = kit;
    this.#make(rebind);
  }

  /** The host's packet goes out, as one of the flow with that number under the rule. */
  send(bytes: Uint8Array, timeS: number, flow = 0): Sent {
    this.#enter(bytes, timeS, flow);
    return this.#apply(this.#out, bytes);
  }

  /** A later fragment of a UDP packet, whose ports the engine knows by its first. */
  sendLater(bytes: Uint8Array, timeS: number, sourcePort: number, destinationPort: number) {
    this.#enter(bytes, timeS, 0);
    Object.assign(this.view, { protocol: 17, sourcePort, destinationPort });
    return this.#apply(this.#out, bytes).bytes;
  }

  /** A packet comes in. */
  receive(bytes: Uint8Array, timeS: number, flow = 0): Received {
    const status = this.#enter(bytes, timeS, flow);
    return { ...this.#apply(this.#in, bytes), status };
  }

  #make(rebind: Partial<Rebind>): void {
    this.#out = rebindStage({ ...REBIND, ...rebind }, this.#kit, this.nat);
    this.#in = rebindReturnStage({ ...REBIND, ...rebind }, this.#kit, this.nat);
  }

  #enter(bytes: Uint8Array, timeS: number, flow: number): number {
    nextPacket(this.#packet, flow, 1, timeS * S);
    const copy = bytes.slice();
    if (!this.view.parse(copy, 0, copy.length, LinkType.rawIp)) throw new Error('not understood');
    return this.nat.inbound(this.view);
  }

  #apply(stage: Stage, before: Uint8Array): Sent {
    const isDropped = stage.apply(this.#packet) !== GO_ON;
    const { bytes } = this.view;
    if (bytes.length !== before.length) throw new Error('a packet keeps its length');
    return { bytes, isDropped, isRebound: (this.#packet.effects & Effect.rebound) !== 0 };
  }
}

export function portsOf(packet: Uint8Array): [source: number, destination: number] {
  const at = packet[0] >> 4 === 4 ? 20 : 40;
  return [(packet[at] << 8) | packet[at + 1], (packet[at + 2] << 8) | packet[at + 3]];
}

/** The address as the packet builders take it. */
export function sourceOf(packet: Uint8Array): string {
  if (packet[0] >> 4 === 4) return packet.slice(12, 16).join('.');
  const words = Array.from({ length: 8 }, (_, i) => (packet[8 + 2 * i] << 8) | packet[9 + 2 * i]);
  return words.map((word) => word.toString(16)).join(':');
}
