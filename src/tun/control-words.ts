/**
 * The words that the main thread and the live loop share: flags one way, signs of life the other.
 * An eventfd ends the loop's wait; the flags say why.
 */

export const ControlWord = {
  /** Main → loop: 1 when a message waits in the port. */
  message: 0,
  /** Main → loop: 1 when the loop is to release everything and end. */
  stop: 1,
  /** Loop → main: grows with every turn, at least every LOOP_WAIT_MAX_NS. */
  turns: 2,
  /** Loop → main: frames that the kernel did not take back. */
  refused: 3,
  /** Loop → main: IP packets whose headers are cut short or contradict themselves; they pass. */
  malformed: 4,
  /** Loop → main: packet memory in use, in KiB. */
  memoryUsedKib: 5,
  /** Loop → main: the longest time for which it stood still, in milliseconds. */
  stallMs: 6,
} as const;

export const CONTROL_WORDS = 7;

/** The loop shows life at least this often, so that between two beats there is always a turn. */
export const LOOP_WAIT_MAX_NS = 100e6;
