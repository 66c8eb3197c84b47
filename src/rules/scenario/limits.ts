/** Limits on what a scenario file can ask for, in one place. */

/** The YAML text; 256 rules with a schedule for each of them fit many times. */
export const SCENARIO_CHARACTERS_MAX = 2 ** 20;

/** Entries of `schedule:`. */
export const SCHEDULE_ENTRIES_MAX = 256;

/** What comes again and again comes at most so often: each change costs as much as some packets. */
export const SCHEDULE_NS_MIN = 10e6;
