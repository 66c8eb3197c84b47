/**
 * When tc-netem sends a packet (the second half of netem_enqueue in net/sched/sch_netem.c): at once, if it is
 * chosen for reordering; else after the delay, and with a rate not before the last packet that waits.
 */
import type { Impairments, Rate } from '../../rules/rule.js';
import type { PacketEvent } from '../stages/chance.js';
import type { StageKit } from '../stages/kit.js';
import { ARRIVAL_NS, Effect, type Judgement, RELEASE_NS } from '../stages/stage.js';
import { Crandom, NetemChance } from './crandom.js';
import { NetemDelay } from './delay.js';

/** Registers of `Timing.#memory`. */
/** The time of the last of the packets that wait to be sent. */
const LAST_NS = 0;
/** Packets since one went at once. */
const COUNTER = 1;

export class Timing {
  readonly #reorder: PacketEvent | null;
  readonly #gap: number;
  readonly #random: Crandom;
  readonly #delay: NetemDelay;
  readonly #rate: Rate | null;
  readonly #bytesPerSecond: number;
  readonly #memory: Float64Array;
  readonly #x = new Float64Array(1);

  constructor({ delayNs, jitter, rate, reorder }: Impairments, kit: StageKit) {
    const skip = reorder?.kind === 'skip' ? reorder : null;
    this.#reorder = skip && new NetemChance(skip, kit, 'reorder');
    // tc takes no gap as 1: each packet can go at once.
    this.#gap = Math.max(1, skip?.gap ?? 1);
    this.#random = new Crandom(jitter?.correlation ?? 0, kit, 'jitter');
    this.#delay = new NetemDelay(
      delayNs,
      jitter?.spreadNs ?? 0,
      jitter?.distribution ?? { kind: 'uniform' },
    );
    this.#rate = rate;
    // tc sends whole bytes a second.
    this.#bytesPerSecond = rate === null ? 0 : Math.floor(rate.bitsPerSecond / 8);
    this.#memory = kit.memory('netem timing', () => Float64Array.of(Number.NEGATIVE_INFINITY, 0));
  }

  send(packet: Judgement): void {
    const memory = this.#memory;
    const { values } = packet;
    if (
      this.#reorder !== null &&
      memory[COUNTER] >= this.#gap - 1 &&
      this.#reorder.happens(packet)
    ) {
      memory[COUNTER] = 0;
      packet.effects |= Effect.skips;
      values[RELEASE_NS] = values[ARRIVAL_NS];
      return;
    }
    memory[COUNTER]++;
    const x = this.#x;
    if (!this.#delay.isConstant) x[0] = this.#random.next(packet) >>> 0;
    this.#delay.apply(x);
    let nowNs = values[ARRIVAL_NS];
    if (this.#bytesPerSecond > 0) {
      // Behind the last packet that waits, which takes its share of the delay off this one's.
      const aheadNs = memory[LAST_NS] - nowNs;
      if (aheadNs > 0) {
        x[0] = Math.max(0, x[0] - aheadNs);
        nowNs = memory[LAST_NS];
      }
      x[0] += this.#sendingNs(packet.view.frameLength);
    }
    const releaseNs = nowNs + x[0];
    if (releaseNs > memory[LAST_NS]) memory[LAST_NS] = releaseNs;
    values[RELEASE_NS] = Math.max(values[ARRIVAL_NS], releaseNs);
  }

  /** packet_time_ns; where overheads make a length negative netem waits for centuries, and this does not. */
  #sendingNs(frameBytes: number): number {
    const { overheadBytes, cellBytes, cellOverheadBytes } = this.#rate!;
    let bytes = frameBytes + overheadBytes;
    if (cellBytes > 0) bytes = Math.ceil(bytes / cellBytes) * (cellBytes + cellOverheadBytes);
    return Math.floor((Math.max(0, bytes) * 1e9) / this.#bytesPerSecond);
  }
}
