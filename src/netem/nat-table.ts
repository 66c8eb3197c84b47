/**
 * The NAT that all rules with `rebind` share: what comes back to an outer endpoint gets its inner one,
 * before anything else looks at the packet, so that it belongs to the flow that it answers.
 *
 * Only TCP and UDP. What others quote of a mapped packet (ICMP errors) is left as it is. Of flows
 * that no rule rebinds the NAT knows nothing: one to the same remote endpoint, from a port that happens
 * to be a mapping's (1 in 28,232 for each pair), would be taken for it.
 */
import { End, writeEndpoint } from '../packet/endpoint.js';
import type { PacketView } from '../packet/packet-view.js';
import { Protocol } from '../packet/protocol.js';
import { FragmentTable } from './fragment-table.js';
import { NAT_FLOWS_MAX, NatBindings } from './nat-bindings.js';

const NONE = -1;

/** TCP or UDP, and its ports are known: a later fragment's only after its first one's. */
export function isMappable(view: PacketView): boolean {
  if (view.protocol !== Protocol.tcp && view.protocol !== Protocol.udp) return false;
  return view.hasPorts || (view.isLaterFragment && view.sourcePort !== 0);
}

export class NatTable {
  /** What `inbound` answers. */
  static readonly UNMAPPED = 0;
  static readonly MAPPED = 1;
  /** The mapping was forgotten: a NAT would drop the packet. */
  static readonly STALE = 2;

  /** Of the last `inbound`, and the epoch of its mapping. */
  status: number = NatTable.UNMAPPED;
  epoch = 0;

  /** Made when a rule needs them. */
  #bindings: NatBindings | null = null;
  #fragments: FragmentTable | null = null;

  /** What the last packet's changed end was before; NONE when neither was changed. */
  #changedEnd: number = NONE;
  readonly #address = new Int32Array(4);
  #port = 0;
  readonly #flowsMax: number;

  constructor(flowsMax = NAT_FLOWS_MAX) {
    this.#flowsMax = flowsMax;
  }

  get bindings(): NatBindings {
    this.#bindings ??= new NatBindings(this.#flowsMax);
    return this.#bindings;
  }

  /**
   * Gives a packet that comes to an outer endpoint the inner one as its destination, in its bytes and in
   * the view. To be called for every packet, before its flow is looked up.
   */
  inbound(view: PacketView): number {
    this.status = NatTable.UNMAPPED;
    this.#changedEnd = NONE;
    const bindings = this.#bindings;
    if (bindings === null) return NatTable.UNMAPPED;
    if (view.isLaterFragment) this.#fragments?.complete(view);
    if (!isMappable(view)) return NatTable.UNMAPPED;
    const mapping = bindings.find(view);
    if (mapping === NONE) return NatTable.UNMAPPED;
    // Later fragments have the outer address, but not the outer port.
    if (view.isFirstFragment) {
      this.#fragments ??= new FragmentTable(new Float64Array(1));
      this.#fragments.add(view);
    }
    this.status = bindings.isInForce(mapping) ? NatTable.MAPPED : NatTable.STALE;
    this.epoch = bindings.epochOf(mapping);
    this.#remember(view, End.destination);
    const { innerAddress, innerPort } = bindings;
    writeEndpoint(view, End.destination, innerAddress, mapping * 4, innerPort[mapping]);
    setDestination(view, innerAddress, mapping * 4, innerPort[mapping]);
    return this.status;
  }

  /** Gives a packet its outer endpoint as source, in its bytes only: the view keeps telling who sent it. */
  outbound(view: PacketView, mapping: number): void {
    const { outerAddress, outerPort } = this.bindings;
    this.#remember(view, End.source);
    writeEndpoint(view, End.source, outerAddress, mapping * 4, outerPort[mapping]);
  }

  /** Changes back what was changed in the last packet: for an answer to whoever sent it. */
  unmap(view: PacketView): void {
    if (this.#changedEnd === NONE) return;
    const isSource = this.#changedEnd === End.source;
    writeEndpoint(view, isSource ? End.source : End.destination, this.#address, 0, this.#port);
    if (!isSource) setDestination(view, this.#address, 0, this.#port);
  }

  #remember(view: PacketView, end: End): void {
    const isSource = end === End.source;
    this.#changedEnd = end;
    this.#address[0] = isSource ? view.src0 : view.dst0;
    this.#address[1] = isSource ? view.src1 : view.dst1;
    this.#address[2] = isSource ? view.src2 : view.dst2;
    this.#address[3] = isSource ? view.src3 : view.dst3;
    this.#port = isSource ? view.sourcePort : view.destinationPort;
  }
}

function setDestination(view: PacketView, address: Int32Array, at: number, port: number): void {
  view.dst0 = address[at];
  view.dst1 = address[at + 1];
  view.dst2 = address[at + 2];
  view.dst3 = address[at + 3];
  view.destinationPort = port;
}
