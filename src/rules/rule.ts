/**
 * The rule types: which packets (`Match`) meet which impairments (`Impairments`). Plain data, so
 * that rules cross threads and sockets as JSON. All three spellings parse to this.
 */

/** Directions as array indices; `out` leaves the impaired host or device, `in` comes to it. */
export const Direction = { out: 0, in: 1 } as const;
export type Direction = (typeof Direction)[keyof typeof Direction];
export const DIRECTION_NAMES = ['out', 'in'] as const;

/** Which way a packet goes: out of the host that the rules are about, or into it. */
export type DirectionName = 'out' | 'in';

/** A value for each direction, indexed by `Direction`. */
export type PerDirection<T> = readonly [T, T];

export interface PortRange {
  readonly min: number;
  readonly max: number;
}

/** An IP prefix; IPv4 is held as IPv4-mapped IPv6, so `bits` is 96 + the IPv4 length there. */
export interface Prefix {
  readonly version: 4 | 6;
  /** Four 32-bit words, most significant first, host bits zero. */
  readonly words: readonly [number, number, number, number];
  /** 0..128, counted in the 128-bit form. */
  readonly bits: number;
}

/** A transport protocol with, optionally, the ports that one end of the flow must have. */
export interface ProtocolPorts {
  /** IANA protocol number; ICMP (1) stands for ICMPv6 (58) too. */
  readonly protocol: number;
  readonly ports: PortRange | null;
}

/** TCP flags that must be set and that must not be, as bits of the header's flags byte. */
export interface TcpFlags {
  readonly set: number;
  readonly clear: number;
}

/** What a datagram shows of QUIC: the packet type of its long header, or a short header. */
export const QUIC_PACKETS = ['initial', '0rtt', 'handshake', 'retry', 'short'] as const;
export type QuicPacket = (typeof QUIC_PACKETS)[number];

export interface Match {
  /** Canonical spelling, for example `udp:53@192.0.2.0/24 dir=out`. */
  readonly text: string;
  /** Any of these; null is every protocol. */
  readonly protocols: readonly ProtocolPorts[] | null;
  /** The end of the flow that has the port must also have this address. */
  readonly address: Prefix | null;
  /** Of the packet itself, not of the flow. */
  readonly src: Prefix | null;
  readonly dst: Prefix | null;
  readonly sport: PortRange | null;
  readonly dport: PortRange | null;
  readonly dir: Direction | null;
  /** IP length in bytes, header and payload. */
  readonly len: PortRange | null;
  /** 0..63. */
  readonly dscp: number | null;
  readonly flags: TcpFlags | null;
  /**
   * Names in lower case without the last dot; `*.example.com` is every name below example.com.
   * `qname` is of this packet's question (and so of its answer); `sni` is of the flow, from the
   * packet on that completes the ClientHello.
   */
  readonly qname: string | null;
  readonly sni: string | null;
  readonly quic: QuicPacket | null;
}

/**
 * How packets are lost. Ordinals count the packets of a flow in a direction, from 1. All shares are
 * probabilities, 0..1.
 */
export type Loss =
  /** `runMax`: never more than so many in a row (the next one passes); null is no limit. */
  | { readonly kind: 'random'; readonly probability: number; readonly runMax: number | null }
  /** Two states, nothing lost in one, everything in the other. The marginal rate is `probability`. */
  | { readonly kind: 'burst'; readonly probability: number; readonly meanBurst: number }
  | { readonly kind: 'corr'; readonly probability: number; readonly correlation: number }
  /** tc-netem's: to bad, to good, and the shares lost in bad (1-h) and in good (1-k). */
  | {
      readonly kind: 'gemodel';
      readonly p: number;
      readonly r: number;
      readonly lossInBad: number;
      readonly lossInGood: number;
    }
  /** tc-netem's: 1 good in a gap, 2 good in a burst, 3 lost in a burst, 4 lost alone. */
  | {
      readonly kind: 'state';
      readonly p13: number;
      readonly p31: number;
      readonly p32: number;
      readonly p23: number;
      readonly p14: number;
    }
  | { readonly kind: 'nth'; readonly ranges: readonly PortRange[] }
  | { readonly kind: 'first'; readonly count: number }
  | { readonly kind: 'every'; readonly period: number }
  /** By ordinal in the flow: the runs of lost packets that the file lists, repeated after `period`. */
  | {
      readonly kind: 'map';
      readonly file: string;
      readonly ranges: readonly PortRange[];
      /** Length of the map in packets; 0: it does not repeat. */
      readonly period: number;
    };

/** An event that befalls packets with a probability; with a correlation it comes in runs. */
export interface Chance {
  readonly probability: number;
  /** Lag-1 autocorrelation, 0..1; the marginal probability stays. */
  readonly correlation: number;
}

/** One bit is flipped. */
export interface Corrupt extends Chance {
  /** The transport's (and IPv4's) checksum is mended, so that the fault reaches the application. */
  readonly checksumOk: boolean;
  /** Also addresses, ports and everything else of the IP packet; else only the transport's payload. */
  readonly anywhere: boolean;
  /** Only within so many first bytes of what may be hit; null is all. */
  readonly firstBytes: number | null;
  /** Never more than so many packets in a row; null is no limit. */
  readonly runMax: number | null;
}

/** The chosen packet skips the delay (`gap`), or waits for `by` later ones of its flow. */
export type Reorder =
  | ({ readonly kind: 'skip'; readonly gap: number } & Chance)
  | ({ readonly kind: 'by'; readonly count: number } & Chance);

export type Distribution =
  | { readonly kind: 'uniform' | 'normal' | 'pareto' | 'paretonormal' }
  /** Values at equal steps of probability, ascending, in units of the spread around the delay. */
  | { readonly kind: 'table'; readonly file: string; readonly values: readonly number[] };

/**
 * Around the delay: uniform in [−spread, +spread], else spread × the distribution. Order within
 * rule and direction is kept unless told.
 */
export interface Jitter {
  readonly spreadNs: number;
  readonly distribution: Distribution;
  /** Lag-1 autocorrelation, 0..1; the distribution stays. */
  readonly correlation: number;
  readonly unordered: boolean;
}

/** A link that sends `bitsPerSecond`. A packet counts its IP length plus the overhead, in cells. */
export interface Rate {
  readonly bitsPerSecond: number;
  /** May be negative. */
  readonly overheadBytes: number;
  /** 0 is no cells. */
  readonly cellBytes: number;
  readonly cellOverheadBytes: number;
  /** Token bucket: so many bytes may go at once after idleness; 0 is a plain serial link. */
  readonly burstBytes: number;
}

/** A mahimahi packet-delivery trace: milliseconds at which 1504 bytes can leave. */
export interface Trace {
  readonly file: string;
  readonly opportunitiesMs: readonly number[];
  readonly once: boolean;
}

/** What a link's queue holds at most; null is no limit by that measure. */
export interface QueueLimit {
  readonly packets: number | null;
  readonly bytes: number | null;
  readonly timeNs: number | null;
}

export type Aqm =
  | { readonly kind: 'droptail' }
  | { readonly kind: 'drophead' }
  | { readonly kind: 'codel'; readonly targetNs: number; readonly intervalNs: number }
  | { readonly kind: 'pie'; readonly targetNs: number; readonly updateNs: number };

/** tc-netem's slots: packets leave in bunches. */
export interface Slot {
  /** The time from one slot to the next: even in [minNs, maxNs], or delay + spread × distribution. */
  readonly spacing:
    | { readonly kind: 'even'; readonly minNs: number; readonly maxNs: number }
    | {
        readonly kind: 'distribution';
        readonly distribution: Distribution;
        readonly delayNs: number;
        readonly spreadNs: number;
      };
  /** 0 is no limit. */
  readonly packets: number;
  readonly bytes: number;
}

/** The link works for `onNs`, then nothing passes for `offNs`, and so on. */
export interface Outage {
  readonly onNs: number;
  readonly offNs: number;
  /** The times are means of exponential distributions. */
  readonly exponential: boolean;
  /** After so many outages the link works for good; 0: never. */
  readonly times: number;
}

/**
 * A NAT forgets its mappings: after `firstNs`, and then each `everyNs` (0: never again), flows get a
 * new source.
 */
export interface Rebind {
  readonly everyNs: number;
  readonly firstNs: number;
  /** New source port; or new source address out of this prefix (and port). */
  readonly addresses: Prefix | null;
}

/** In canonical order of keys. Null, false and 0 are "not at all". */
export interface Impairments {
  readonly partition: 'drop' | 'reject' | null;
  readonly outage: Outage | null;
  readonly loss: Loss | null;
  /** CE-mark instead of drop (loss, aqm), where the packet is ECT. */
  readonly ecn: boolean;
  readonly corrupt: Corrupt | null;
  readonly duplicate: Chance | null;
  readonly rate: Rate | null;
  readonly trace: Trace | null;
  /** Null: QUEUE_PACKETS_DEFAULT; a limit of nulls only is none (but the packet memory). */
  readonly queue: QueueLimit | null;
  readonly aqm: Aqm | null;
  readonly delayNs: number;
  readonly jitter: Jitter | null;
  readonly reorder: Reorder | null;
  readonly slot: Slot | null;
  readonly rebind: Rebind | null;
  /** Processes with memory (chains, correlation, order) are one for each flow. */
  readonly perFlow: boolean;
  /** tc-netem's arithmetic. */
  readonly compat: 'netem' | null;
}

/**
 * From `atNs` after the rule came into force these values are others, for `forNs` (null: until a
 * later step says otherwise), and so again each `everyNs` (0: only once). While `overNs` passes they
 * move evenly from `from` to `to`, which differ in numbers only.
 */
export interface Step {
  readonly atNs: number;
  readonly everyNs: number;
  readonly forNs: number | null;
  readonly overNs: number;
  readonly from: PerDirection<Partial<Impairments>>;
  readonly to: PerDirection<Partial<Impairments>>;
}

/** Later steps win. After `loopNs` (0: never) all of it begins anew. */
export interface Schedule {
  /** Canonical spelling, part of the rule's text: `at 10s loss 5%; every 60s for 2s partition`. */
  readonly text: string;
  readonly steps: readonly Step[];
  readonly loopNs: number;
}

/** A rule as it was read, from whatever spelling: plain data. */
export interface Rule {
  /** Canonical spelling of the whole rule; without a schedule it parses back to the same rule. */
  readonly text: string;
  /**
   * Names the rule's random streams and counters. It is the match's text (with `#2`, `#3` … when
   * several rules share it), so that changing a value moves no draw.
   */
  readonly name: string;
  /** Which packets it is about. */
  readonly match: Match;
  /** At the start; all of the time without a schedule. */
  readonly impairments: PerDirection<Impairments>;
  /** What changes as time goes by; null: nothing. */
  readonly schedule: Schedule | null;
}
