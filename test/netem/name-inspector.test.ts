/** Flows of whole packets, as the engine shows them to the inspector. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FLOWS_MAX } from '../../src/netem/limits.js';
import {
  NAME_ASSEMBLIES_MAX,
  NAME_PACKETS_BEGUN_MAX,
  NAME_PACKETS_MAX,
  NameInspector,
} from '../../src/netem/name-inspector.js';
import { LinkType, PacketView } from '../../src/packet/packet-view.js';
import { NAME_KNOWN, NAME_NONE, NAME_PENDING } from '../../src/packet/tls-client-hello.js';
import { RFC9001_CLIENT_INITIAL, RFC9369_CLIENT_INITIAL } from '../packet/rfc-initials.js';
import { bigClientHello, clientHello, records } from '../support/client-hello.js';
import { ascii, concat } from '../support/packet-bytes.js';
import * as packets from '../support/packets.js';
import * as quic from '../support/quic.js';

const SYN = 2;
const SYN_ACK = 0x12;
const CLIENT = '10.0.0.1';
const SERVER = '10.0.0.2';
const view = new PacketView();
const shared = new NameInspector();

/** One flow; packets come from its client unless told. */
class Flow {
  readonly inspector: NameInspector;
  readonly number: number;

  constructor(inspector = shared, number = 5) {
    this.inspector = inspector;
    this.number = number;
    inspector.begin(number);
  }

  /** `pending`, `none` or the name, after the packet. */
  see(packet: Uint8Array, fromServer = false): string {
    if (!view.parse(packet, 0, packet.length, LinkType.rawIp)) throw new Error('not parsed');
    const { inspector } = this;
    inspector.enter(this.number * 4 + (fromServer ? 3 : 0));
    if (inspector.state === NAME_PENDING) inspector.look(view);
    return this.result;
  }

  get result(): string {
    const { state, name } = this.inspector;
    if (state === NAME_KNOWN) return name;
    return state === NAME_NONE ? 'none' : 'pending';
  }

  segment(sequence: number, payload: Uint8Array, flags = 0x18): string {
    return this.see(
      packets.ip(CLIENT, SERVER, packets.tcp(4000, 443, { sequence, payload, flags })),
    );
  }

  answer(sequence: number, payload: Uint8Array, flags = 0x18): string {
    const transport = packets.tcp(443, 4000, { sequence, payload, flags });
    return this.see(packets.ip(SERVER, CLIENT, transport), true);
  }

  datagram(payload: Uint8Array): string {
    return this.see(packets.ip(CLIENT, SERVER, packets.udp(4000, 443, payload)));
  }

  reply(payload: Uint8Array): string {
    return this.see(packets.ip(SERVER, CLIENT, packets.udp(443, 4000, payload)), true);
  }
}

const NOTHING = new Uint8Array(0);
const hello = clientHello('a.example');

describe('TLS over TCP', () => {
  test('in one segment, after the handshake', () => {
    const flow = new Flow();
    expect(flow.segment(99, NOTHING, SYN)).toBe('pending');
    expect(flow.answer(499, NOTHING, SYN_ACK)).toBe('pending');
    expect(flow.segment(100, NOTHING, 0x10)).toBe('pending');
    expect(flow.segment(100, records(hello))).toBe('a.example');
    expect(flow.answer(500, ascii('anything'))).toBe('a.example');
  });

  test('in a SYN that carries data (RFC 7413)', () => {
    const bytes = records(hello);
    expect(new Flow().segment(99, bytes, SYN)).toBe('a.example');
    const flow = new Flow();
    expect(flow.segment(-1 >>> 0, bytes.subarray(0, 40), SYN)).toBe('pending');
    expect(flow.answer(7, NOTHING, SYN_ACK)).toBe('pending');
    expect(flow.segment(40, bytes.subarray(40))).toBe('a.example');
  });

  test('cut into any segments, in any order, some of them twice', () => {
    const bytes = records(bigClientHello('big.example'), 500);
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 5 });
    const start = fc.constantFrom(1, 1_000_000, 0x7fff_ff00, 0xffff_ff00);
    const property = fc.property(cuts, start, fc.integer(), (at, sequence, shuffle) => {
      const ends = [...at.sort((a, b) => a - b), bytes.length];
      const pieces = ends.map((end, i) => ({ from: ends[i - 1] ?? 0, end }));
      pieces.push(pieces[0]);
      pieces.sort((a, b) => Math.imul(a.end, shuffle | 1) - Math.imul(b.end, shuffle | 1));
      const flow = new Flow();
      flow.segment(sequence - 1, NOTHING, SYN);
      const there = new Set<number>();
      for (const { from, end } of pieces) {
        const found = flow.segment((sequence + from) % 2 ** 32, bytes.subarray(from, end));
        there.add(end);
        expect(found).toBe(there.size === ends.length ? 'big.example' : 'pending');
      }
    });
    fc.assert(property, { seed: 1, numRuns: 400 });
  });

  test('overlapping segments, and bytes from before the stream', () => {
    const bytes = records(hello);
    const flow = new Flow();
    flow.segment(99, NOTHING, SYN);
    expect(flow.segment(98, concat(ascii('xx'), bytes.subarray(0, 30)))).toBe('pending');
    expect(flow.segment(99, ascii('x'))).toBe('pending'); // A keep-alive probe (RFC 9293, 3.8.4).
    expect(flow.segment(110, bytes.subarray(10))).toBe('a.example');
  });

  test('of a connection whose SYN was not seen, when it begins with the ClientHello', () => {
    const bytes = records(hello);
    expect(new Flow().segment(5_000, bytes)).toBe('a.example');
    const flow = new Flow();
    expect(flow.segment(5_000, bytes.subarray(0, 20))).toBe('pending');
    expect(flow.segment(5_020, bytes.subarray(20))).toBe('a.example');
  });

  test('gives up at once when the first data is something else', () => {
    expect(new Flow().segment(100, ascii('GET / HTTP/1.1'))).toBe('none');
    expect(new Flow().segment(100, Uint8Array.of(0x17, 3, 3, 0, 20))).toBe('none');
    const smtp = new Flow();
    smtp.segment(99, NOTHING, SYN);
    smtp.answer(499, NOTHING, SYN_ACK);
    expect(smtp.answer(500, ascii('220 mail.example'))).toBe('none');
    // A ServerHello: the connection is older.
    expect(new Flow().answer(500, Uint8Array.of(22, 3, 3, 0, 90, 2, 0, 0))).toBe('none');
  });

  test('the ClientHello may come from the end that accepted the connection', () => {
    const flow = new Flow();
    flow.segment(99, NOTHING, SYN);
    flow.answer(499, NOTHING, SYN_ACK);
    expect(flow.answer(500, records(hello))).toBe('a.example');
  });

  test('what the other end sends meanwhile is not part of the stream', () => {
    const bytes = records(hello);
    const flow = new Flow();
    flow.segment(99, NOTHING, SYN);
    flow.answer(499, NOTHING, SYN_ACK);
    expect(flow.segment(100, bytes.subarray(0, 30))).toBe('pending');
    expect(flow.answer(500, new Uint8Array(900).fill(0xff))).toBe('pending');
    expect(flow.segment(130, bytes.subarray(30))).toBe('a.example');
  });

  test('gives up after so many packets, of which those without payload are none', () => {
    const bytes = records(bigClientHello('a.example'));
    const flow = new Flow();
    for (let i = 0; i < 100; i++) expect(flow.segment(100, NOTHING, 0x10)).toBe('pending');
    for (let i = 1; i < NAME_PACKETS_BEGUN_MAX; i++) {
      expect(flow.segment(100, bytes.subarray(0, 10))).toBe('pending');
    }
    expect(flow.segment(100, bytes.subarray(0, 10))).toBe('none');
    expect(flow.segment(100, bytes)).toBe('none');
  });

  test('a ClientHello of 16 KiB in full segments', () => {
    const bytes = records(bigClientHello('a.example', 16_000));
    const flow = new Flow();
    for (let at = 0; at < bytes.length; at += 1_448) {
      const last = at + 1_448 >= bytes.length;
      expect(flow.segment(100 + at, bytes.subarray(at, at + 1_448))).toBe(
        last ? 'a.example' : 'pending',
      );
    }
  });

  test('another SYN is another connection, the same one again is not', () => {
    const bytes = records(hello);
    const flow = new Flow();
    flow.segment(99, NOTHING, SYN);
    flow.segment(100, bytes.subarray(0, 50));
    flow.segment(99, NOTHING, SYN);
    expect(flow.segment(150, bytes.subarray(50, 60))).toBe('pending');
    flow.segment(9_999, NOTHING, SYN);
    expect(flow.segment(160, bytes.subarray(60))).toBe('pending');
    expect(flow.segment(10_000, records(clientHello('b.example')))).toBe('b.example');
  });
});

describe('QUIC', () => {
  const part = (message: Uint8Array, from: number, to = message.length) =>
    quic.crypto(from, message.subarray(from, to));
  const big = bigClientHello('big.example');

  test('the packets of the RFCs, both versions', () => {
    expect(new Flow().datagram(RFC9001_CLIENT_INITIAL)).toBe('example.com');
    expect(new Flow().datagram(RFC9369_CLIENT_INITIAL)).toBe('example.com');
  });

  test('a ClientHello in two Initials, the second for the server’s ID, in either order', () => {
    for (const version of [1, 2] as const) {
      const first = quic.initial(part(big, 0, 1_100), { version, padToBytes: 1_160 });
      const second = quic.initial(part(big, 1_100), { version, number: 1, padToBytes: 1_160 });
      const later = quic.initial(part(big, 1_100), {
        version,
        number: 1,
        destinationId: quic.SERVER_ID,
        keyId: quic.CLIENT_ID,
      });
      const inOrder = new Flow();
      expect([inOrder.datagram(first), inOrder.datagram(second)]).toEqual([
        'pending',
        'big.example',
      ]);
      const reversed = new Flow();
      expect([reversed.datagram(second), reversed.datagram(first)]).toEqual([
        'pending',
        'big.example',
      ]);
      const answered = new Flow();
      const ack = quic.initial(Uint8Array.of(2, 0, 0, 0, 0), {
        version,
        by: 'server',
        keyId: quic.CLIENT_ID,
        destinationId: new Uint8Array(0),
        sourceId: quic.SERVER_ID,
      });
      expect(answered.datagram(first)).toBe('pending');
      expect(answered.reply(ack)).toBe('pending');
      expect(answered.datagram(later)).toBe('big.example');
    }
  });

  test('cut into frames out of order within a datagram, as Chromium does', () => {
    const cuts = [0, 700, 40, 1_000, 90, 300].sort((a, b) => (b % 97) - (a % 97));
    const ends = [...cuts].sort((a, b) => a - b);
    const frames = cuts.map((from) => part(big, from, ends[ends.indexOf(from) + 1] ?? 1_100));
    const shuffled = frames.flatMap((frame) => [Uint8Array.of(1), frame, new Uint8Array(5)]);
    const flow = new Flow();
    expect(flow.datagram(quic.initial(concat(...shuffled)))).toBe('pending');
    expect(flow.datagram(quic.initial(part(big, 1_100), { number: 1 }))).toBe('big.example');
  });

  test('in coalesced packets, behind packets of other kinds', () => {
    const first = quic.initial(part(hello, 0, 50));
    const second = quic.initial(part(hello, 50), { number: 1 });
    expect(new Flow().datagram(concat(first, second))).toBe('a.example');
    expect(new Flow().datagram(concat(quic.long('0rtt'), first, second))).toBe('a.example');
    const flow = new Flow();
    expect(flow.datagram(quic.long('0rtt'))).toBe('pending');
    expect(flow.datagram(concat(second, quic.long('0rtt')))).toBe('pending');
    expect(flow.datagram(concat(first, quic.long('0rtt'), quic.short()))).toBe('a.example');
  });

  test('after a Retry the keys are those of the new ID, and the ClientHello begins again', () => {
    const flow = new Flow();
    expect(flow.datagram(quic.initial(part(big, 0, 1_100)))).toBe('pending');
    expect(flow.reply(quic.retry())).toBe('pending');
    const other = bigClientHello('new.example');
    const options = { destinationId: quic.SERVER_ID, token: ascii('a token') };
    const again = [part(other, 0, 1_100), part(other, 1_100)];
    // Nothing of the first attempt is left: its half and this one make no ClientHello.
    expect(flow.datagram(quic.initial(again[1], { ...options, number: 2 }))).toBe('pending');
    expect(flow.datagram(quic.initial(again[0], { ...options, number: 1 }))).toBe('new.example');
  });

  test('what the other end sends meanwhile is not part of the stream', () => {
    const flow = new Flow();
    expect(flow.datagram(quic.initial(part(big, 0, 1_100)))).toBe('pending');
    expect(flow.reply(quic.initial(part(hello, 0), { destinationId: quic.SERVER_ID }))).toBe(
      'pending',
    );
    expect(flow.datagram(quic.initial(part(big, 1_100), { number: 1 }))).toBe('big.example');
  });

  test('after a version negotiation', () => {
    const flow = new Flow();
    const unknown = quic.initial(part(hello, 0));
    unknown.set([0x1a, 0x2a, 0x3a, 0x4a], 1);
    expect(flow.datagram(unknown)).toBe('pending');
    expect(flow.reply(quic.versionNegotiation())).toBe('pending');
    expect(flow.datagram(quic.initial(part(hello, 0)))).toBe('a.example');
  });

  test('the client may be either end', () => {
    expect(new Flow().reply(quic.initial(part(hello, 0)))).toBe('a.example');
  });

  test('without a name in it: none at once', () => {
    const nameless = clientHello(null);
    expect(new Flow().datagram(quic.initial(quic.crypto(0, nameless)))).toBe('none');
  });

  test('gives up after so many datagrams that are none, empty ones not counted', () => {
    const samples = [quic.short(), ascii('hello there, this is no QUIC'), quic.long('initial')];
    for (const datagram of samples) {
      const flow = new Flow();
      for (let i = 0; i < 50; i++) expect(flow.datagram(NOTHING)).toBe('pending');
      for (let i = 1; i < NAME_PACKETS_MAX; i++) expect(flow.datagram(datagram)).toBe('pending');
      expect(flow.datagram(datagram)).toBe('none');
      expect(flow.datagram(RFC9001_CLIENT_INITIAL)).toBe('none');
    }
  });

  test('packets to another destination do not belong into the datagram (RFC 9000, 12.2)', () => {
    const first = quic.initial(part(hello, 0, 50));
    const stray = quic.initial(part(hello, 50), { number: 1, destinationId: ascii('stranger') });
    expect(new Flow().datagram(concat(first, stray))).toBe('pending');
  });

  test('only the first packets of a datagram are looked at', () => {
    const others = Array.from({ length: 8 }, () => quic.long('0rtt'));
    const initial = quic.initial(part(hello, 0));
    expect(new Flow().datagram(concat(...others, initial))).toBe('pending');
    expect(new Flow().datagram(concat(...others.slice(1), initial))).toBe('a.example');
  });
});

describe('flows', () => {
  test('are kept apart, however their packets interleave', () => {
    const names = Array.from({ length: 30 }, (_, i) => `host-${i}.example`);
    const flows = names.map((_, i) => new Flow(shared, i === 0 ? FLOWS_MAX - 1 : i));
    const isTcp = (i: number) => i % 2 === 0;
    const messages = names.map((name, i) => {
      const message = bigClientHello(name);
      return isTcp(i) ? records(message) : message;
    });
    const send = (i: number, from: number, to?: number) => {
      const part = messages[i].subarray(from, to);
      if (isTcp(i)) return flows[i].segment(1 + from, part);
      return flows[i].datagram(quic.initial(quic.crypto(from, part)));
    };
    for (let i = 0; i < 30; i++) if (isTcp(i)) flows[i].segment(0, NOTHING, SYN);
    for (let i = 29; i >= 0; i--) expect(send(i, 1_000)).toBe('pending');
    for (let i = 0; i < 30; i++) expect(send(i, 0, 400)).toBe('pending');
    for (let i = 29; i >= 0; i--) expect(send(i, 400, 1_000)).toBe(names[i]);
    for (let i = 0; i < 30; i++) expect(flows[i].reply(quic.short())).toBe(names[i]);
  });

  test('a new flow under an old number begins anew', () => {
    const inspector = new NameInspector();
    expect(new Flow(inspector).segment(1, records(hello))).toBe('a.example');
    expect(new Flow(inspector).segment(1, records(clientHello('b.example')))).toBe('b.example');
    const half = new Flow(inspector);
    half.segment(1, records(hello).subarray(0, 30));
    expect(new Flow(inspector).segment(31, records(hello).subarray(30))).toBe('none');
    expect(new Flow(inspector).segment(1, records(hello))).toBe('a.example');
  });

  test('beyond the limit, the one without news for longest has no name', () => {
    const inspector = new NameInspector();
    const bytes = records(hello);
    const flows = Array.from({ length: NAME_ASSEMBLIES_MAX + 1 }, (_, i) => new Flow(inspector, i));
    for (const flow of flows.slice(0, -1)) flow.segment(1, bytes.subarray(0, 20));
    flows[0].segment(1, bytes.subarray(0, 20));
    expect(flows.at(-1)!.segment(1, bytes.subarray(0, 20))).toBe('pending');
    const ends = flows.map((flow) => flow.segment(21, bytes.subarray(20)));
    const expected = flows.map((_, i) => (i === 1 ? 'none' : 'a.example'));
    expect(ends).toEqual(expected);
  });

  test('that complete leave room for as many others', () => {
    const inspector = new NameInspector();
    for (let i = 0; i < 3 * NAME_ASSEMBLIES_MAX; i++) {
      const flow = new Flow(inspector, i);
      flow.segment(1, records(hello).subarray(0, 20));
      expect(flow.segment(21, records(hello).subarray(20))).toBe('a.example');
    }
  });

  test('of other protocols have no name', () => {
    expect(new Flow().see(packets.ip(CLIENT, SERVER, packets.icmpEcho(1)))).toBe('none');
    expect(new Flow().see(packets.ip(CLIENT, SERVER, packets.sctp(1, 443)))).toBe('none');
  });
});

test('whatever the bytes: it ends, and never throws', () => {
  const big = bigClientHello('big.example');
  const seeds = [
    RFC9001_CLIENT_INITIAL,
    quic.initial(quic.crypto(0, big.subarray(0, 1_100))),
    concat(quic.initial(quic.crypto(1_100, big.subarray(1_100)), { number: 1 }), quic.long('0rtt')),
    quic.retry(),
    records(big),
    records(hello, 30),
  ];
  const change = fc.tuple(fc.nat(1_300), fc.nat(255));
  const packet = fc.record({
    seed: fc.constantFrom(...seeds),
    // Near the beginning, where the lengths are.
    changes: fc.array(fc.oneof(change, fc.tuple(fc.nat(30), fc.nat(255))), { maxLength: 3 }),
    length: fc.oneof(fc.constant(2_000), fc.nat(2_000)),
    way: fc.nat(3),
    sequence: fc.constantFrom(1, 100, 0xffff_fff0),
    flags: fc.constantFrom(2, 0x10, 0x18),
  });
  const results = new Map<string, number>();
  const property = fc.property(fc.array(packet, { minLength: 1, maxLength: 6 }), (all) => {
    const flow = new Flow();
    for (const { seed, changes, length, way, sequence, flags } of all) {
      const payload = seed.slice(0, length);
      for (const [at, value] of changes) if (at < payload.length) payload[at] = value;
      if (way === 0) flow.datagram(payload);
      else if (way === 1) flow.reply(payload);
      else if (way === 2) flow.segment(sequence, payload, flags);
      else flow.answer(sequence, payload, flags);
    }
    results.set(flow.result, (results.get(flow.result) ?? 0) + 1);
  });
  fc.assert(property, { seed: 1, numRuns: 1_500 });
  for (const result of ['none', 'pending', 'example.com', 'big.example']) {
    expect([result, results.get(result) ?? 0]).not.toEqual([result, 0]);
  }
});
