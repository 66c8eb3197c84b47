/**
 * RFC 8289, section 5, line by line, with its names. What is not there: the limit of the queue, and
 * what becomes of a marked packet (as in Linux: it is sent, and the next is due by the control law).
 */
import type { ModelDiscipline, ModelPacket } from './link-model.js';

interface DodequeueResult {
  p: ModelPacket | undefined;
  ok_to_drop: boolean;
}

export interface CodelParameters {
  readonly TARGET: number;
  readonly INTERVAL: number;
  readonly ecn: boolean;
}

export class CodelModel implements ModelDiscipline {
  readonly waiting: ModelPacket[] = [];
  /** Times of drops and marks. */
  readonly acted: number[] = [];
  TARGET: number;
  INTERVAL: number;
  readonly ecn: boolean;
  readonly drop: (packet: ModelPacket) => void;

  first_above_time_ = 0;
  drop_next_ = 0;
  count_ = 0;
  lastcount_ = 0;
  dropping_ = false;
  maxpacket_ = 1500;

  constructor({ TARGET, INTERVAL, ecn }: CodelParameters, drop: (packet: ModelPacket) => void) {
    this.TARGET = TARGET;
    this.INTERVAL = INTERVAL;
    this.ecn = ecn;
    this.drop = drop;
  }

  enqueue(packet: ModelPacket, _ns: number, refuse: () => boolean): void {
    if (refuse()) {
      this.drop(packet);
      return;
    }
    if (packet.bytes > this.maxpacket_) this.maxpacket_ = packet.bytes;
    this.waiting.push(packet);
  }

  dequeue(now: number): ModelPacket | undefined {
    let r = this.dodequeue(now);
    if (this.dropping_) {
      if (!r.ok_to_drop) {
        // sojourn time below TARGET - leave drop state
        this.dropping_ = false;
      }
      // Time for the next drop. Drop current packet and dequeue next. If the dequeue doesn't take us
      // out of dropping state, schedule the next drop.
      while (now >= this.drop_next_ && this.dropping_) {
        if (this.ecn && r.p!.isEct) {
          this.mark(r.p!, now);
          this.count_++;
          this.drop_next_ = this.control_law(this.drop_next_, this.count_);
          break;
        }
        this.dropNow(r.p!, now);
        this.count_++;
        r = this.dodequeue(now);
        if (!r.ok_to_drop) {
          // leave drop state
          this.dropping_ = false;
        } else {
          // schedule the next drop.
          this.drop_next_ = this.control_law(this.drop_next_, this.count_);
        }
      }
      // If we get here, we're not in drop state. The 'ok_to_drop' return from dodequeue means that the
      // sojourn time has been above 'TARGET' for 'INTERVAL', so enter drop state.
    } else if (r.ok_to_drop) {
      if (this.ecn && r.p!.isEct) {
        this.mark(r.p!, now);
      } else {
        this.dropNow(r.p!, now);
        r = this.dodequeue(now);
      }
      this.dropping_ = true;
      // If min went above TARGET close to when it last went below, assume that the drop rate that
      // controlled the queue on the last cycle is a good starting point to control it now.
      const delta = this.count_ - this.lastcount_;
      this.count_ = 1;
      if (delta > 1 && now - this.drop_next_ < 16 * this.INTERVAL) {
        this.count_ = delta;
      }
      this.drop_next_ = this.control_law(now, this.count_);
      this.lastcount_ = this.count_;
    }
    return r.p;
  }

  private control_law(t: number, count: number): number {
    return t + this.INTERVAL / Math.sqrt(count);
  }

  private bytes(): number {
    return this.waiting.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  private dodequeue(now: number): DodequeueResult {
    const r: DodequeueResult = { p: this.waiting.shift(), ok_to_drop: false };
    if (r.p === undefined) {
      // queue is empty - we can't be above TARGET
      this.first_above_time_ = 0;
      return r;
    }
    const sojourn_time = now - r.p.atNs;
    if (sojourn_time < this.TARGET || this.bytes() <= this.maxpacket_) {
      // went below - stay below for at least INTERVAL
      this.first_above_time_ = 0;
    } else {
      if (this.first_above_time_ === 0) {
        // just went above from below. if still above at first_above_time, will say it's ok to drop.
        this.first_above_time_ = now + this.INTERVAL;
      } else if (now >= this.first_above_time_) {
        r.ok_to_drop = true;
      }
    }
    return r;
  }

  private mark(packet: ModelPacket, now: number): void {
    packet.isMarked = true;
    this.acted.push(now);
  }

  private dropNow(packet: ModelPacket, now: number): void {
    this.drop(packet);
    this.acted.push(now);
  }
}
