/**
 * Who writes down what the forwarder does, packet by packet, where that is wanted (`--record`). It is
 * called on the live loop's way, so it waits for nothing and allocates nothing; what it has no room for, it
 * counts.
 */
import type { LateFates } from '../netem/late-fates.js';

export interface Recorder {
  /** [0]: when the packets that are presented next have come. */
  readonly arrivalNs: Float64Array;

  /**
   * Notes the frame in `slot` as it came, super-packet or not, and sets `memory.serial[slot]`: called
   * before it is judged, because that may change its bytes. What does not lead to `judged` is forgotten.
   */
  begin(slot: number): void;

  /** The frame noted last was judged, as one packet: `engine.ruling` says how. */
  judged(): void;

  /** The super-packet noted last was judged, by `segments` rulings of one call. */
  judgedTrain(segments: number): void;

  /** The held packet in `slot` leaves, because its time has come. */
  released(slot: number): void;

  /** Takes over what befell held packets, and clears it. */
  late(fates: LateFates): void;

  /** The rules that are known elsewhere by that number came into force. */
  rules(number: number, nowNs: number): void;

  /** Makes known what was noted since the last time. */
  publish(): void;

  /** Nothing more comes, and `nowNs` is the last time: what is still held leaves unnoted. */
  end(nowNs: number): void;
}
