/**
 * RFC 8033, appendix A (waits by timestamps), line by line, with its names, in seconds. Added: ECN
 * (section 5.1), the limit of the queue, and that an empty queue has no delay, as in Linux. The
 * periodic function is called whenever its time has come, before what happens at that time.
 */
import { linkStream } from '../../support/link-driver.js';
import type { ModelDiscipline, ModelPacket } from './link-model.js';

export interface PieParameters {
  readonly QDELAY_REF: number;
  readonly T_UPDATE: number;
  readonly ecn: boolean;
}

const MAX_BURST = 0.15;
const MEAN_PKTSIZE = 1500;
const alpha = 0.125;
const beta = 1.25;

export class PieModel implements ModelDiscipline {
  readonly waiting: ModelPacket[] = [];
  /** By update. */
  readonly probabilities: number[] = [];
  readonly QDELAY_REF: number;
  readonly T_UPDATE: number;
  readonly ecn: boolean;
  readonly drop: (packet: ModelPacket) => void;

  drop_prob_ = 0;
  burst_allowance_ = MAX_BURST;
  qdelay_old_ = 0;
  current_qdelay = 0;
  private came = 0;
  private updates = 0;

  constructor(parameters: PieParameters, drop: (packet: ModelPacket) => void) {
    this.QDELAY_REF = parameters.QDELAY_REF;
    this.T_UPDATE = parameters.T_UPDATE;
    this.ecn = parameters.ecn;
    this.drop = drop;
  }

  enqueue(packet: ModelPacket, ns: number, refuse: () => boolean): void {
    this.runTimer(ns);
    this.came++;
    if (refuse()) {
      this.drop(packet);
      return;
    }
    if (
      this.drop_prob_ === 0 &&
      this.current_qdelay < this.QDELAY_REF / 2 &&
      this.qdelay_old_ < this.QDELAY_REF / 2
    ) {
      this.burst_allowance_ = MAX_BURST;
    }
    if (this.burst_allowance_ === 0 && this.drop_early()) {
      if (this.ecn && packet.isEct && this.drop_prob_ < 0.1) {
        packet.isMarked = true;
      } else {
        this.drop(packet);
        return;
      }
    }
    this.waiting.push(packet);
  }

  dequeue(ns: number): ModelPacket | undefined {
    this.runTimer(ns);
    const packet = this.waiting.shift();
    if (packet !== undefined) this.current_qdelay = (ns - packet.atNs) / 1e9;
    if (this.waiting.length === 0) this.current_qdelay = 0;
    return packet;
  }

  private drop_early(): boolean {
    const byte_length = this.waiting.reduce((sum, { bytes }) => sum + bytes, 0);
    // Safeguard PIE to be work conserving
    if (
      (this.qdelay_old_ < this.QDELAY_REF / 2 && this.drop_prob_ < 0.2) ||
      byte_length <= 2 * MEAN_PKTSIZE
    ) {
      return false;
    }
    const u = (linkStream.int32(0, this.came, 0) >>> 0) / 2 ** 32;
    return u < this.drop_prob_;
  }

  private runTimer(ns: number): void {
    while ((this.updates + 1) * Math.round(this.T_UPDATE * 1e9) <= ns) {
      this.calculate_drop_prob();
      this.updates++;
      this.probabilities.push(this.drop_prob_);
    }
  }

  private calculate_drop_prob(): void {
    let p =
      alpha * (this.current_qdelay - this.QDELAY_REF) +
      beta * (this.current_qdelay - this.qdelay_old_);
    if (this.drop_prob_ < 0.000001) {
      p /= 2048;
    } else if (this.drop_prob_ < 0.00001) {
      p /= 512;
    } else if (this.drop_prob_ < 0.0001) {
      p /= 128;
    } else if (this.drop_prob_ < 0.001) {
      p /= 32;
    } else if (this.drop_prob_ < 0.01) {
      p /= 8;
    } else if (this.drop_prob_ < 0.1) {
      p /= 2;
    }
    // Cap Drop Adjustment
    if (this.drop_prob_ >= 0.1 && p > 0.02) p = 0.02;
    this.drop_prob_ += p;
    // Exponentially decay drop prob when congestion goes away
    if (this.current_qdelay < this.QDELAY_REF / 2 && this.qdelay_old_ < this.QDELAY_REF / 2) {
      this.drop_prob_ *= 0.98;
    }
    // Bound drop probability
    if (this.drop_prob_ < 0) this.drop_prob_ = 0;
    if (this.drop_prob_ > 1) this.drop_prob_ = 1;
    // Burst tolerance; in floating point, ten times 15 ms are not 150 ms.
    const burst = this.burst_allowance_ - this.T_UPDATE;
    this.burst_allowance_ = burst < 1e-12 ? 0 : burst;
    this.qdelay_old_ = this.current_qdelay;
  }
}
