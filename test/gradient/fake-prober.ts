/** A prober's process without a process: answers orders as it is told, and dies when it is told. */
import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { FAILED, type SegmentRequest } from '../../src/gradient/probe/probe.js';
import type {
  ProbedSegment,
  ProberOrder,
  ProberReport,
} from '../../src/gradient/prober/protocol.js';

export class FakeProber extends EventEmitter {
  connected = true;
  exitCode: number | null = null;
  readonly signalCode = null;
  readonly orders: ProberOrder[] = [];
  /** Called with each order; what it returns is answered. */
  answer: (order: ProberOrder) => ProberReport | null = answerWell;

  asChild(): ChildProcess {
    return this as unknown as ChildProcess;
  }

  send(order: ProberOrder): boolean {
    this.orders.push(order);
    const report = this.answer(order);
    if (report !== null) setImmediate(() => this.emit('message', report));
    return true;
  }

  disconnect(): void {
    this.connected = false;
    setImmediate(() => this.die(0));
  }

  die(code: number): void {
    this.connected = false;
    this.exitCode = code;
    this.emit('exit', code, null);
  }

  kill(): boolean {
    this.die(137);
    return true;
  }

  get segments(): readonly SegmentRequest[] {
    return this.orders.flatMap((order) => (order.kind === 'segment' ? [order.segment] : []));
  }
}

export function answerWell(order: ProberOrder): ProberReport | null {
  if (order.kind === 'prepare') return { kind: 'ready', metrics: [FAILED], program: null };
  if (order.kind !== 'segment') return null;
  return { kind: 'segment', probed: probedWith({}), metrics: [FAILED] };
}

export function probedWith(part: Partial<ProbedSegment>): ProbedSegment {
  return {
    durationMs: 1_000,
    index: [0, 1],
    atMs: [0, 10],
    failure: [-1, 0],
    failureReasons: ['timeout'],
    values: { latency: [20.5, null] },
    series: [],
    begunLateMs: { p50: 0, p99: 0.5, max: 1 },
    system: { 'Udp.InErrors': 1 },
    cut: false,
    error: null,
    notes: [],
    ...part,
  };
}
