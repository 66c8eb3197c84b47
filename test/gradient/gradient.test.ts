/** How a gradient is measured, over a link and a prober that are made up: what is swapped when, and what ends it. */
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { InstanceStatus, RuleStatus } from '../../src/control/types.js';
import { runtimeError } from '../../src/errors.js';
import { type MeasureProgress, measureGradient } from '../../src/gradient/gradient.js';
import { readLadder } from '../../src/gradient/ladder.js';
import type { GradientLink } from '../../src/gradient/link.js';
import { Prober } from '../../src/gradient/prober/prober.js';
import type { Rule } from '../../src/rules/rule.js';
import { FakeInstance } from '../control/fake-instance.js';
import { RULE_FILES } from '../support/rule-files.js';
import { answerWell, FakeProber, probedWith } from './fake-prober.js';

class WatchedInstance extends FakeInstance {
  readonly sets: string[] = [];

  override async set(rules: readonly Rule[]): Promise<void> {
    this.sets.push(rules.map(({ name, text }) => `${name}: ${text}`).join() || 'none');
    await super.set(rules);
  }

  /** Nothing is on its way. */
  override status(): InstanceStatus {
    const status = super.status();
    const drained = ({ out, ...rule }: RuleStatus) => ({ ...rule, out: { ...out, held: 0 } });
    return { ...status, rules: status.rules.map(drained) };
  }
}

const { steps, rules } = readLadder('loss 1%,2%', 'udp:53', RULE_FILES);
const REQUEST = {
  steps,
  rules,
  rounds: 1,
  order: 'ramp',
  seed: 's',
  paired: true,
  counts: [null, 50, 60],
  durationMs: 500,
  warmupMs: 0,
} as const;

let instance: WatchedInstance;
let child: FakeProber;
let link: GradientLink;
let control: AbortController;
let kept: number[];

beforeEach(() => {
  instance = new WatchedInstance();
  child = new FakeProber();
  const prober = new Prober(child.asChild());
  link = { instance, prober, far: null, close: async () => {} };
  control = new AbortController();
  kept = [];
});

const measure = (
  part: Partial<Parameters<typeof measureGradient>[1]> = {},
  onProgress: (progress: MeasureProgress) => void = () => {},
) =>
  measureGradient(link, { ...REQUEST, ...part }, control.signal, {
    onProgress,
    onSegment: (segments) => kept.push(segments.length),
  });

test('each turn begins without a rule, and with one whose name is of the round', async () => {
  const { segments, complete } = await measure({ rounds: 2, order: 'interleaved' });
  expect(complete).toBe(true);
  expect(kept).toEqual([1, 2, 3, 4, 5, 6]);
  expect(segments.map(({ step, round }) => [step, round])).toEqual([
    ...[0, 1, 2].map((step) => [step, 0]),
    ...[0, 1, 2].map((step) => [step, 1]),
  ]);
  expect(instance.sets).toEqual([
    ...['none', 'udp:53 round 0: udp:53', 'none', 'udp:53 round 0: udp:53 loss 1%'],
    ...['none', 'udp:53 round 0: udp:53 loss 2%', 'none', 'udp:53 round 1: udp:53'],
    ...['none', 'udp:53 round 1: udp:53 loss 1%', 'none', 'udp:53 round 1: udp:53 loss 2%'],
  ]);
});

test('independent steps have names of their own', async () => {
  await measure({ paired: false });
  const named = instance.sets.filter((set) => set !== 'none');
  expect(new Set(named.map((set) => set.split(':')[1])).size).toBe(3);
});

test('counts are of steps; where there is none, the time is', async () => {
  await measure();
  expect(child.segments).toEqual([
    { count: null, durationMs: 500, step: 0, label: 'baseline', round: 0 },
    { count: 50, durationMs: null, step: 1, label: '1%', round: 0 },
    { count: 60, durationMs: null, step: 2, label: '2%', round: 0 },
  ]);
});

test('a warm-up comes first, under the rule of the baseline, and is not kept', async () => {
  const { segments } = await measure({ warmupMs: 300 });
  expect(instance.sets.slice(0, 2)).toEqual(['udp:53 warm-up: udp:53', 'none']);
  expect(child.segments[0]).toMatchObject({ label: 'warm-up', durationMs: 300 });
  expect(segments).toHaveLength(3);
});

test('what the emulator counted stands beside what the prober measured', async () => {
  const [segment] = (await measure()).segments;
  expect(segment).toMatchObject({
    ...probedWith({}),
    traffic: { rule: 'udp:53' },
    emulator: { overflow: 0, kernelDrops: 0, distortions: [], latenessNs: { p50: 11_300 } },
  });
});

test('progress is told by turns', async () => {
  const seen: MeasureProgress[] = [];
  child.answer = (order) => {
    if (order.kind === 'segment')
      child.emit('message', { kind: 'progress', samples: 7, failed: 2 });
    return answerWell(order);
  };
  await measure({}, (progress) => seen.push(progress));
  expect(seen).toHaveLength(6);
  expect(seen[3]).toMatchObject({ turn: 1, turns: 3, step: 1, round: 0, samples: 7, failed: 2 });
});

describe('what ends it early', () => {
  /** Does something while the second segment is being measured. */
  const duringSecond = (action: () => void, cut = probedWith({ cut: true })) => {
    child.answer = (order) => {
      if (order.kind === 'segment' && order.segment.step === 1) {
        setImmediate(action);
        return null;
      }
      if (order.kind !== 'cut') return answerWell(order);
      return { kind: 'segment', probed: cut, metrics: [] };
    };
  };

  test('the user: the segment is cut, and nothing follows', async () => {
    duringSecond(() => control.abort());
    const { segments, complete } = await measure();
    expect(segments.map(({ cut }) => cut)).toEqual([false, true]);
    expect(segments[1]!.error).toBe(null);
    expect(complete).toBe(false);
  });

  test('an end before the beginning', async () => {
    control.abort();
    expect(await measure()).toMatchObject({ segments: [], complete: false });
  });

  test('a link that fails: its error is the segment’s', async () => {
    duringSecond(() => instance.fail(runtimeError('E_DEVICE_GONE', 'eth0 is gone')));
    const { segments } = await measure();
    expect(segments[1]).toMatchObject({ cut: true, error: { code: 'E_DEVICE_GONE' } });
    expect(segments).toHaveLength(2);
  });

  test('an instance that is ended from outside', async () => {
    duringSecond(() => void instance.stop());
    const { segments } = await measure();
    expect(segments[1]).toMatchObject({ cut: true, error: { code: 'E_ENDED' } });
  });

  test('a prober that dies: the segment has nothing, those before stand', async () => {
    duringSecond(() => child.die(1));
    const { segments } = await measure();
    expect(segments[0]!.index).toEqual([0, 1]);
    expect(segments[1]).toMatchObject({ index: [], cut: true, error: { code: 'E_PROBER' } });
    expect(segments).toHaveLength(2);
  });

  test('a prober that does not answer any more is killed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'], shouldAdvanceTime: true });
    onTestFinished(() => void vi.useRealTimers());
    duringSecond(() => {
      child.answer = () => null;
      control.abort();
      void vi.advanceTimersByTimeAsync(10_000);
    });
    const { segments } = await measure();
    expect(child.exitCode).toBe(137);
    expect(segments[1]).toMatchObject({ cut: true, error: { code: 'E_PROBER' } });
  });

  test('an instance that ends its prober first: what was measured stands, with the reason', async () => {
    duringSecond(() => {
      child.emit('message', {
        kind: 'segment',
        probed: probedWith({ cut: true }),
        metrics: [],
      });
      setTimeout(() => void instance.stop(), 20);
    });
    const { segments } = await measure();
    expect(segments[1]).toMatchObject({ index: [0, 1], cut: true, error: { code: 'E_ENDED' } });
  });

  test('a link that can no longer be asked: the samples stand', async () => {
    duringSecond(() => {
      instance.status = () => {
        throw new Error('gone');
      };
      child.emit('message', { kind: 'segment', probed: probedWith({}), metrics: [] });
    });
    const { segments } = await measure();
    expect(segments[1]).toMatchObject({ index: [0, 1], cut: true, traffic: null });
  });
});
