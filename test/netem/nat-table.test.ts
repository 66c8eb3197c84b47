import assert from 'node:assert';
import seedrandom from 'seedrandom';
import { describe, expect, test } from 'vitest';
import { NatTable } from '../../src/netem/nat-table.js';
import { REBIND_PORT_MAX, REBIND_PORT_MIN } from '../../src/netem/rebind.js';
import { parsePrefix } from '../../src/rules/address.js';
import { NatLab, portsOf, sourceOf } from '../support/nat-lab.js';
import { concat, fragmentIpv4, fragmentIpv6, ip, udp } from '../support/packets.js';

const HOST4 = '10.0.0.1';
const PEER4 = '192.0.2.7';
const HOST6 = 'fd00::1';
const PEER6 = '2001:db8::7';

const TEMPLATE = ip(HOST4, PEER4, udp(1, 443));

/**
 * A packet of one of many flows to the same port of PEER4, or to the `peer`-th host: made fast, since tests
 * need many, so with a wrong checksum.
 */
function packetOf(flow: number, peer = 0): Uint8Array {
  const packet = TEMPLATE.slice();
  const port = 1 + (flow & 0x3fff);
  packet.set([10, 0, flow >> 14, 1], 12);
  if (peer > 0) packet.set([172, 16 + (peer >> 16), (peer >> 8) & 255, peer & 255], 16);
  packet.set([port >> 8, port & 255], 20);
  return packet;
}

describe('no two flows have the same endpoint towards a remote', () => {
  test('in epochs that follow each other', () => {
    const lab = new NatLab({ addresses: parsePrefix('198.51.100.7/32') });
    const flows = 10_000;
    // More than there are ports: in the end those that were forgotten are given again.
    for (const time of [1, 6, 11, 16]) {
      const owner = new Map<number, number>();
      for (let flow = 0; flow < flows; flow++) {
        const sent = lab.send(packetOf(flow), time, flow);
        assert(!sent.isDropped, 'there is a port');
        const [port] = portsOf(sent.bytes);
        assert(!owner.has(port), 'nobody else has it');
        owner.set(port, flow);
      }
      // And each is mapped back to its own.
      for (const [port, flow] of owner) {
        if (flow % 100 !== 0) continue;
        const back = lab.receive(ip(PEER4, '198.51.100.7', udp(443, port)), time, flow);
        expect(back).toMatchObject({ status: NatTable.MAPPED, isDropped: false });
        expect(portsOf(back.bytes)).toEqual([443, 1 + (flow & 0x3fff)]);
      }
    }
  });

  test('when there are more flows than ports, some get none and are dropped', () => {
    const lab = new NatLab({ addresses: parsePrefix('198.51.100.7/32') });
    const ports = REBIND_PORT_MAX - REBIND_PORT_MIN + 1;
    const seen = new Set<number>();
    let dropped = 0;
    for (let flow = 0; flow < ports + 1_000; flow++) {
      const sent = lab.send(packetOf(flow), 1, flow);
      if (sent.isDropped) dropped++;
      else {
        const [port] = portsOf(sent.bytes);
        assert(!seen.has(port), 'nobody else has it');
        seen.add(port);
      }
    }
    expect(dropped).toBe(ports + 1_000 - seen.size);
    // The draws find nearly all of them.
    expect(seen.size).toBeGreaterThan(ports - 500);
    expect(dropped).toBeGreaterThanOrEqual(1_000);
    // Towards another remote all are free.
    expect(lab.send(packetOf(40_000, 1), 1, 40_000).isDropped).toBe(false);
  });

  test('a port that some flow has itself is not given', () => {
    // Every second port is used before the first rebinding.
    const lab = new NatLab();
    const own = new Set<number>();
    for (let port = REBIND_PORT_MIN; port <= REBIND_PORT_MAX; port += 2) {
      lab.send(ip(HOST4, PEER4, udp(port, 443)), 0, port);
      own.add(port);
    }
    for (let flow = 0; flow < 1_000; flow++) {
      const [port] = portsOf(lab.send(ip(HOST4, PEER4, udp(1 + flow, 443)), 1, flow).bytes);
      assert(!own.has(port), 'a free one');
    }
  });
});

describe('of what was not used for longest the NAT forgets', () => {
  const FLOWS = 16;
  const newLab = () => new NatLab({ everyNs: 1e9 }, {}, new NatTable(FLOWS));
  const send = (lab: NatLab, flow: number, time = 1) =>
    portsOf(lab.send(packetOf(0, 1 + flow), time, flow).bytes)[0];
  const receive = (lab: NatLab, flow: number, port: number, time = 1) =>
    lab.receive(ip(`172.16.0.${1 + flow}`, HOST4, udp(443, port)), time, flow);

  test('flows that are too many', () => {
    const lab = newLab();
    const ports = Array.from({ length: FLOWS }, (_, flow) => send(lab, flow));
    expect(send(lab, 0)).toBe(ports[0]);
    // One more than fits: flow 1 goes, and what comes to it is of no use.
    send(lab, FLOWS);
    expect(receive(lab, 1, ports[1]).isDropped).toBe(true);
    expect(receive(lab, 0, ports[0]).isDropped).toBe(false);
    // It gets another port, since it might be another flow now.
    expect(send(lab, 1)).not.toBe(ports[1]);
  });

  test('but not what is used, however many others come', () => {
    const lab = newLab();
    const port = send(lab, 0);
    for (let flow = 1; flow < 200; flow++) {
      send(lab, flow);
      expect(send(lab, 0)).toBe(port);
      expect(receive(lab, 0, port).isDropped).toBe(false);
    }
  });

  test('mappings that another rule outnumbers', () => {
    const slow = newLab();
    slow.change({ everyNs: 0 });
    const fast = new NatLab({ everyNs: 1e9 }, { rule: 'udp' }, slow.nat);
    const port = send(slow, 0);
    for (let time = 1; time < 3 * FLOWS; time++) send(fast, 1, time);
    // The flow itself is known, its mapping is another's now.
    const time = 3 * FLOWS;
    expect(receive(slow, 0, port, time)).toMatchObject({ status: NatTable.UNMAPPED });
    const { bytes } = slow.send(packetOf(0, 1), time);
    expect(sourceOf(bytes)).toBe(HOST4);
    expect(receive(slow, 0, portsOf(bytes)[0], time).isDropped).toBe(false);
    expect(receive(fast, 1, send(fast, 1, time), time).isDropped).toBe(false);
  });

  test('as a model of lists says: the last flows are mapped back, in every epoch', () => {
    const random = seedrandom('nat');
    const lab = newLab();
    /** The flows that sent last, and the port of each with its time. */
    let recent: { flow: number; port: number; epoch: number }[] = [];
    for (let step = 0; step < 20_000; step++) {
      const time = 1 + step / 200;
      const epoch = Math.floor(time);
      const flow = Math.floor(random() * 24);
      const port = send(lab, flow, time);
      const known = recent.find((entry) => entry.flow === flow);
      if (known?.epoch === epoch) assert.equal(port, known.port);
      recent = recent.filter((entry) => entry.flow !== flow).slice(1 - FLOWS);
      recent.push({ flow, port, epoch });
      const asked = recent[Math.floor(random() * recent.length)];
      const isOwn = asked.epoch === epoch;
      assert.equal(receive(lab, asked.flow, asked.port, time).isDropped, !isOwn);
      if (isOwn) assert.equal(lab.view.destinationPort, 1);
    }
  });
});

describe('addresses', () => {
  /** The outer addresses of the epochs 1 … count. */
  function addresses(text: string, count: number, host = HOST4, peer = PEER4): string[] {
    const lab = new NatLab({ addresses: parsePrefix(text) });
    const packets = [1000, 1001, 1002].map((port) => ip(host, peer, udp(port, 443)));
    return Array.from({ length: count }, (_, epoch) => {
      const seen = packets.map((packet, flow) =>
        sourceOf(lab.send(packet, 1 + 5 * epoch, flow).bytes),
      );
      expect(new Set(seen).size).toBe(1);
      return seen[0]!;
    });
  }

  test.each([
    ['198.51.100.0/24', 254, /^198\.51\.100\.\d+$/],
    ['198.51.100.64/29', 6, /^198\.51\.100\.(6[5-9]|70)$/],
    ['198.51.100.4/30', 2, /^198\.51\.100\.[56]$/],
    ['198.51.100.4/31', 2, /^198\.51\.100\.[45]$/],
    ['10.0.0.0/8', 2 ** 24 - 2, /^10\./],
  ])('of %s: each epoch another of its %d', (text, size, pattern) => {
    const seen = addresses(text, 400);
    for (const [i, address] of seen.entries()) {
      expect(address).toMatch(pattern);
      expect(address).not.toMatch(/^198\.51\.100\.(0|255)$/);
      expect(address).not.toBe(seen[i - 1] ?? HOST4);
    }
    expect(new Set(seen).size).toBeGreaterThan(Math.min(size, 400) * 0.7);
  });

  test('the first is not the host’s own', () => {
    const [drawn] = addresses('198.51.100.0/24', 1);
    expect(addresses('198.51.100.0/24', 1, drawn)).not.toEqual([drawn]);
  });

  test('of one address: the ports change', () => {
    expect(new Set(addresses('198.51.100.9/32', 20))).toEqual(new Set(['198.51.100.9']));
    const lab = new NatLab({ addresses: parsePrefix('198.51.100.9/32') });
    const ports = [1, 6, 11].map((time) => portsOf(lab.send(packetOf(0), time).bytes)[0]);
    expect(new Set(ports).size).toBe(3);
  });

  test('of IPv6, in all bits that are free', () => {
    const seen = addresses('2001:db8:77::/48', 100, HOST6, PEER6);
    for (const address of seen) expect(address).toMatch(/^2001:db8:77:/);
    expect(new Set(seen.map((address) => address.split(':')[3])).size).toBeGreaterThan(90);
    expect(new Set(seen).size).toBe(100);
    const few = addresses('2001:db8::4/126', 50, HOST6, PEER6);
    expect(new Set(few)).toEqual(new Set(['2001:db8:0:0:0:0:0:5', '2001:db8:0:0:0:0:0:6']));
  });

  test('of the other IP version: only the port changes', () => {
    const lab = new NatLab({ addresses: parsePrefix('2001:db8:77::/48') });
    const { bytes } = lab.send(packetOf(0), 1);
    expect(sourceOf(bytes)).toBe('10.0.0.1');
    expect(portsOf(bytes)[0]).toBeGreaterThanOrEqual(REBIND_PORT_MIN);
  });

  test('of another prefix, when the rule’s value changes', () => {
    const lab = new NatLab({ addresses: parsePrefix('198.51.100.0/24') });
    const old = sourceOf(lab.send(packetOf(0), 1, 0).bytes);
    lab.change({ addresses: parsePrefix('203.0.113.0/24') });
    expect(sourceOf(lab.send(packetOf(0), 2, 0).bytes)).toBe(old);
    expect(sourceOf(lab.send(packetOf(1), 2, 1).bytes)).toMatch(/^203\.0\.113\./);
    expect(sourceOf(lab.send(packetOf(0), 6, 0).bytes)).toMatch(/^203\.0\.113\./);
  });
});

describe('fragments', () => {
  const payload = Uint8Array.from({ length: 100 }, (_, i) => i);
  const cases: [string, string, string, (packet: Uint8Array) => Uint8Array[]][] = [
    ['IPv4', HOST4, PEER4, (packet) => fragmentIpv4(packet, 48)],
    ['IPv6', HOST6, PEER6, (packet) => fragmentIpv6(packet, 48, 77)],
  ];

  test.each(cases)('%s: what goes out reassembles', (_, host, peer, split) => {
    for (const addresses of [null, '198.51.100.0/24', '2001:db8:77::/48']) {
      const lab = new NatLab({ addresses: addresses === null ? null : parsePrefix(addresses) });
      const pieces = split(ip(host, peer, udp(40_000, 443, payload)));
      const sent = pieces.map((piece) => {
        // The engine knows a later fragment's ports from the first; here the first knows them itself.
        return piece === pieces[0]
          ? lab.send(piece, 1).bytes
          : lab.sendLater(piece, 1, 40_000, 443);
      });
      const l4 = host === HOST4 ? 20 : 48;
      const port = (sent[0][l4] << 8) | sent[0][l4 + 1];
      const outer = sourceOf(sent[0]);
      expect(sent).toEqual(split(ip(outer, peer, udp(port, 443, payload))));
    }
  });

  test.each(cases)('%s: what comes back is mapped back whole', (_, host, peer, split) => {
    for (const addresses of [null, '198.51.100.0/24', '2001:db8:77::/48']) {
      const lab = new NatLab({ addresses: addresses === null ? null : parsePrefix(addresses) });
      const { bytes } = lab.send(ip(host, peer, udp(40_000, 443)), 1);
      const answer = udp(443, portsOf(bytes)[0], payload);
      const pieces = split(ip(peer, sourceOf(bytes), answer));
      const received = pieces.map((piece) => lab.receive(piece, 1));
      expect(received.map(({ status }) => status)).toEqual(pieces.map(() => NatTable.MAPPED));
      const expected = split(ip(peer, host, udp(443, 40_000, payload)));
      expect(concat(...received.map((piece) => piece.bytes))).toEqual(concat(...expected));
    }
  });

  test('later ones without their first are left alone', () => {
    const lab = new NatLab({ addresses: parsePrefix('198.51.100.0/24') });
    const [, later] = fragmentIpv4(ip(HOST4, PEER4, udp(40_000, 443, payload)), 48);
    expect(lab.send(later, 1)).toEqual({ bytes: later, isDropped: false, isRebound: false });
    const [, back] = fragmentIpv4(ip(PEER4, HOST4, udp(443, 40_000, payload)), 48);
    expect(lab.receive(back, 1)).toMatchObject({ bytes: back, isDropped: false });
  });
});
