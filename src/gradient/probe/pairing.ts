/**
 * Whether sample k of one step and sample k of another meet the same draws. The emulator's draws go by the
 * number of a flow, in the order of first packets, and by the packet's place in its flow. So samples are
 * pairs as long as each is one flow that no other sample has, and they begin in the order of their indices.
 */

/** `loose`: mostly or not at all, so that nothing may be concluded from pairs. Where unsaid: `exact`. */
export type Pairing = 'exact' | 'loose';

/**
 * So many samples of a segment have source ports that no other of them has: about as many as the kernel gives
 * to programs. Later ones go on with flows that earlier ones have begun: the emulator remembers a flow for
 * two minutes after its last packet.
 */
export const PAIRED_SAMPLES_MAX = 28_000;
