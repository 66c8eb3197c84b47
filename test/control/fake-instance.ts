/** An instance without a live path, for tests of what talks to one. */

import type {
  DirectionCounts,
  InstanceStatus,
  Measure,
  Measured,
  RuleStatus,
  RunningInstance,
} from '../../src/control/types.js';
import type { NetemuError } from '../../src/errors.js';
import { parseRules } from '../../src/rules/parse.js';
import type { Rule } from '../../src/rules/rule.js';

export class FakeInstance implements RunningInstance {
  readonly name: string;
  readonly seed = '7f3a9c01';
  readonly devices = ['eth0'];
  readonly pid = process.pid;
  readonly ended: Promise<NetemuError | null>;
  stops = 0;
  /** Thrown by `set`, once. */
  setError: Error | null = null;
  /** Awaited by `stop`. */
  stopDelay: Promise<void> = Promise.resolve();
  #rules: readonly Rule[];
  #end!: (error: NetemuError | null) => void;

  constructor(name = 'n1', lines: readonly string[] = ['udp:53 loss 0.5%']) {
    this.name = name;
    this.#rules = parseRules(lines);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  rules(): readonly Rule[] {
    return this.#rules;
  }

  status(): InstanceStatus {
    return statusWith({
      name: this.name,
      pid: this.pid,
      rules: this.#rules.map(({ text }) => ruleStatusWith({ rule: text })),
    });
  }

  async set(rules: readonly Rule[]): Promise<void> {
    const error = this.setError;
    this.setError = null;
    if (error !== null) throw error;
    this.#rules = rules;
  }

  forgetLateness(): void {}

  async stop(): Promise<void> {
    this.stops++;
    await this.stopDelay;
    this.#end(null);
  }

  /** As when its device is deleted. */
  fail(error: NetemuError): void {
    this.#end(error);
  }
}

export function statusWith(part: Partial<InstanceStatus>): InstanceStatus {
  return {
    kind: 'up',
    name: 'n1',
    pid: 4711,
    upSeconds: 12.34,
    seed: '7f3a9c01',
    devices: ['eth0'],
    rules: [ruleStatusWith({})],
    latenessNs: { p50: 11_300, p99: 45_100, p999: 98_000, max: 1_204_000 },
    overflow: 0,
    kernelDrops: 0,
    stallNs: 0,
    malformed: 0,
    distortions: [],
    memory: { usedBytes: 2_101_248, limitBytes: 2 ** 28 },
    ...part,
  };
}

const NO_PACKETS: DirectionCounts = {
  seen: 0,
  passed: 0,
  dropped: { loss: 0, partition: 0, queue: 0, overflow: 0 },
  held: 0,
  queued: 0,
  delayed: 0,
  duplicated: 0,
  corrupted: 0,
  marked: 0,
  reordered: 0,
  replies: 0,
  rebound: 0,
  bytes: 0,
};

export function ruleStatusWith(part: Partial<RuleStatus>): RuleStatus {
  return {
    rule: 'udp:53 loss 0.5% delay 20ms',
    out: {
      ...NO_PACKETS,
      seen: 20_000,
      passed: 19_880,
      dropped: { loss: 103, partition: 0, queue: 0, overflow: 0 },
      held: 17,
      delayed: 19_897,
      bytes: 1_280_000,
    },
    in: NO_PACKETS,
    measured: {
      out: measuredWith({ configured: 0.005, realized: 0.00515, ci95: [0.0042, 0.00624] }),
      in: measuredWith({ configured: 0.005, realized: null, ci95: null }),
    },
    ...part,
  };
}

/** Nothing was measured but loss. */
export function measuredWith(loss: Measure, part: Partial<Measured> = {}): Measured {
  const nothing: Measure = { configured: 0, realized: null, ci95: null };
  return {
    loss,
    marks: nothing,
    lossBurst: nothing,
    corruption: nothing,
    duplicates: nothing,
    reordering: nothing,
    rate: nothing,
    delay: null,
    ...part,
  };
}
