/** Limits on what a user can ask for, in one place. */

/** Rules at one time. */
export const RULES_MAX = 256;

/** One line, or one flag's value. */
export const RULE_CHARACTERS_MAX = 4_096;

/** The longest delay, jitter, round-trip time, outage …: a day. */
export const DELAY_NS_MAX = 24 * 3600e9;

/** Times are exact up to here: 2^53 − 1 ns, 104 days. */
export const DURATION_NS_MAX = Number.MAX_SAFE_INTEGER;

/** Numbers and ranges in `loss nth`. */
export const LOSS_RANGES_MAX = 256;

/** Mean length of a burst of losses, in packets. */
export const LOSS_BURST_MAX = 1e6;

/** How many later packets a reordered one waits for. */
export const REORDER_BY_MAX = 1_000;

/** The fastest link. */
export const RATE_BITS_PER_SECOND_MAX = 1e12;

/** Bytes that a link adds to each packet or cell, or (below zero) takes off. */
export const OVERHEAD_BYTES_MAX = 1_500;

/** A cell is no larger than the largest packet. */
export const CELL_BYTES_MAX = 65_535;

/** What a link's queue holds where nothing is said, as in tc-netem's `limit`. */
export const QUEUE_PACKETS_DEFAULT = 1_000;

/** A file that a rule names. */
export const FILE_CHARACTERS_MAX = 32 * 2 ** 20;

/** Delivery opportunities of a trace: with 100 Mbit/s, two minutes. */
export const TRACE_OPPORTUNITIES_MAX = 2 ** 20;

/** Values of a distribution's table, as netem has it (NETEM_DIST_MAX). */
export const DISTRIBUTION_VALUES_MAX = 16_384;

/** Measured delays that a table is made from. */
export const SAMPLES_MAX = 2 ** 17;

/** Runs of lost packets in a file of `loss map`. */
export const LOSS_MAP_RANGES_MAX = 2 ** 16;
