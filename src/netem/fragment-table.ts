/**
 * What a later fragment lacks: its packet's protocol and ports, remembered from the first fragment
 * by addresses, protocol and identification (RFC 791, 3.2; RFC 8200, 4.5).
 */
import type { PacketView } from '../packet/packet-view.js';
import { FRAGMENT_IDLE_NS, FRAGMENTS_MAX } from './limits.js';
import { LruTable } from './lru-table.js';

const NONE = -1;

/** The first fragment's rule is not known, or each fragment finds it by itself. */
export const NO_RULE = -2;

export class FragmentTable {
  readonly #table: LruTable;
  readonly #protocol = new Uint8Array(FRAGMENTS_MAX);
  readonly #sourcePort = new Uint16Array(FRAGMENTS_MAX);
  readonly #destinationPort = new Uint16Array(FRAGMENTS_MAX);

  readonly #rule = new Int16Array(FRAGMENTS_MAX);
  #entry = NONE;

  /** `nowNs[0]` is the time of the packet being looked at. */
  constructor(nowNs: Float64Array) {
    this.#table = new LruTable(FRAGMENTS_MAX, FRAGMENT_IDLE_NS, nowNs);
  }

  /** Remembers a first fragment. */
  add(view: PacketView): void {
    this.#writeKey(view);
    const entry = this.#table.enter();
    this.#entry = entry;
    this.#rule[entry] = NO_RULE;
    this.#protocol[entry] = view.protocol;
    // Echo messages are told apart by their identifier, which flow keys take for both ports.
    const echo = view.isEchoRequest || view.isEchoReply;
    this.#sourcePort[entry] = echo ? view.echoIdentifier : view.sourcePort;
    this.#destinationPort[entry] = echo ? view.echoIdentifier : view.destinationPort;
  }

  /** Sets a later fragment's protocol and ports in the view, when its first fragment was seen. */
  complete(view: PacketView): void {
    this.#writeKey(view);
    const entry = this.#table.find();
    this.#entry = entry;
    if (entry === NONE) return;
    view.protocol = this.#protocol[entry];
    view.sourcePort = this.#sourcePort[entry];
    view.destinationPort = this.#destinationPort[entry];
  }

  /** The rule that the fragment met which was added last; later ones of its packet meet it too. */
  setRule(rule: number): void {
    this.#rule[this.#entry] = rule;
  }

  /** The rule of the first fragment of the packet looked at last, or NO_RULE. */
  get rule(): number {
    return this.#entry === NONE ? NO_RULE : this.#rule[this.#entry];
  }

  /** The rules have changed. */
  forgetRules(): void {
    this.#rule.fill(NO_RULE);
  }

  #writeKey(view: PacketView): void {
    const key = this.#table.key;
    key[0] = view.src0;
    key[1] = view.src1;
    key[2] = view.src2;
    key[3] = view.src3;
    key[4] = view.dst0;
    key[5] = view.dst1;
    key[6] = view.dst2;
    key[7] = view.dst3;
    key[8] = view.fragmentProtocol | (view.version << 8);
    key[9] = view.fragmentId;
  }
}
