/**
 * What the responder says to a DNS query (RFC 1035): its own addresses for every name, nothing for
 * other types, and NXDOMAIN below `.invalid` (RFC 6761, 6.4).
 *
 * An answer is the question's own bytes, which keeps the case of the name, with at most two records
 * behind them. So nothing needs to be decoded but the place where the question ends, and nothing here
 * throws, whatever arrives; dns-packet would decode names to encode them again, and throws.
 */
import { parsePrefix } from '../rules/address.js';

/** The data of the records. */
export interface Addresses {
  readonly a: Buffer;
  /** Null: no name has an IPv6 address. */
  readonly aaaa: Buffer | null;
}

const HEADER_BYTES = 12;
const Count = { question: 4, answer: 6, authority: 8, additional: 10 } as const;
const Type = { a: 1, aaaa: 28, opt: 41 } as const;
const CLASS_IN = 1;
const Rcode = {
  formatError: 1,
  serverFailure: 2,
  noSuchName: 3,
  notImplemented: 4,
  refused: 5,
  badVersion: 16,
};

const ANSWER_BIT = 0x80;
const OPCODE_BITS = 0x78;
const RECURSION_DESIRED_BIT = 0x01;
const RECURSION_AVAILABLE_BIT = 0x80;
const CHECKING_DISABLED_BIT = 0x10;
/** DNSSEC OK, in the third byte of an OPT record's TTL (RFC 6891, 6.1.4). */
const DNSSEC_OK_BIT = 0x80;

const TTL_SECONDS = 60;
/** The name of every answer: a pointer to the question. */
const NAME_OF_QUESTION = 0xc000 | HEADER_BYTES;
const LABEL_BYTES_MAX = 63;
const NAME_BYTES_MAX = 255;
/** What a resolver may send without fragments; nothing here comes near to it. */
const UDP_BYTES_MAX = 1_232;

/** Root name, type, size, TTL and length of an OPT record. */
const OPT_BYTES = 11;

const INVALID = Buffer.from('\x07invalid\x00', 'latin1');

export function addressesOf(ipv4: string, ipv6: string | null): Addresses {
  const bytes = Buffer.alloc(20);
  bytes.writeInt32BE(parsePrefix(ipv4).words[3], 0);
  if (ipv6 === null) return { a: bytes.subarray(0, 4), aaaa: null };
  parsePrefix(ipv6).words.forEach((word, i) => {
    bytes.writeInt32BE(word, 4 + 4 * i);
  });
  return { a: bytes.subarray(0, 4), aaaa: bytes.subarray(4) };
}

/** The whole answer to a message, or null when it deserves none (RFC 5625: answers to answers loop). */
export function answerQuery(query: Buffer, addresses: Addresses): Buffer | null {
  if (query.length < HEADER_BYTES || (query[2] & ANSWER_BIT) !== 0) return null;
  if ((query[2] & OPCODE_BITS) !== 0) return reply(query, HEADER_BYTES, Rcode.notImplemented);
  const nameEnd = skipName(query, HEADER_BYTES);
  const questionEnd = nameEnd + 4;
  const isWhole = nameEnd >= 0 && questionEnd <= query.length;
  if (query.readUInt16BE(Count.question) !== 1 || !isWhole) {
    return reply(query, HEADER_BYTES, Rcode.formatError);
  }
  const opt = findOpt(query, questionEnd);
  if (opt !== null && opt[6] !== 0) return reply(query, questionEnd, Rcode.badVersion, opt);
  if (query.readUInt16BE(nameEnd + 2) !== CLASS_IN) {
    return reply(query, questionEnd, Rcode.refused, opt);
  }
  const name = query.subarray(HEADER_BYTES, nameEnd);
  if (isBelowInvalid(name)) return reply(query, questionEnd, Rcode.noSuchName, opt);
  const type = query.readUInt16BE(nameEnd);
  const data = type === Type.a ? addresses.a : type === Type.aaaa ? addresses.aaaa : null;
  return reply(query, questionEnd, 0, opt, data === null ? null : record(type, data));
}

/** What a resolver says that can reach no server; `query` has a whole header. */
export function serverFailure(query: Buffer): Buffer {
  const nameEnd = skipName(query, HEADER_BYTES);
  const isWhole = nameEnd >= 0 && nameEnd + 4 <= query.length;
  return reply(query, isWhole ? nameEnd + 4 : HEADER_BYTES, Rcode.serverFailure);
}

/** The header, the query up to `end`, and the records. */
function reply(
  query: Buffer,
  end: number,
  rcode: number,
  opt: Buffer | null = null,
  answer: Buffer | null = null,
): Buffer {
  const head = Buffer.from(query.subarray(0, end));
  head[2] = ANSWER_BIT | (query[2] & (OPCODE_BITS | RECURSION_DESIRED_BIT));
  head[3] = RECURSION_AVAILABLE_BIT | (query[3] & CHECKING_DISABLED_BIT) | (rcode & 0x0f);
  head.writeUInt16BE(end > HEADER_BYTES ? 1 : 0, Count.question);
  head.writeUInt16BE(answer === null ? 0 : 1, Count.answer);
  head.writeUInt16BE(0, Count.authority);
  head.writeUInt16BE(opt === null ? 0 : 1, Count.additional);
  const records = answer === null ? [] : [answer];
  return Buffer.concat([head, ...records, ...(opt === null ? [] : [ownOpt(opt, rcode)])]);
}

function record(type: number, data: Buffer): Buffer {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt16BE(NAME_OF_QUESTION, 0);
  bytes.writeUInt16BE(type, 2);
  bytes.writeUInt16BE(CLASS_IN, 4);
  bytes.writeUInt32BE(TTL_SECONDS, 6);
  bytes.writeUInt16BE(data.length, 10);
  data.copy(bytes, 12);
  return bytes;
}

/** EDNS is answered by those who understand it (RFC 6891, 6.1.1), without the options. */
function ownOpt(asked: Buffer, rcode: number): Buffer {
  const bytes = Buffer.alloc(OPT_BYTES);
  bytes.writeUInt16BE(Type.opt, 1);
  bytes.writeUInt16BE(UDP_BYTES_MAX, 3);
  bytes[5] = rcode >> 4;
  bytes[7] = asked[7] & DNSSEC_OK_BIT;
  return bytes;
}

/** The fixed part of the query's OPT record; null without one, or behind what cannot be read. */
function findOpt(query: Buffer, begin: number): Buffer | null {
  let records = 0;
  for (const count of [Count.answer, Count.authority, Count.additional]) {
    records += query.readUInt16BE(count);
  }
  let at = begin;
  for (; records > 0; records--) {
    const nameEnd = skipName(query, at);
    // Type, class, TTL and length: what follows every name.
    if (nameEnd < 0 || nameEnd + 10 > query.length) return null;
    if (query.readUInt16BE(nameEnd) === Type.opt && nameEnd === at + 1) {
      return query.subarray(at, at + OPT_BYTES);
    }
    at = nameEnd + 10 + query.readUInt16BE(nameEnd + 8);
  }
  return null;
}

/** Behind the root label of the name at `begin`, or −1; a query has nothing that a pointer could mean. */
function skipName(bytes: Buffer, begin: number): number {
  let at = begin;
  while (at < bytes.length && at - begin < NAME_BYTES_MAX) {
    const length = bytes[at];
    if (length === 0) return at + 1;
    if (length > LABEL_BYTES_MAX) return -1;
    at += 1 + length;
  }
  return -1;
}

/** `invalid` itself, or a name whose last label it is. */
function isBelowInvalid(name: Buffer): boolean {
  let at = 0;
  while (name.length - at > INVALID.length) at += 1 + name[at];
  return name.toString('latin1', at).toLowerCase() === INVALID.toString('latin1');
}
