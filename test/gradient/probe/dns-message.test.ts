/** Queries as they leave, and what is taken for an answer: little else than an answer. */
import { type DecodedPacket, decode, encode, type Packet } from 'dns-packet';
import seedrandom from 'seedrandom';
import { describe, expect, test } from 'vitest';
import {
  type DnsQuestion,
  encodeQuery,
  readReply,
} from '../../../src/gradient/probe/dns-message.js';

const A: DnsQuestion = { id: 0x1234, name: 'www.example.test', type: 'A' };
const AAAA: DnsQuestion = { id: 0x1235, name: 'www.example.test', type: 'AAAA' };
const ANSWER: Packet = {
  type: 'response',
  id: A.id,
  questions: [{ name: A.name, type: 'A' }],
  answers: [{ type: 'A', name: A.name, ttl: 60, data: '192.0.2.1' }],
};
const RCODE = { nxdomain: 3, servfail: 2, formerr: 1, notimp: 4, refused: 5, badvers: 11 };

function reply(change: Partial<Packet> = {}) {
  return readReply(encode({ ...ANSWER, ...change }), [A, AAAA]);
}

/** Writes into the bytes of an answer. */
function damaged(damage: (bytes: Buffer) => Buffer | undefined) {
  const bytes = encode(ANSWER);
  return readReply(damage(bytes) ?? bytes, [A, AAAA]);
}

describe('encodeQuery', () => {
  test('asks one question, for recursion', () => {
    const query: DecodedPacket = decode(encodeQuery(AAAA, false));
    expect(query).toMatchObject({ id: 0x1235, type: 'query', flag_rd: true, flag_ad: false });
    expect(query.questions).toEqual([{ name: 'www.example.test', type: 'AAAA', class: 'IN' }]);
    expect(query.additionals).toEqual([]);
  });

  test('asks with EDNS as dig does', () => {
    const query = decode(encodeQuery(A, true));
    expect(query).toMatchObject({ flag_rd: true, flag_ad: true });
    expect(query.additionals).toMatchObject([{ type: 'OPT', name: '.', udpPayloadSize: 1_232 }]);
  });
});

describe('readReply', () => {
  test('knows which query is answered', () => {
    expect(reply()).toEqual({ query: 0, isTruncated: false, rejection: null });
    const second = {
      id: AAAA.id,
      questions: [{ name: A.name, type: 'AAAA' as const }],
      answers: [],
    };
    expect(reply(second)).toEqual({ query: 1, isTruncated: false, rejection: null });
  });

  test('takes names in any case', () => {
    expect(reply({ questions: [{ name: 'wWw.eXample.TEST', type: 'A' }] })).toMatchObject({
      query: 0,
    });
  });

  test('sees that it is truncated', () => {
    expect(reply({ flags: 1 << 9, answers: [] })).toMatchObject({ isTruncated: true });
  });

  test.each([
    ['NXDOMAIN', RCODE.nxdomain, null],
    ['SERVFAIL', RCODE.servfail, 'servfail'],
    ['FORMERR', RCODE.formerr, 'rcode formerr'],
    ['NOTIMP', RCODE.notimp, 'rcode notimp'],
    ['REFUSED', RCODE.refused, 'rcode refused'],
    ['another', RCODE.badvers, 'rcode 11'],
  ])('calls %s by its name', (_name, rcode, rejection) => {
    expect(reply({ flags: rcode, answers: [] })).toMatchObject({ query: 0, rejection });
  });

  test.each([
    ['another id', { id: 0x1236 }],
    ['the id of the other query', { id: AAAA.id }],
    ['a query', { type: 'query' as const }],
    ['another opcode', { flags: 4 << 11 }],
    ['another name', { questions: [{ name: 'ww.example.test', type: 'A' as const }] }],
    ['another type', { questions: [{ name: A.name, type: 'MX' as const }] }],
    ['another class', { questions: [{ name: A.name, type: 'A' as const, class: 'CH' as const }] }],
    ['no question', { questions: [] }],
    ['two questions', { questions: [...ANSWER.questions!, ...ANSWER.questions!] }],
  ])('does not take %s', (_name, change) => {
    expect(reply(change)).toBeNull();
  });

  test('does not take half a message, whatever is missing', () => {
    const whole = encode(ANSWER);
    for (let bytes = 0; bytes < whole.length; bytes++) {
      expect(readReply(whole.subarray(0, bytes), [A])).toBeNull();
    }
    expect(readReply(whole, [A])).not.toBeNull();
  });

  test('does not follow a name that points to itself', () => {
    const loop = (bytes: Buffer) => {
      bytes.writeUInt16BE(0xc000 | 12, 12);
      return undefined;
    };
    expect(damaged(loop)).toBeNull();
  });

  test('takes no random bytes, and never throws', () => {
    const random = seedrandom('garbage');
    for (let i = 0; i < 3_000; i++) {
      const noise = Buffer.from(Array.from({ length: random() * 100 }, () => random() * 256));
      // As an attacker that has guessed the id.
      if (noise.length > 3) noise.writeUInt32BE(0x1234_8180, 0);
      expect(readReply(noise, [A])).toBeNull();
    }
  });

  test.each([4, 6, 8, 10])('does not take more records than it has room for, at byte %i', (at) => {
    const many = (bytes: Buffer) => {
      bytes.writeUInt16BE(0xffff, at);
      return undefined;
    };
    expect(damaged(many)).toBeNull();
  });
});
