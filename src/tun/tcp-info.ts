/**
 * What the kernel knows of one of this process's TCP connections: TCP_INFO, the numbers that `ss -ti` shows.
 * It is asked through the socket's own descriptor, which takes 0.3 µs; a process `ss` for each look takes
 * milliseconds of the processor that the measured connection needs.
 *
 * `struct tcp_info` (linux/tcp.h) only ever grows at its end, and the kernel says how much of it it has
 * written: what an older kernel does not have is null.
 */
import type { Socket } from 'node:net';
import { readTcpInfo } from './sys-process.js';

export interface TcpInfo {
  /** As in the kernel's net/tcp_states.h: 1 established, 2 SYN sent … */
  readonly state: number;
  readonly rtoMs: number;
  readonly mss: number;
  /** Smoothed, and its mean deviation (RFC 6298). 0 before the first measurement. */
  readonly rttMs: number;
  readonly rttvarMs: number;
  readonly cwndPackets: number;
  readonly cwndBytes: number;
  /** Null: slow start has not been left yet. */
  readonly ssthreshPackets: number | null;
  /** Segments: in flight, taken for lost, sent again and still in flight. */
  readonly unacked: number;
  readonly lost: number;
  readonly retransmitted: number;
  /** Of the whole connection; a SYN that had to be sent again counts. */
  readonly retransmittedTotal: number;
  /** Since the last acknowledgement came; the kernel counts it in ticks of up to 10 ms. */
  readonly lastAckMs: number;
  /** What the peer has acknowledged; SYN and FIN count as one byte each (RFC 9293, 3.4). */
  readonly bytesAcked: number | null;
  readonly bytesReceived: number | null;
  readonly segmentsOut: number | null;
  readonly bytesRetransmitted: number | null;
  /** Segments that came before one that should have come earlier. */
  readonly outOfOrder: number | null;
}

const info = new Uint32Array(64);
const longs = new BigUint64Array(info.buffer);
const octets = new Uint8Array(info.buffer);

/** Offsets of the fields. */
const At = {
  state: 0,
  rto: 8,
  mss: 16,
  unacked: 24,
  lost: 32,
  retrans: 36,
  lastAckReceived: 56,
  rtt: 68,
  rttvar: 72,
  ssthresh: 76,
  cwnd: 80,
  totalRetrans: 100,
  bytesAcked: 120,
  bytesReceived: 128,
  segmentsOut: 136,
  bytesRetrans: 208,
  outOfOrder: 224,
} as const;

/** As far as it has been since Linux 2.6. */
const BYTES_MIN = 104;

/** TCP_INFINITE_SSTHRESH */
const NO_SSTHRESH = 0x7fff_ffff;

/** Null where there is no open TCP connection with a descriptor. */
export function tcpInfo(socket: Socket): TcpInfo | null {
  const fd = descriptorOf(socket);
  return fd === null ? null : decode(readTcpInfo(fd, info));
}

/** Node names the descriptor of a handle on POSIX only, and has no other way to it; −1 once it is closed. */
export function descriptorOf(socket: Socket): number | null {
  const { _handle: handle } = socket as unknown as { _handle?: { fd?: number } | null };
  const fd = handle?.fd ?? -1;
  return fd >= 0 ? fd : null;
}

function decode(bytes: number): TcpInfo | null {
  // Also −errno: of a socket that is not TCP's.
  if (bytes < BYTES_MIN) return null;
  const word = (at: number) => info[at / 4]!;
  const wordSince = (at: number) => (at + 4 <= bytes ? word(at) : null);
  const longSince = (at: number) => (at + 8 <= bytes ? Number(longs[at / 8]!) : null);
  const mss = word(At.mss);
  const cwndPackets = word(At.cwnd);
  const ssthresh = word(At.ssthresh);
  return {
    state: octets[At.state]!,
    rtoMs: word(At.rto) / 1e3,
    mss,
    rttMs: word(At.rtt) / 1e3,
    rttvarMs: word(At.rttvar) / 1e3,
    cwndPackets,
    cwndBytes: cwndPackets * mss,
    ssthreshPackets: ssthresh >= NO_SSTHRESH ? null : ssthresh,
    unacked: word(At.unacked),
    lost: word(At.lost),
    retransmitted: word(At.retrans),
    retransmittedTotal: word(At.totalRetrans),
    lastAckMs: word(At.lastAckReceived),
    bytesAcked: longSince(At.bytesAcked),
    bytesReceived: longSince(At.bytesReceived),
    segmentsOut: wordSince(At.segmentsOut),
    bytesRetransmitted: longSince(At.bytesRetrans),
    outOfOrder: wordSince(At.outOfOrder),
  };
}
