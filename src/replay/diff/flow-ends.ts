/**
 * Who talks with whom: the ends of each flow of a capture, by the flow's number, the end that sent its
 * first packet first. In columns, because a capture of a busy resolver has a million of them.
 */

import type { PacketView } from '../../packet/packet-view.js';
import { Protocol, protocolHasPorts } from '../../packet/protocol.js';
import { formatPrefix, prefixMask } from '../../rules/address.js';
import type { Prefix } from '../../rules/rule.js';

/** The opener's address, the other one's, ports, protocol with the IP version above. */
const WORDS = 10;
const OTHER_AT = 4;
const PORTS_AT = 8;
const PROTOCOL_AT = 9;

/** Those that rules have names for, with ports and without. */
const NAMES: Readonly<Record<number, string>> = {
  [Protocol.tcp]: 'tcp',
  [Protocol.udp]: 'udp',
  [Protocol.sctp]: 'sctp',
  [Protocol.icmp]: 'icmp',
  [Protocol.icmpv6]: 'icmp',
};
const NAMES_TO_SHOW: Readonly<Record<number, string>> = {
  ...NAMES,
  [Protocol.dccp]: 'dccp',
  [Protocol.udpLite]: 'udplite',
};

export class FlowEnds {
  count = 0;
  #words = new Int32Array(64 * WORDS);

  /**
   * The packet in `view` is the first of the next flow that is known; `sender` 0: and it was the opener who
   * sent it.
   */
  add(view: PacketView, sender: number): void {
    const at = this.count++ * WORDS;
    if (at === this.#words.length) {
      const larger = new Int32Array(2 * at);
      larger.set(this.#words);
      this.#words = larger;
    }
    const { sourcePort, destinationPort, protocol, version } = view;
    const [from, to] = sender === 0 ? [0, OTHER_AT] : [OTHER_AT, 0];
    this.#words.set([view.src0, view.src1, view.src2, view.src3], at + from);
    this.#words.set([view.dst0, view.dst1, view.dst2, view.dst3], at + to);
    const [higher, lower] =
      sender === 0 ? [sourcePort, destinationPort] : [destinationPort, sourcePort];
    this.#words[at + PORTS_AT] = (higher << 16) | lower;
    this.#words[at + PROTOCOL_AT] = protocol | (version << 8);
  }

  /** The address of the flow's end: 0 the opener's, 1 the other's. */
  address(flow: number, end: number): string {
    const [a, b, c, d] = this.#address(flow, end);
    return formatPrefix({ version: this.#version(flow), words: [a, b, c, d], bits: 128 });
  }

  /** Both, the same for flows that either end opened. */
  addresses(flow: number): string {
    const [a, b] = [0, 1].map((end) => this.#address(flow, end).join()).sort();
    return `${a} ${b}`;
  }

  isWithin(flow: number, end: number, { version, words, bits }: Prefix): boolean {
    if (version !== this.#version(flow)) return false;
    return this.#address(flow, end).every((word, i) => (word & prefixMask(bits, i)) === words[i]);
  }

  /** `udp 192.0.2.1:4000 > 198.51.100.2:53`, as `sender` 0 (the opener) or 1 sends. */
  format(flow: number, sender: number): string {
    const protocol = this.#protocol(flow);
    const name = NAMES_TO_SHOW[protocol] ?? `ip-${protocol}`;
    const ends = [sender, 1 - sender].map((end) => {
      const address = this.address(flow, end);
      const port = this.#port(flow, end);
      if (!protocolHasPorts(protocol)) return address;
      return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
    });
    return `${name} ${ends.join(' > ')}`;
  }

  /** A match in the rules' language for what `sender` 0 (the opener) or 1 sends in the flow. */
  match(flow: number, sender: number): string {
    const name = NAMES[this.#protocol(flow)] ?? 'any';
    const [source, destination] = [sender, 1 - sender].map((end) => this.address(flow, end));
    const words = [name, `src=${source}`, `dst=${destination}`];
    if (this.breadth(flow) === 0) {
      words.push(`sport=${this.#port(flow, sender)}`, `dport=${this.#port(flow, 1 - sender)}`);
    }
    return words.join(' ');
  }

  /**
   * How much the match says: 0 ports and protocol, 1 protocol, 2 addresses only. Narrower rules go first.
   */
  breadth(flow: number): number {
    const protocol = this.#protocol(flow);
    if (NAMES[protocol] === undefined) return 2;
    // Fragments whose first one was not captured have no ports.
    const ports = this.#port(flow, 0) !== 0 && this.#port(flow, 1) !== 0;
    return ports && protocolHasPorts(protocol) ? 0 : 1;
  }

  #address(flow: number, end: number): Int32Array {
    const at = flow * WORDS + (end === 0 ? 0 : OTHER_AT);
    return this.#words.subarray(at, at + 4);
  }

  #port(flow: number, end: number): number {
    const ports = this.#words[flow * WORDS + PORTS_AT];
    return end === 0 ? ports >>> 16 : ports & 0xffff;
  }

  #protocol(flow: number): number {
    return this.#words[flow * WORDS + PROTOCOL_AT] & 0xff;
  }

  #version(flow: number): 4 | 6 {
    return (this.#words[flow * WORDS + PROTOCOL_AT] >> 8) as 4 | 6;
  }
}
