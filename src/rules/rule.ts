/**
 * The rule types: which packets (`Match`) meet which impairments (`Impairments`). Plain data, so
 * that rules cross threads and sockets as JSON. All three spellings parse to this.
 */

/** Directions as array indices; `out` leaves the impaired host or device, `in` comes to it. */
export const Direction = { out: 0, in: 1 } as const;
export type Direction = (typeof Direction)[keyof typeof Direction];
export const DIRECTION_NAMES = ['out', 'in'] as const;

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
}

/** How packets are lost; ordinals count the packets of a flow in a direction, from 1. */
export type Loss =
  | { readonly kind: 'random'; readonly probability: number }
  | { readonly kind: 'nth'; readonly ranges: readonly PortRange[] }
  | { readonly kind: 'first'; readonly count: number }
  | { readonly kind: 'every'; readonly period: number };

/** Uniform in [delay − spread, delay + spread]; order within rule and direction kept unless told. */
export interface Jitter {
  readonly spreadNs: number;
  readonly unordered: boolean;
}

export interface Impairments {
  readonly partition: boolean;
  readonly loss: Loss | null;
  readonly delayNs: number;
  readonly jitter: Jitter | null;
}

export interface Rule {
  /** Canonical spelling of the whole rule; parses back to the same rule. */
  readonly text: string;
  /**
   * Names the rule's random streams and counters. It is the match's text (with `#2`, `#3` … when
   * several rules share it), so that changing a value moves no draw.
   */
  readonly name: string;
  readonly match: Match;
  readonly impairments: PerDirection<Impairments>;
}
