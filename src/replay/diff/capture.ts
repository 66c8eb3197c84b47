/**
 * One capture as rows to compare: what each packet is known by again, when it came, and to which flow it
 * belongs. Flows and the order of their packets are the engine's own, so that a packet which is the 17th
 * of its flow here is the 17th in a replay of the same file, too.
 */

import { BY_FLOW, Engine } from '../../netem/engine.js';
import { FRAME_BYTES_MAX } from '../../netem/limits.js';
import { PacketMemory } from '../../netem/packet-memory.js';
import { NO_RULE } from '../../netem/ruling.js';
import { directionOfCooked } from '../../packet/link-layer.js';
import { PacketView } from '../../packet/packet-view.js';
import type { Fault } from '../../pcap/capture-items.js';
import {
  type CapturedPacket,
  CaptureReader,
  Item,
  READ_WINDOW_BYTES,
} from '../../pcap/capture-reader.js';
import { type CaptureSource, openSource } from '../../pcap/capture-source.js';
import { linkTypeOf, UNKNOWN_LINK } from '../../pcap/link-types.js';
import type { Rule } from '../../rules/rule.js';
import { fill } from '../fill.js';
import { FlowEnds } from './flow-ends.js';
import { Identity } from './identity.js';
import { DeviceWay, PacketTable } from './packet-table.js';

/** Room for one packet's slot; nothing is ever held. */
const SLOTS_BYTES = 2 * 2 ** 20;

const HOP_LIMIT_AT = { 4: 8, 6: 7 } as const;

/** A capture that was read. */
export interface Capture {
  /** As messages call it. */
  readonly name: string;
  readonly table: PacketTable;
  readonly ends: FlowEnds;
  readonly counts: CaptureCounts;
  /** Absolute time of the first packet, ns since 1970. */
  readonly baseNs: bigint;
  /**
   * The least that the capture kept, from the IP header on, of a packet that it cut short; else Infinity.
   */
  readonly shortestBytes: number;
  /** Why reading ended early: what came before is in the table. */
  readonly fault: Fault | null;
}

/** Of all packets of the file, and of those that are not compared. */
export interface CaptureCounts {
  packets: number;
  notIp: number;
  /** IP packets whose headers are cut short or contradict themselves. */
  malformed: number;
  /** They are none of those asked for. */
  unmatched: number;
}

export interface CaptureOptions {
  /** The packets to compare, as a rule without impairments. */
  readonly rule: Rule;
  readonly nat: boolean;
  /** Of each packet only so many bytes from the IP header on are compared. */
  readonly bytesMax: number;
}

class Intake {
  readonly table = new PacketTable();
  readonly ends = new FlowEnds();
  readonly counts: CaptureCounts = { packets: 0, notIp: 0, malformed: 0, unmatched: 0 };
  shortestBytes = Number.POSITIVE_INFINITY;

  readonly #memory = new PacketMemory(SLOTS_BYTES, READ_WINDOW_BYTES);
  readonly #slot = this.#memory.takeStaging(1)[0];
  readonly #engine: Engine;
  readonly #view = new PacketView();
  readonly #identity: Identity;
  readonly #bytesMax: number;
  readonly #reader = new CaptureReader(this.#memory.bytes, this.#memory.edgeAt, READ_WINDOW_BYTES);
  readonly #links: number[] = [];
  /** The engine's clock never goes back, as captures of several devices do. */
  readonly #nowNs = new Float64Array(1);

  constructor({ rule, nat, bytesMax }: CaptureOptions) {
    this.#engine = new Engine({ memory: this.#memory, rules: [rule], seed: '' });
    this.#identity = new Identity(nat);
    this.#bytesMax = bytesMax;
  }

  /** Reads to the end, or to the fault, which it returns. */
  async readAll(source: CaptureSource): Promise<Fault | null> {
    const reader = this.#reader;
    let broken: Fault | null = null;
    for (;;) {
      const item = reader.next();
      if (item === Item.packet) {
        this.#takePacket();
      } else if (item === Item.more) {
        broken ??= await fill(reader, source, this.#memory.bytes);
      } else if (item === Item.end || item === Item.fault) {
        return broken ?? reader.fault;
      }
    }
  }

  get baseNs(): bigint {
    return this.#reader.baseNs;
  }

  #takePacket(): void {
    this.counts.packets++;
    const { packet } = this.#reader;
    const { capturedBytes, dataAt } = packet;
    const link = this.#linkOf(packet);
    const view = this.#view;
    if (link === UNKNOWN_LINK || capturedBytes > FRAME_BYTES_MAX) {
      this.counts.notIp++;
      return;
    }
    if (!view.parse(this.#memory.bytes, dataAt, capturedBytes, link)) {
      if (view.malformed) this.counts.malformed++;
      else this.counts.notIp++;
      return;
    }
    const isCut = view.truncated && capturedBytes < packet.wireBytes;
    if (isCut) this.shortestBytes = Math.min(this.shortestBytes, view.l3Length);
    // The capture will be read again, with fewer bytes of each packet.
    if (this.shortestBytes < this.#bytesMax) return;
    const side = this.#enter(packet, link);
    if (side < 0) {
      this.counts.unmatched++;
      return;
    }
    this.#identity.read(view, this.#bytesMax);
    const { table } = this;
    const row = table.add();
    table.header[row] = this.#identity.header;
    table.whole[row] = this.#identity.whole;
    table.timeNs[row] = this.#reader.timeNs[0];
    table.side[row] = side;
    table.hopLimit[row] = view.bytes[view.l3Offset + HOP_LIMIT_AT[view.version]];
    table.trafficClass[row] = view.trafficClass;
    table.device[row] = deviceWayOf(packet, this.#memory.bytes, link);
  }

  /** The packet's flow and side, as in `PacketTable.side`; −1 when the rule does not match it. */
  #enter({ dataAt, capturedBytes }: CapturedPacket, link: number): number {
    const memory = this.#memory;
    const slot = this.#slot;
    memory.bytes.copyWithin(memory.frameOffset(slot), dataAt, dataAt + capturedBytes);
    memory.length[slot] = capturedBytes;
    memory.linkType[slot] = link;
    const now = this.#nowNs;
    const { timeNs } = this.#reader;
    if (timeNs[0] > now[0]) now[0] = timeNs[0];
    this.#engine.ingress(slot, BY_FLOW, now[0]);
    const { ruling } = this.#engine;
    if (ruling.rule === NO_RULE) return -1;
    if (ruling.flow === this.ends.count) this.ends.add(this.#view, ruling.direction);
    return 2 * ruling.flow + ruling.direction;
  }

  #linkOf(packet: CapturedPacket): number {
    const links = this.#links;
    const { interfaces } = this.#reader;
    while (links.length < interfaces.length) links.push(linkTypeOf(interfaces[links.length].link));
    return links[packet.interface];
  }
}

/** Errors: E_FILE when the file cannot be opened, E_DIFF_LIMIT. */
export async function readCapture(path: string, options: CaptureOptions): Promise<Capture> {
  const source = await openSource(path);
  try {
    const intake = new Intake(options);
    const fault = await intake.readAll(source);
    const { table, ends, counts, shortestBytes, baseNs } = intake;
    return { name: source.name, table, ends, counts, shortestBytes, baseNs, fault };
  } finally {
    await source.close();
  }
}

function deviceWayOf(
  { direction, dataAt }: CapturedPacket,
  bytes: Uint8Array,
  link: number,
): number {
  const told = direction >= 0 ? direction : directionOfCooked(bytes, dataAt, link);
  if (told < 0) return DeviceWay.unknown;
  return told === 0 ? DeviceWay.out : DeviceWay.in;
}
