/**
 * Between whom packets went, from when they come until their fate is told: the engine changes their bytes
 * meanwhile. First in, first out, as numbers, so that only what is written down becomes text.
 */
import { PacketView } from '../packet/packet-view.js';
import { Protocol } from '../packet/protocol.js';
import { formatPrefix } from '../rules/address.js';
import type { Arrival } from './passage.js';

/** Words of a packet: four of each address, both ports, and what they mean. */
const WORDS = 10;
const PORTS = 8;
const WHAT = 9;
/** In WHAT, beside the protocol. */
const IS_IP = 0x100;
const IS_IPV6 = 0x200;
const HAS_PORTS = 0x400;

const PACKETS_AT_FIRST = 1_024;
const ADDRESS_BITS = 128;

const PROTOCOL_NAMES = new Map<number, string>(
  Object.entries(Protocol).map(([name, number]) => [number, name.toLowerCase()]),
);

export class Endpoints {
  #words = new Int32Array(PACKETS_AT_FIRST * WORDS);
  #mask = PACKETS_AT_FIRST - 1;
  #first = 0;
  #count = 0;
  readonly #view = new PacketView();

  push({ memory, slot }: Arrival): void {
    if (this.#count > this.#mask) this.#grow();
    const at = ((this.#first + this.#count++) & this.#mask) * WORDS;
    const words = this.#words;
    const view = this.#view;
    const frameAt = memory.frameOffset(slot);
    words[at + WHAT] = 0;
    if (!view.parse(memory.bytes, frameAt, memory.length[slot], memory.linkType[slot])) return;
    words[at] = view.src0;
    words[at + 1] = view.src1;
    words[at + 2] = view.src2;
    words[at + 3] = view.src3;
    words[at + 4] = view.dst0;
    words[at + 5] = view.dst1;
    words[at + 6] = view.dst2;
    words[at + 7] = view.dst3;
    words[at + PORTS] = (view.sourcePort << 16) | view.destinationPort;
    words[at + WHAT] =
      view.protocol | IS_IP | (view.version === 6 ? IS_IPV6 : 0) | (view.hasPorts ? HAS_PORTS : 0);
  }

  /** Of the oldest packet: `udp 192.0.2.1:5353 > 192.0.2.2:53`, or null where it is no IP packet. */
  shift(): string | null {
    const at = this.#first * WORDS;
    this.#first = (this.#first + 1) & this.#mask;
    this.#count--;
    const what = this.#words[at + WHAT];
    if ((what & IS_IP) === 0) return null;
    const protocol = PROTOCOL_NAMES.get(what & 0xff) ?? `protocol-${what & 0xff}`;
    const ports = this.#words[at + PORTS];
    const from = this.#endText(at, what, ports >>> 16);
    return `${protocol} ${from} > ${this.#endText(at + 4, what, ports & 0xffff)}`;
  }

  #endText(at: number, what: number, port: number): string {
    const [a, b, c, d] = this.#words.subarray(at, at + 4);
    const isIpv6 = (what & IS_IPV6) !== 0;
    const version = isIpv6 ? 6 : 4;
    const address = formatPrefix({ version, words: [a, b, c, d], bits: ADDRESS_BITS });
    if ((what & HAS_PORTS) === 0) return address;
    return isIpv6 ? `[${address}]:${port}` : `${address}:${port}`;
  }

  #grow(): void {
    const before = this.#words;
    const head = before.subarray(this.#first * WORDS);
    this.#words = new Int32Array(2 * before.length);
    this.#words.set(head);
    this.#words.set(before.subarray(0, this.#first * WORDS), head.length);
    this.#mask = 2 * this.#mask + 1;
    this.#first = 0;
  }
}
