/** Limits on what a user can ask for, in one place. */

/** Rules at one time. */
export const RULES_MAX = 256;

/** One line, or one flag's value. */
export const RULE_CHARACTERS_MAX = 4_096;

/** The longest delay, jitter and round-trip time: a day. */
export const DELAY_NS_MAX = 24 * 3600e9;

/** Times are exact up to here: 2^53 − 1 ns, 104 days. */
export const DURATION_NS_MAX = Number.MAX_SAFE_INTEGER;

/** Numbers and ranges in `loss nth`. */
export const LOSS_RANGES_MAX = 256;
