/** A limit on everything that could grow with traffic, in one place. */
import { RULES_MAX } from '../rules/limits.js';

/** The largest frame: an IP packet of 65,535 bytes behind Ethernet and two VLAN tags. */
export const FRAME_BYTES_MAX = 65_535 + 14 + 8;

/**
 * Bytes kept free before each frame, for a header that has to go in front of it in the same write:
 * Ethernet's of 14 bytes for a raw IP packet (tun/reentry-port.ts), or virtio-net's of 10 or 12.
 */
export const HEADROOM_BYTES = 16;

/**
 * Wire packets in one super-packet: Linux's smallest MSS is 48 (TCP_MIN_MSS), 12 of them for timestamps,
 * which makes 1,820 of 64 KB. Such of more would be judged as one.
 */
export const TRAIN_SEGMENTS_MAX = 2_048;

/** Link, IP and transport header of a super-packet that can be taken apart. */
export const SEGMENT_HEADER_BYTES_MAX = 246;

/** Flows remembered; beyond that the longest idle one is forgotten. */
export const FLOWS_MAX = 131_072;

/** A flow has four sides (flow-table.ts), and each may have a memory in a stage. */
export const FLOW_ENTRIES = FLOWS_MAX * 4;

/** A flow without packets for this long (in packet time) is forgotten. */
export const FLOW_IDLE_NS = 120e9;

/** First fragments remembered, for the fragments that follow them. */
export const FRAGMENTS_MAX = 4_096;

/** RFC 791 and RFC 8200 give reassembly 60 s at most; Linux 30 s. */
export const FRAGMENT_IDLE_NS = 30e9;

/** Counter rows: two for each rule, also of replaced rules that still hold packets. */
export const COUNTER_ROWS_MAX = 4 * RULES_MAX;

/** Default of `--memory`. */
export const MEMORY_BYTES_DEFAULT = 256 * 2 ** 20;
