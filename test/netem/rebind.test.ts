import seedrandom from 'seedrandom';
import { describe, expect, test } from 'vitest';
import { NatTable } from '../../src/netem/nat-table.js';
import { LinkType, PacketView } from '../../src/packet/packet-view.js';
import { parsePrefix } from '../../src/rules/address.js';
import { NatLab, portsOf, sourceOf } from '../support/nat-lab.js';
import { icmpEcho, ip, ipv6, sctp, type Transport, tcp, udp } from '../support/packets.js';
import { fakeKit } from '../support/stage-kit.js';

const HOST4 = '10.0.0.1';
const HOST6 = 'fd00::1';
const PEER4 = '192.0.2.7';
const PEER6 = '2001:db8::7';

const query = ip(HOST4, PEER4, udp(40_000, 443, Uint8Array.of(1, 2, 3)));

/** What the remote answers to whom it sees. */
const answerTo = (port: number, host = HOST4) =>
  ip(PEER4, host, udp(443, port, Uint8Array.of(9, 9)));

/** The source port of the query when it goes out at these times. */
const portsAt = (lab: NatLab, ...times: number[]) =>
  times.map((time) => portsOf(lab.send(query, time).bytes)[0]);

describe('the epochs', () => {
  test('nothing changes before the first rebinding', () => {
    const lab = new NatLab();
    for (const time of [0, 0.5, 0.999_999_999]) {
      expect(lab.send(query, time)).toEqual({ bytes: query, isDropped: false, isRebound: false });
    }
    expect(lab.send(query, 1).isRebound).toBe(true);
  });

  test('then each has a port of its own', () => {
    const [a, b, c, d, e, f] = portsAt(new NatLab(), 1, 5.999_999_999, 6, 10.5, 11, 1_000_000);
    expect([b, d]).toEqual([a, c]);
    expect(new Set([40_000, a, c, e, f]).size).toBe(5);
    for (const port of [a, c, e, f]) {
      expect(port).toBeGreaterThanOrEqual(32_768);
      expect(port).toBeLessThanOrEqual(60_999);
    }
  });

  test('the port changes even where the draw is the one that the flow has', () => {
    const rebind = { addresses: parsePrefix('198.51.100.0/24') };
    const [drawn] = portsAt(new NatLab(rebind), 1);
    const { bytes } = new NatLab(rebind).send(ip(HOST4, PEER4, udp(drawn, 443)), 1);
    expect(portsOf(bytes)[0]).not.toBe(drawn);
  });

  test('they count from when the rule came into force, and may be two only', () => {
    const late = new NatLab({}, { startNs: 100e9 });
    expect(portsAt(late, 0, 100, 100.9)).toEqual([40_000, 40_000, 40_000]);
    expect(portsAt(late, 101)).not.toEqual([40_000]);
    const [first, ...later] = portsAt(new NatLab({ everyNs: 0, firstNs: 2e9 }), 1, 2, 7, 1e6);
    expect(first).toBe(40_000);
    expect(new Set(later).size).toBe(1);
    expect(later[0]).not.toBe(40_000);
  });

  test('a port is a draw for flow and epoch, whatever came before', () => {
    const flows = [0, 1, 2, 3].map((flow) => ({
      flow,
      packet: ip(HOST4, PEER4, udp(40_000 + flow, 443)),
    }));
    const ports = (order: typeof flows, seed: string, ...times: number[]) => {
      const lab = new NatLab({}, { seed });
      const sent = order.map(({ flow, packet }) =>
        times.map((time) => `${flow}: ${portsOf(lab.send(packet, time, flow).bytes)[0]}`).at(-1),
      );
      return sent.sort();
    };
    const expected = ports(flows, '1', 13);
    expect(ports(flows.toReversed(), '1', 2, 7, 12)).toEqual(expected);
    expect(ports(flows, '2', 13)).not.toEqual(expected);
  });

  test('a change of values that moves no epoch moves no port', () => {
    const lab = new NatLab();
    const [port] = portsAt(lab, 7);
    lab.change({ everyNs: 5e9 });
    expect(portsAt(lab, 7.5)).toEqual([port]);
  });

  test('under a new rule a flow goes by its own port again', () => {
    const lab = new NatLab();
    const [port] = portsAt(lab, 7);
    lab.change({}, fakeKit({ startNs: 8e9 }));
    // What comes to the mapping is too late, as ever after a rebinding.
    expect(lab.receive(answerTo(port), 8.1).isDropped).toBe(true);
    expect(lab.send(query, 8.2)).toEqual({ bytes: query, isDropped: false, isRebound: false });
    expect(lab.receive(answerTo(40_000), 8.3).isDropped).toBe(false);
    expect(lab.receive(answerTo(port), 8.4)).toMatchObject({
      isDropped: true,
      status: NatTable.STALE,
    });
  });
});

describe('the bytes', () => {
  const random = seedrandom('rebind');
  const below = (limit: number) => Math.floor(random() * limit);
  const payload = () => Uint8Array.from({ length: below(60) }, () => below(256));

  test.each([
    ['UDP over IPv4', HOST4, PEER4, (from: number, to: number) => udp(from, to, payload())],
    ['UDP over IPv6', HOST6, PEER6, (from: number, to: number) => udp(from, to, payload())],
    ['TCP over IPv4', HOST4, PEER4, (from: number, to: number) => tcp(from, to)],
    ['TCP over IPv6', HOST6, PEER6, (from: number, to: number) => tcp(from, to)],
  ])('%s: what goes out and what is mapped back is as if made so', (_, host, peer, transport) => {
    for (const addresses of [null, '198.51.100.0/24', '2001:db8:1::/48']) {
      const lab = new NatLab({ addresses: addresses === null ? null : parsePrefix(addresses) });
      for (let flow = 0; flow < 25; flow++) {
        const port = 1 + below(65_535);
        const outgoing = transport(port, 443);
        const sent = lab.send(ip(host, peer, outgoing), 1, flow);
        const [outerPort] = portsOf(sent.bytes);
        const outerAddress = sourceOf(sent.bytes);
        const seen = withPorts(outgoing, outerPort, 443);
        expect(sent.bytes).toEqual(ip(outerAddress, peer, seen));
        expect(lab.view.sourcePort).toBe(port);

        const answer = transport(443, outerPort);
        const received = lab.receive(ip(peer, outerAddress, answer), 1, flow);
        const expected = ip(peer, host, withPorts(answer, 443, port));
        expect(received).toEqual({
          bytes: expected,
          isDropped: false,
          isRebound: false,
          status: NatTable.MAPPED,
        });
        expectSameView(lab.view, expected);

        lab.nat.unmap(lab.view);
        expect(lab.view.bytes).toEqual(ip(peer, outerAddress, answer));
        expectSameView(lab.view, lab.view.bytes);
      }
    }
  });

  test('an answer can be given to the sender: what went out is changed back', () => {
    for (const packet of [query, ip(HOST6, PEER6, tcp(1, 2))]) {
      const lab = new NatLab({ addresses: parsePrefix('198.51.100.0/24') });
      expect(lab.send(packet, 1).bytes).not.toEqual(packet);
      lab.nat.unmap(lab.view);
      expect(lab.view.bytes).toEqual(packet);
      // The next packet is not touched: it was not changed.
      const ping = ip(HOST4, PEER4, icmpEcho(7));
      lab.send(ping, 1);
      lab.nat.unmap(lab.view);
      expect(lab.view.bytes).toEqual(ping);
    }
  });

  test('UDP without a checksum stays without', () => {
    const packet = query.slice();
    packet.fill(0, 26, 28);
    const { bytes } = new NatLab().send(packet, 1);
    expect([...bytes.slice(26, 28)]).toEqual([0, 0]);
    expect(bytes.slice(20, 22)).not.toEqual(packet.slice(20, 22));
  });

  test('a packet cut short has what is there changed', () => {
    const segment = ip(HOST4, PEER4, tcp(40_000, 443, { payload: payload() }));
    for (const length of [24, 30, 37, 38, 40]) {
      const { bytes } = new NatLab().send(segment.slice(0, length), 1);
      const { bytes: whole } = new NatLab().send(segment, 1);
      const isMended = length >= 38;
      expect(bytes.slice(0, 36)).toEqual(whole.slice(0, Math.min(36, length)));
      expect(bytes.slice(36)).toEqual((isMended ? whole : segment).slice(36, length));
    }
  });

  test('what has no ports, or no TCP or UDP, is left alone', () => {
    const lab = new NatLab({ addresses: parsePrefix('198.51.100.0/24') });
    for (const transport of [icmpEcho(7), sctp(40_000, 443)]) {
      const packet = ip(HOST4, PEER4, transport);
      expect(lab.send(packet, 1)).toEqual({ bytes: packet, isDropped: false, isRebound: false });
      expect(lab.receive(packet, 7)).toMatchObject({ bytes: packet, isDropped: false });
    }
    const cut = query.slice(0, 22);
    expect(lab.send(cut, 1).bytes).toEqual(cut);
  });
});

describe('forgotten mappings', () => {
  test('what comes to one is the flow’s, and dropped', () => {
    const lab = new NatLab();
    const [first, second] = portsAt(lab, 2, 7);
    expect(lab.receive(answerTo(second), 8)).toMatchObject({ isDropped: false });
    expect(lab.receive(answerTo(first), 8)).toMatchObject({
      isDropped: true,
      status: NatTable.STALE,
      bytes: answerTo(40_000),
    });
    // Still so after many more.
    portsAt(lab, 12, 17, 22, 27);
    expect(lab.receive(answerTo(first), 28)).toMatchObject({ isDropped: true });
  });

  test('they are forgotten when the time has come, not when the host sends again', () => {
    const lab = new NatLab();
    const [port] = portsAt(lab, 2);
    expect(lab.receive(answerTo(port), 5.999).isDropped).toBe(false);
    expect(lab.receive(answerTo(port), 6).isDropped).toBe(true);
  });

  test('so is the port that the host itself has, from the first rebinding on', () => {
    const lab = new NatLab();
    portsAt(lab, 0.5);
    expect(lab.receive(answerTo(40_000), 0.6).isDropped).toBe(false);
    expect(lab.receive(answerTo(40_000), 1).isDropped).toBe(true);
    const [port] = portsAt(lab, 1.1);
    expect(lab.receive(answerTo(40_000), 1.2)).toMatchObject({
      isDropped: true,
      status: NatTable.UNMAPPED,
      bytes: answerTo(40_000),
    });
    expect(lab.receive(answerTo(port), 1.3).isDropped).toBe(false);
  });

  test('what comes from where the host never sent passes as it is', () => {
    const lab = new NatLab();
    const [port] = portsAt(lab, 2);
    const strange = ip('192.0.2.8', HOST4, udp(443, port));
    expect(lab.receive(strange, 2)).toMatchObject({ bytes: strange, isDropped: false });
    const otherPort = ip(PEER4, HOST4, udp(444, port));
    expect(lab.receive(otherPort, 2)).toMatchObject({ bytes: otherPort, isDropped: false });
    const otherProtocol = ip(PEER4, HOST4, tcp(443, port));
    expect(lab.receive(otherProtocol, 2)).toMatchObject({ bytes: otherProtocol, isDropped: false });
  });

  test('without any rule that rebinds nothing is looked up', () => {
    const view = new PacketView();
    view.parse(query.slice(), 0, query.length, LinkType.rawIp);
    expect(new NatTable().inbound(view)).toBe(NatTable.UNMAPPED);
    expect(view.bytes).toEqual(query);
  });
});

test('extension headers stand where they stood', () => {
  const extensions = [{ type: 60, rest: Uint8Array.of(0, 1, 4, 0, 0, 0, 0) }];
  const packet = ipv6(HOST6, PEER6, tcp(40_000, 443), { extensions });
  const lab = new NatLab();
  const { bytes } = lab.send(packet, 1);
  const port = (bytes[48] << 8) | bytes[49];
  expect(bytes).toEqual(ipv6(HOST6, PEER6, tcp(port, 443), { extensions }));
});

function withPorts(transport: Transport, from: number, to: number): Transport {
  const bytes = transport.bytes.slice();
  bytes.set([from >> 8, from & 0xff, to >> 8, to & 0xff]);
  return { ...transport, bytes };
}

/** The view says what a fresh one would of these bytes. */
function expectSameView(view: PacketView, bytes: Uint8Array): void {
  const fresh = new PacketView();
  fresh.parse(bytes, 0, bytes.length, LinkType.rawIp);
  const { bytes: _, ...fields } = fresh;
  expect(view).toMatchObject(fields);
}
