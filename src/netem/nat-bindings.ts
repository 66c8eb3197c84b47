/**
 * The memory of a NAT that is rebound: for each flow of its hosts the outer endpoint by which the
 * remote knows it now, and for each outer endpoint that was ever given away the inner one behind it.
 *
 *     inner 10.0.0.1:40000 ─▶ outer 10.0.0.1:51234 (epoch 1, forgotten)   ─▶ remote 192.0.2.7:443
 *                          └▶ outer 10.0.0.1:39876 (epoch 2, in force)    ─▶      "
 *
 * An outer endpoint is given for one remote endpoint, and to no two flows at once. Forgotten ones are
 * kept, so that what still comes to them can be told from what is addressed to the host itself.
 */

import { End } from '../packet/endpoint.js';
import { FLOW_KEY_WORDS } from '../packet/flow-key.js';
import type { PacketView } from '../packet/packet-view.js';
import { LruTable } from './lru-table.js';

/** Flows remembered, and as many forgotten mappings; beyond that the one not used for longest goes. */
export const NAT_FLOWS_MAX = 65_536;

/** Nothing is forgotten for being idle: RFC 5382, REQ-5, grants a connection two hours and more. */
const NEVER = Number.POSITIVE_INFINITY;
const NO_CLOCK = new Float64Array(1);

const NONE = -1;

export class NatBindings {
  /** Keys are inner endpoint, remote endpoint, protocol. */
  readonly #flows: LruTable;
  /** Keys are outer endpoint, remote endpoint, protocol. */
  readonly #mappings: LruTable;

  /** By flow: its mapping and when it was made; epoch 0 is without one. */
  readonly #mapping: Int32Array;
  readonly #epoch: Int32Array;
  /** By flow: `#made` when its mapping was looked up last. */
  readonly #touchedAt: Int32Array;
  /** Mappings made so far; the difference of two such numbers outlives the overflow. */
  #made = 0;
  /**
   * A mapping in use is looked up anew, so that it stays young, only when so many others have been made: as
   * these and the flows are fewer than all mappings, it cannot have become the oldest by then.
   */
  readonly #touchAfter: number;

  /** By mapping: both endpoints on this side, and the flow; it is in force while the flow says so, too. */
  readonly outerAddress: Int32Array;
  readonly outerPort: Uint16Array;
  readonly innerAddress: Int32Array;
  readonly innerPort: Uint16Array;
  readonly #owner: Int32Array;

  /** By port: some mapping has had it. Most packets are told by this that they come to none. */
  readonly #isOuterPort = new Uint8Array(65_536);

  /** `flowsMax` is a power of two. */
  constructor(flowsMax: number) {
    const mappingsMax = 2 * flowsMax;
    this.#flows = new LruTable(flowsMax, NEVER, NO_CLOCK);
    this.#mappings = new LruTable(mappingsMax, NEVER, NO_CLOCK);
    this.#mapping = new Int32Array(flowsMax);
    this.#epoch = new Int32Array(flowsMax);
    this.#touchedAt = new Int32Array(flowsMax);
    this.#touchAfter = flowsMax / 2;
    this.outerAddress = new Int32Array(mappingsMax * 4);
    this.outerPort = new Uint16Array(mappingsMax);
    this.innerAddress = new Int32Array(mappingsMax * 4);
    this.innerPort = new Uint16Array(mappingsMax);
    this.#owner = new Int32Array(mappingsMax);
  }

  /** The flow of a packet that a host behind the NAT sends. */
  enter(view: PacketView): number {
    writeKey(this.#flows.key, view, End.source);
    const flow = this.#flows.enter();
    if (this.#flows.isNew) this.unbind(flow);
    return flow;
  }

  /** The flow of a packet that comes to the inner endpoint itself is known: its host has sent. */
  knows(view: PacketView): boolean {
    writeKey(this.#flows.key, view, End.destination);
    return this.#flows.find() !== NONE;
  }

  /** The flow has what it should have in `epoch`. */
  isBound(flow: number, epoch: number, view: PacketView): boolean {
    if (this.#epoch[flow] !== epoch) return false;
    if (epoch === 0) return true;
    const mapping = this.#mapping[flow];
    if (this.#owner[mapping] !== flow) return false; // It was forgotten for another's.
    if (((this.#made - this.#touchedAt[flow]) | 0) >= this.#touchAfter) {
      this.#touchedAt[flow] = this.#made;
      this.#writeOuterKey(view, this.outerAddress, mapping * 4, this.outerPort[mapping]);
      this.#mappings.enter();
    }
    return true;
  }

  /** The flow's mapping; to be asked when `isBound`. */
  mappingOf(flow: number): number {
    return this.#mapping[flow];
  }

  unbind(flow: number): void {
    this.#mapping[flow] = NONE;
    this.#epoch[flow] = 0;
  }

  /**
   * Gives the flow of the packet an outer endpoint: four words of `address`, and `port`. False when a flow
   * has it, or, unless `mayTakeOver`, had it: by a mapping now forgotten, or as its inner endpoint.
   */
  bind(
    flow: number,
    epoch: number,
    view: PacketView,
    address: Int32Array,
    port: number,
    mayTakeOver: boolean,
  ): boolean {
    this.#writeOuterKey(view, address, 0, port);
    const { key } = this.#mappings;
    if (!mayTakeOver) {
      for (let i = 0; i < FLOW_KEY_WORDS; i++) this.#flows.key[i] = key[i];
      if (this.#flows.find() !== NONE) return false;
    }
    const known = this.#mappings.find();
    if (known !== NONE && (!mayTakeOver || this.isInForce(known))) return false;

    const mapping = this.#mappings.enter();
    this.#made = (this.#made + 1) | 0;
    this.#touchedAt[flow] = this.#made;
    this.#isOuterPort[port] = 1;
    this.#owner[mapping] = flow;
    this.#mapping[flow] = mapping;
    this.#epoch[flow] = epoch;
    const at = mapping * 4;
    for (let i = 0; i < 4; i++) this.outerAddress[at + i] = address[i];
    this.outerPort[mapping] = port;
    this.innerAddress[at] = view.src0;
    this.innerAddress[at + 1] = view.src1;
    this.innerAddress[at + 2] = view.src2;
    this.innerAddress[at + 3] = view.src3;
    this.innerPort[mapping] = view.sourcePort;
    return true;
  }

  /** The mapping to which a packet from the remote comes, or -1. */
  find(view: PacketView): number {
    if (this.#isOuterPort[view.destinationPort] === 0) return NONE;
    writeKey(this.#mappings.key, view, End.destination);
    return this.#mappings.find();
  }

  /** The mapping is its flow's present one. */
  isInForce(mapping: number): boolean {
    return this.#mapping[this.#owner[mapping]] === mapping;
  }

  /** When the mapping's flow was bound last. */
  epochOf(mapping: number): number {
    return this.#epoch[this.#owner[mapping]];
  }

  #writeOuterKey(view: PacketView, address: Int32Array, at: number, port: number): void {
    const { key } = this.#mappings;
    writeKey(key, view, End.source);
    for (let i = 0; i < 4; i++) key[i] = address[at + i];
    key[8] = (port << 16) | view.destinationPort;
  }
}

/** This side's endpoint first: `near` says which of the packet's it is. */
function writeKey(key: Int32Array, view: PacketView, near: End): void {
  const source = near === End.source ? 0 : 4;
  const destination = 4 - source;
  key[source] = view.src0;
  key[source + 1] = view.src1;
  key[source + 2] = view.src2;
  key[source + 3] = view.src3;
  key[destination] = view.dst0;
  key[destination + 1] = view.dst1;
  key[destination + 2] = view.dst2;
  key[destination + 3] = view.dst3;
  key[8] =
    near === End.source
      ? (view.sourcePort << 16) | view.destinationPort
      : (view.destinationPort << 16) | view.sourcePort;
  key[9] = view.protocol | (view.version << 8);
}
