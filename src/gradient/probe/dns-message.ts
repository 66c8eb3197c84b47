/**
 * Queries as bytes, and what comes back: an answer to one of them, or something else. Only what is surely
 * meant for a query counts; all else is ignored, as resolvers do, so that a stray or forged packet ends no
 * lookup (RFC 5452, section 9).
 */
import { AUTHENTIC_DATA, decode, encode, RECURSION_DESIRED } from 'dns-packet';
import type { DnsType } from './dns-settings.js';

export interface DnsQuestion {
  readonly id: number;
  /** Without a dot at the end. */
  readonly name: string;
  readonly type: DnsType;
}

interface DnsReply {
  /** Which of the questions it answers. */
  readonly query: number;
  /** Not all of it fits a datagram: to be asked for by TCP. */
  readonly isTruncated: boolean;
  /** Null: an answer, be it that there is no such name. Else `servfail`, `rcode refused` … */
  readonly rejection: string | null;
}

const HEADER_BYTES = 12;
/** The least that a record takes: root name, type, class, TTL and length. */
const RECORD_BYTES = 11;
const RESPONSE_BIT = 0x80;
const OPCODE_BITS = 0x78;
const RCODE_BITS = 0x0f;

/** What dig offers with EDNS: no fragments on any usual path. */
const EDNS_BYTES = 1_232;

const NO_ERROR = 0;
const NO_SUCH_NAME = 3;
/** RFC 1035, 4.1.1; REFUSED is not what `refused` means, a port without a server. */
const REJECTIONS: Readonly<Record<number, string>> = {
  1: 'rcode formerr',
  2: 'servfail',
  4: 'rcode notimp',
  5: 'rcode refused',
};

/** With EDNS as dig asks; the resolvers of C libraries do not, unless they are told to. */
export function encodeQuery({ id, name, type }: DnsQuestion, hasEdns: boolean): Buffer {
  const questions = [{ name, type, class: 'IN' as const }];
  if (!hasEdns) return encode({ type: 'query', id, flags: RECURSION_DESIRED, questions });
  const option = {
    ...({ type: 'OPT', name: '.', udpPayloadSize: EDNS_BYTES, extendedRcode: 0 } as const),
    ...{ ednsVersion: 0, flags: 0, flag_do: false, options: [] },
  };
  const flags = RECURSION_DESIRED | AUTHENTIC_DATA;
  return encode({ type: 'query', id, flags, questions, additionals: [option] });
}

/** Null: garbage. */
export function readReply(message: Buffer, questions: readonly DnsQuestion[]): DnsReply | null {
  if (message.length < HEADER_BYTES) return null;
  const id = message.readUInt16BE(0);
  const query = questions.findIndex((question) => question.id === id);
  if (query < 0) return null;
  if ((message[2]! & (RESPONSE_BIT | OPCODE_BITS)) !== RESPONSE_BIT) return null;
  // The library makes room for as many records as are announced, 2 MB for random numbers.
  const [asks, ...others] = [4, 6, 8, 10].map((at) => message.readUInt16BE(at));
  const records = others.reduce((sum, count) => sum + count);
  if (asks !== 1 || records * RECORD_BYTES > message.length - HEADER_BYTES) return null;
  try {
    const { questions: asked, flag_tc: isTruncated } = decode(message);
    // Of the last record's data it takes what is there.
    if (decode.bytes > message.length) return null;
    if (!isSame(asked![0]!, questions[query]!)) return null;
    return { query, isTruncated, rejection: rejectionOf(message[3]! & RCODE_BITS) };
  } catch {
    return null;
  }
}

/** Servers may change the case of names (draft-vixie-dnsext-dns0x20). */
function isSame(
  asked: { readonly name: string; readonly type: string; readonly class?: string | undefined },
  { name, type }: DnsQuestion,
): boolean {
  const isName = asked.name.toLowerCase() === name.toLowerCase();
  return isName && asked.type === type && asked.class === 'IN';
}

function rejectionOf(rcode: number): string | null {
  if (rcode === NO_ERROR || rcode === NO_SUCH_NAME) return null;
  return REJECTIONS[rcode] ?? `rcode ${rcode}`;
}
