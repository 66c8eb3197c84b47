/**
 * The name that a DNS message asks for (RFC 1035): the first question, which an answer repeats.
 * Names are compared on the wire, without allocating and without regard to case (RFC 4343).
 *
 * Over TCP the message is seen when it begins with its two bytes of length in this very segment, as
 * the first query of a connection does.
 */

import { readU16 } from './bytes.js';
import type { PacketView } from './packet-view.js';
import { payloadBegin, payloadEnd } from './payload.js';
import { Protocol } from './protocol.js';

const HEADER_BYTES = 12;
const QUESTION_COUNT = 4;

/** Root label, type and class: the least that a question can be. */
const QUESTION_BYTES_MIN = 5;

/** RFC 1035, 2.3.4; a length byte of more is a compression pointer, which a first question has not. */
const LABEL_BYTES_MAX = 63;
const NAME_BYTES_MAX = 255;

/** A name to compare with. */
export interface DnsName {
  /** In wire format and lower case, with the root's zero. */
  readonly wire: Uint8Array;
  /** Every name below it is meant, not the name itself. */
  readonly below: boolean;
}

/** `example.com`, or `*.example.com` for every name below it. */
export function dnsName(text: string): DnsName {
  const below = text.startsWith('*.');
  const labels = (below ? text.slice(2) : text).toLowerCase().split('.');
  const wire = labels.flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')]);
  return { wire: Uint8Array.of(...wire, 0), below };
}

/** Whether the packet is a DNS message whose first question is for `name`. */
export function asksFor(view: PacketView, name: DnsName): boolean {
  let at = payloadBegin(view);
  if (at < 0) return false;
  const { bytes } = view;
  const end = payloadEnd(view);
  if (view.protocol === Protocol.tcp) {
    if (end - at < 2 || readU16(bytes, at) < HEADER_BYTES + QUESTION_BYTES_MIN) return false;
    at += 2;
  }
  if (end - at < HEADER_BYTES || readU16(bytes, at + QUESTION_COUNT) === 0) return false;
  return nameFits(bytes, at + HEADER_BYTES, end, name);
}

function nameFits(bytes: Uint8Array, begin: number, end: number, name: DnsName): boolean {
  const { wire, below } = name;
  const nameEnd = findNameEnd(bytes, begin, Math.min(end, begin + NAME_BYTES_MAX));
  const from = nameEnd - wire.length;
  if (nameEnd < 0 || from < begin || below !== from > begin) return false;
  // Where labels end matters: "4com0" of an unlucky label is not ".com".
  let label = begin;
  while (label < from) label += 1 + bytes[label];
  if (label !== from) return false;
  for (let i = 0; i < wire.length; i++) {
    const byte = bytes[from + i];
    // Length bytes are below "A", so that they can be folded like letters.
    const folded = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    if (folded !== wire[i]) return false;
  }
  return true;
}

/** Behind the root label of the name at `at`, or −1. */
function findNameEnd(bytes: Uint8Array, at: number, end: number): number {
  let label = at;
  while (label < end) {
    const length = bytes[label];
    if (length === 0) return label + 1;
    if (length > LABEL_BYTES_MAX) return -1;
    label += 1 + length;
  }
  return -1;
}
