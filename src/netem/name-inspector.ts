/**
 * The server's name of each flow, from its ClientHello: over TCP from the first bytes of the stream,
 * over QUIC from the client's Initial packets. It is asked only about flows that a rule with `sni=` can
 * be about, and only until it knows or gives up: a flow that begins otherwise, or whose ClientHello is
 * not there after a few packets, has no name. Which end is the client, the bytes tell.
 */
import type { PacketView } from '../packet/packet-view.js';
import { payloadBegin, payloadEnd } from '../packet/payload.js';
import { Protocol } from '../packet/protocol.js';
import { QuicKind, QuicLongHeader } from '../packet/quic-header.js';
import { InitialFrames } from '../packet/quic-initial.js';
import { readTcpSequence, TcpFlag } from '../packet/tcp.js';
import {
  ClientHelloReader,
  NAME_KNOWN,
  NAME_NONE,
  NAME_PENDING,
} from '../packet/tls-client-hello.js';
import type { FlowName } from '../rules/flow-name.js';
import { FLOWS_MAX } from './limits.js';
import { NameAssembly } from './name-assembly.js';

/** Flows whose ClientHello has come in part; beyond that the one without news for longest has no name. */
export const NAME_ASSEMBLIES_MAX = 256;

/** Packets with payload that are looked at while nothing of a ClientHello has been found … */
export const NAME_PACKETS_MAX = 8;

/** … and when some of it has: 16 KiB are twelve full segments. */
export const NAME_PACKETS_BEGUN_MAX = 16;

/** Packets in one datagram that are looked at; RFC 9000, 12.2 gives a reason for three. */
const COALESCED_MAX = 8;

/** In `#sequenceKnown`: `sender` 0 and 1. */
const SENDERS = 2;

/** By flow; made when the first flow is looked at. */
interface FlowArrays {
  readonly state: Uint8Array;
  readonly packets: Uint8Array;
  readonly names: string[];
  /** By flow and sender: the number of the stream's first byte, and whether it is known. */
  readonly sequence: Int32Array;
  readonly sequenceKnown: Uint8Array;
}

export class NameInspector implements FlowName {
  /** Of the flow that was entered last. */
  state: number = NAME_PENDING;
  name = '';

  #flow = 0;
  #sender = 0;
  #flows: FlowArrays | null = null;
  readonly #assemblies: NameAssembly[] = [];
  /** The assembly of each flow that has one. */
  readonly #assemblyOf = new Map<number, NameAssembly>();
  #uses = 0;
  readonly #hello = new ClientHelloReader();
  readonly #packet = new QuicLongHeader();
  readonly #frames = new InitialFrames();
  /** The destination connection ID of a datagram's first packet. */
  #destinationAt = 0;
  #destinationBytes = 0;

  /** The flow is new: it has taken over the number of a forgotten one. */
  begin(flow: number): void {
    const flows = this.#flows;
    if (flows === null) return;
    flows.state[flow] = NAME_PENDING;
    flows.packets[flow] = 0;
    flows.names[flow] = '';
    flows.sequenceKnown.fill(0, flow * SENDERS, (flow + 1) * SENDERS);
    this.#endAssembly(flow);
  }

  /** Makes the flow of a side (flow-table.ts) the present one: `state` and `name` are of it. */
  enter(side: number): void {
    this.#flow = side >> 2;
    this.#sender = side & 1;
    const flows = this.#flows;
    if (flows === null) return;
    this.state = flows.state[this.#flow];
    this.name = flows.names[this.#flow];
  }

  /** Looks at a packet of the present flow, whose name is pending. */
  look(view: PacketView): void {
    this.#flows ??= makeFlowArrays();
    const flows = this.#flows;
    const state = this.#look(flows, view);
    if (state === NAME_PENDING) return;
    this.state = state;
    this.name = state === NAME_KNOWN ? this.#hello.name : '';
    flows.state[this.#flow] = state;
    flows.names[this.#flow] = this.name;
    this.#endAssembly(this.#flow);
  }

  #look(flows: FlowArrays, view: PacketView): number {
    const isTcp = view.protocol === Protocol.tcp;
    if (!isTcp && view.protocol !== Protocol.udp) return NAME_NONE;
    const begin = payloadBegin(view);
    if (begin < 0) return NAME_PENDING;
    if (isTcp && (view.tcpFlags & TcpFlag.syn) !== 0) this.#noteSyn(flows, view);
    if (begin === payloadEnd(view)) return NAME_PENDING;
    const state = isTcp
      ? this.#lookAtSegment(flows, view, begin)
      : this.#lookAtDatagram(view, begin);
    if (state !== NAME_PENDING) return state;
    const begun = this.#assemblyOf.has(this.#flow);
    const packets = ++flows.packets[this.#flow];
    return packets < (begun ? NAME_PACKETS_BEGUN_MAX : NAME_PACKETS_MAX) ? NAME_PENDING : NAME_NONE;
  }

  /** From a SYN on it is known where the stream begins, whatever order its segments come in. */
  #noteSyn(flows: FlowArrays, view: PacketView): void {
    const at = this.#flow * SENDERS + this.#sender;
    const sequence = (readTcpSequence(view.bytes, view.l4Offset) + 1) | 0;
    if (flows.sequenceKnown[at] === 1 && flows.sequence[at] === sequence) return;
    flows.sequence[at] = sequence;
    flows.sequenceKnown[at] = 1;
    if (this.#assemblyOf.get(this.#flow)?.sender !== this.#sender) return;
    this.#endAssembly(this.#flow); // The connection is another one now.
    flows.packets[this.#flow] = 0;
  }

  #lookAtSegment(flows: FlowArrays, view: PacketView, begin: number): number {
    const at = this.#flow * SENDERS + this.#sender;
    const isSyn = (view.tcpFlags & TcpFlag.syn) !== 0;
    const sequence = (readTcpSequence(view.bytes, view.l4Offset) + (isSyn ? 1 : 0)) | 0;
    if (flows.sequenceKnown[at] === 0) {
      // The connection is older than the flow: what comes first now should be its beginning.
      flows.sequence[at] = sequence;
      flows.sequenceKnown[at] = 1;
    }
    const assembly = this.#assembly();
    if (assembly.sender !== this.#sender) return NAME_PENDING;
    const offset = (sequence - flows.sequence[at]) | 0;
    assembly.stream.add(offset, view.bytes, begin, payloadEnd(view) - begin);
    return this.#hello.readRecords(assembly.stream);
  }

  #lookAtDatagram(view: PacketView, begin: number): number {
    const { bytes } = view;
    const end = payloadEnd(view);
    const packet = this.#packet;
    let at = begin;
    for (let i = 0; i < COALESCED_MAX && packet.read(bytes, at, end); i++) {
      // Packets that share a datagram have one destination (RFC 9000, 12.2); each other one would cost a
      // derivation of keys.
      if (i === 0) this.#noteDestination(packet);
      else if (!this.#isSameDestination(bytes, packet)) break;
      if (packet.kind === QuicKind.initial) {
        const state = this.#lookAtInitial(bytes, packet);
        if (state !== NAME_PENDING) return state;
      }
      at = packet.end;
    }
    return NAME_PENDING;
  }

  #noteDestination({ destinationIdAt, destinationIdBytes }: QuicLongHeader): void {
    this.#destinationAt = destinationIdAt;
    this.#destinationBytes = destinationIdBytes;
  }

  #isSameDestination(bytes: Uint8Array, packet: QuicLongHeader): boolean {
    if (packet.destinationIdBytes !== this.#destinationBytes) return false;
    for (let i = 0; i < this.#destinationBytes; i++) {
      if (bytes[packet.destinationIdAt + i] !== bytes[this.#destinationAt + i]) return false;
    }
    return true;
  }

  #lookAtInitial(bytes: Uint8Array, packet: QuicLongHeader): number {
    const before = this.#assemblyOf.get(this.#flow) ?? null;
    if (before !== null && before.sender !== this.#sender) return NAME_PENDING; // The server's.
    const opened = NameAssembly.open(before, bytes, packet);
    if (opened === null) return NAME_PENDING;
    const assembly = this.#assembly();
    assembly.useKeys(opened.keys);
    this.#frames.read(opened.payload, assembly.stream);
    return this.#hello.readMessage(assembly.stream);
  }

  /** The present flow's, begun by the present sender if there is none. */
  #assembly(): NameAssembly {
    let assembly = this.#assemblyOf.get(this.#flow);
    if (assembly === undefined) {
      assembly = this.#freeAssembly();
      assembly.begin(this.#flow, this.#sender);
      this.#assemblyOf.set(this.#flow, assembly);
    }
    assembly.usedAt = ++this.#uses;
    return assembly;
  }

  #freeAssembly(): NameAssembly {
    const assemblies = this.#assemblies;
    const free = assemblies.find(({ flow }) => flow < 0);
    if (free !== undefined) return free;
    if (assemblies.length < NAME_ASSEMBLIES_MAX) {
      const added = new NameAssembly();
      assemblies.push(added);
      return added;
    }
    const oldest = assemblies.reduce((a, b) => (a.usedAt < b.usedAt ? a : b));
    this.#giveUp(oldest.flow);
    return oldest;
  }

  #giveUp(flow: number): void {
    this.#assemblyOf.delete(flow);
    if (this.#flows !== null) this.#flows.state[flow] = NAME_NONE;
  }

  #endAssembly(flow: number): void {
    const assembly = this.#assemblyOf.get(flow);
    if (assembly === undefined) return;
    this.#assemblyOf.delete(flow);
    assembly.flow = -1;
  }
}

function makeFlowArrays(): FlowArrays {
  return {
    state: new Uint8Array(FLOWS_MAX),
    packets: new Uint8Array(FLOWS_MAX),
    names: new Array<string>(FLOWS_MAX).fill(''),
    sequence: new Int32Array(FLOWS_MAX * SENDERS),
    sequenceKnown: new Uint8Array(FLOWS_MAX * SENDERS),
  };
}
