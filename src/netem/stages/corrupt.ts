/**
 * Packets of which one bit is flipped. Their checksum is then wrong, as after a fault on a real link
 * that its own check did not find: the receiver's kernel drops such a packet and counts it
 * (TcpInCsumErrors, UdpInCsumErrors), so corruption is loss to applications. `checksum-ok` mends the
 * checksums, so that the fault reaches the application, as one from a broken router's memory does.
 *
 *     │ IP header │ ports │ rest of the transport's header, options │ payload │
 *     ├────────────────────────────── anywhere ───────────────────────────────┤
 *                         ├────── only if there is no payload ──────┤ default ┤
 *
 * Addresses and ports stay by default, since their faults make other flows, or strays. Of a later fragment
 * any byte behind its headers may be hit.
 */
import {
  checksumBytes,
  checksumOffset,
  coversAddresses,
  IPV4_CHECKSUM,
  mendTransportChecksum,
  writeIpv4Checksum,
  writeTransportChecksum,
} from '../../packet/checksum.js';
import { IPV4_HEADER_BYTES_MIN, readIpv4HeaderBytes } from '../../packet/ipv4.js';
import type { PacketView } from '../../packet/packet-view.js';
import { Protocol, protocolHasPorts } from '../../packet/protocol.js';
import { transportHeaderBytes } from '../../packet/transport.js';
import { PORTS_BYTES } from '../../packet/udp.js';
import type { Corrupt } from '../../rules/rule.js';
import type { Stream } from '../random.js';
import { ChanceProcess } from './chance.js';
import { type FlowMemory, flowMemory, forgetFlowMemory } from './flow-memory.js';
import type { StageKit } from './kit.js';
import { Effect, GO_ON, type Judgement, type Stage } from './stage.js';

/** As far as an echo's identifier, which tells pings apart as ports do. */
const ICMP_ECHO_FIXED_BYTES = 6;
/** Type, code and checksum; without them it would be another message. */
const ICMP_FIXED_BYTES = 4;

const IPV4_ADDRESSES = 12;
const IPV6_ADDRESSES = 8;

const RUN = 'corrupt run';

export function corruptStage(corrupt: Corrupt, kit: StageKit): Stage {
  return new Corruption(corrupt, kit);
}

class Corruption implements Stage {
  readonly #chance: ChanceProcess;
  readonly #bits: Stream;
  readonly #checksumOk: boolean;
  readonly #anywhere: boolean;
  readonly #bytesMax: number;
  readonly #runMax: number;
  /** Packets corrupted in a row; null where there is no limit to that. */
  readonly #runs: FlowMemory | null;
  /** What may be hit, as offsets in the view's bytes, without the two holes. */
  #from = 0;
  #to = 0;
  /** Checksums that are to be mended: the IPv4 header's, then the transport's. */
  #hole1 = 0;
  #hole1Bytes = 0;
  #hole2 = 0;
  #hole2Bytes = 0;

  constructor(corrupt: Corrupt, kit: StageKit) {
    this.#chance = new ChanceProcess(corrupt, kit, 'corrupt');
    this.#bits = kit.stream('corrupt bit');
    this.#checksumOk = corrupt.checksumOk;
    this.#anywhere = corrupt.anywhere;
    this.#bytesMax = corrupt.firstBytes ?? 0xffff;
    this.#runMax = corrupt.runMax ?? 0;
    this.#runs = corrupt.runMax === null ? null : flowMemory(kit, RUN, 'run');
    if (corrupt.runMax === null) forgetFlowMemory(kit, RUN);
  }

  apply(packet: Judgement): number {
    const happens = this.#chance.happens(packet);
    const runs = this.#runs;
    if (runs === null) {
      if (happens) this.#corrupt(packet);
      return GO_ON;
    }
    const at = runs.at(packet);
    const hits = happens && runs.states[at] < this.#runMax && this.#corrupt(packet);
    runs.states[at] = hits ? runs.states[at] + 1 : 0;
    return GO_ON;
  }

  /** False when nothing of the packet may be hit. */
  #corrupt(packet: Judgement): boolean {
    const { view } = packet;
    this.#findTarget(view);
    const bits = 8 * (this.#to - this.#from - this.#hole1Bytes - this.#hole2Bytes);
    if (bits <= 0) return false;
    const draw = this.#bits.int32(packet.flow, packet.ordinalLow, packet.ordinalHigh) >>> 0;
    const bit = Math.floor((draw * bits) / 2 ** 32);
    let at = this.#from + (bit >> 3);
    if (at >= this.#hole1) at += this.#hole1Bytes;
    if (at >= this.#hole2) at += this.#hole2Bytes;
    view.bytes[at] ^= 0x80 >> (bit & 7);
    if (this.#checksumOk) mend(view, at, 0x80 >> (bit & 7));
    packet.effects |= Effect.corrupted;
    return true;
  }

  #findTarget(view: PacketView): void {
    const { l3Offset, l4Offset, l4Length } = view;
    this.#to = l4Offset + l4Length;
    if (this.#anywhere) this.#from = l3Offset;
    else if (view.isLaterFragment) this.#from = l4Offset;
    else this.#findPayload(view);
    this.#to = Math.min(this.#to, this.#from + this.#bytesMax);

    this.#hole1Bytes = 0;
    this.#hole2Bytes = 0;
    if (!this.#checksumOk) return;
    // A fault of the checksum itself would be mended away.
    this.#hole1 = l3Offset + IPV4_CHECKSUM;
    if (view.version === 4) this.#hole1Bytes = this.#overlap(this.#hole1, 2);
    const offset = checksumOffset(view.protocol);
    if (offset < 0 || view.isLaterFragment) return;
    this.#hole2 = l4Offset + offset;
    this.#hole2Bytes = this.#overlap(this.#hole2, checksumBytes(view.protocol));
  }

  /** The payload; without one what the transport's header has behind the ports. */
  #findPayload(view: PacketView): void {
    const { l4Offset, l4Length, protocol } = view;
    const headerBytes = transportHeaderBytes(view);
    if (l4Length > headerBytes) {
      this.#from = l4Offset + headerBytes;
    } else if (protocolHasPorts(protocol)) {
      this.#from = l4Offset + PORTS_BYTES;
      // UDP has only its length there besides the checksum, and no application would see that.
      if (protocol === Protocol.udp && this.#checksumOk) this.#from = this.#to;
    } else {
      const isEcho = view.isEchoRequest || view.isEchoReply;
      this.#from = l4Offset + (isEcho ? ICMP_ECHO_FIXED_BYTES : ICMP_FIXED_BYTES);
    }
  }

  /** How many of the target's bytes are among the `length` from `at`. */
  #overlap(at: number, length: number): number {
    return Math.max(0, Math.min(this.#to, at + length) - Math.max(this.#from, at));
  }
}

/**
 * Makes the checksums right again after the bits of `mask` in the byte at `at` were flipped, as far as
 * that can be. A later fragment does not have the transport's checksum, SCTP's needs the whole packet,
 * and a fault in lengths, protocol or version changes what the transport's covers: these are left.
 */
function mend(view: PacketView, at: number, mask: number): void {
  const { bytes, l3Offset, l4Offset, l4Length, protocol } = view;
  const isInTransport = at >= l4Offset;
  if (view.version === 4 && !isInTransport) mendIpv4Header(view);
  if (view.isLaterFragment) return;
  if (isInTransport && protocol === Protocol.sctp) {
    if (view.isFragment || view.truncated) return;
    writeTransportChecksum(bytes, l3Offset, l4Offset, l4Length, protocol);
    return;
  }
  if (!isInTransport && !(isInAddresses(view, at) && coversAddresses(protocol))) return;
  // Both headers begin a 16-bit word; its other half, the same before and after, is left out.
  const shift = ((at - (isInTransport ? l4Offset : l3Offset)) & 1) === 0 ? 8 : 0;
  const after = bytes[at] << shift;
  const before = after ^ (mask << shift);
  mendTransportChecksum(bytes, l4Offset, l4Length, protocol, before, after);
}

/** A fault may have changed the header's length, too. */
function mendIpv4Header({ bytes, l3Offset, l3Length }: PacketView): void {
  const headerBytes = readIpv4HeaderBytes(bytes, l3Offset);
  if (headerBytes < IPV4_HEADER_BYTES_MIN || headerBytes > l3Length) return;
  writeIpv4Checksum(bytes, l3Offset);
}

function isInAddresses({ version, l3Offset }: PacketView, at: number): boolean {
  const from = l3Offset + (version === 4 ? IPV4_ADDRESSES : IPV6_ADDRESSES);
  return at >= from && at < from + (version === 4 ? 8 : 32);
}
