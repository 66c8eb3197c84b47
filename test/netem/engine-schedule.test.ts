/** Schedules at work: each packet meets the values of its time, however long nobody looked. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Verdict } from '../../src/netem/engine.js';
import { parseRules } from '../../src/rules/parse.js';
import { Direction } from '../../src/rules/rule.js';
import { impairmentsAt } from '../../src/rules/schedule.js';
import { EngineDriver, numbered, numberOf, scenario } from './engine-driver.js';

const { out } = Direction;
const MS = 1e6;
const S = 1e9;

/** Sends numbered packets of one flow, punctually; says when each left, in ms, or null. */
function leftAt(driver: EngineDriver, timesNs: readonly number[], direction: Direction = out) {
  const left: (number | null)[] = timesNs.map(() => null);
  timesNs.forEach((nowNs, number) => {
    driver.drain(nowNs);
    const verdict = driver.send(numbered(0, direction, number), direction, nowNs);
    if (verdict === Verdict.pass) left[number] = nowNs / MS;
  });
  driver.drain();
  for (const { frame, deadlineNs } of driver.released) left[numberOf(frame)] = deadlineNs / MS;
  return left;
}

function yaml(rule: string, entries: readonly string[], loop = ''): string {
  const list = entries.map((entry) => `  - ${entry}`).join('\n');
  return `rules: ['${rule}']\nschedule:\n${list}\n${loop === '' ? '' : `loop: ${loop}\n`}`;
}

test('delay and loss are those of the time of the packet, against a model', () => {
  const [rule] = scenario(
    yaml(
      'udp jitter 0ms unordered',
      [
        '{at: 50ms, rules: [{match: udp, delay: 7ms}]}',
        '{at: 120ms, for: 60ms, rules: [{match: udp, delay: {in: 20ms}, loss: first 1000000}]}',
        '{every: 200ms, for: 30ms, rules: [{match: udp, partition: drop}]}',
        '{at: 400ms, rules: [{match: udp, delay: 0ms -> 50ms over 100ms}]}',
      ],
      '700ms',
    ),
  );
  const times = fc
    .array(fc.oneof(fc.nat(20), fc.nat(3000)), { minLength: 5, maxLength: 60 })
    .map((gaps) => gaps.map((_, i) => gaps.slice(0, i).reduce((sum, gap) => sum + gap, 0) * MS));
  fc.assert(
    fc.property(times, fc.constantFrom(Direction.out, Direction.in), (timesNs, direction) => {
      const expected = timesNs.map((ns) => {
        const { partition, loss, delayNs } = impairmentsAt(rule, ns)[direction];
        return partition !== null || loss !== null ? null : (ns + delayNs) / MS;
      });
      expect(leftAt(new EngineDriver([rule]), timesNs, direction)).toEqual(expected);
    }),
    { seed: 1, numRuns: 40 },
  );
});

describe('a link', () => {
  test('whose rate changes while packets wait', () => {
    // 36 bytes are 288 bits: 288 ms at 1 kbit/s, 28.8 at 10; what is in service keeps its time.
    const rules = scenario(
      yaml('udp rate 1kbit', ['{at: 400ms, rules: [{match: udp, rate: 10kbit}]}']),
    );
    const expected = [288, 576, 604.8, 633.6, 662.4];
    expect(leftAt(new EngineDriver(rules), [0, 0, 0, 0, 0])).toEqual(expected);
    const late = new EngineDriver(rules);
    for (let i = 0; i < 5; i++) late.send(numbered(0, out, i), out, 0);
    late.expire(10 * S);
    expect(late.released.map(({ deadlineNs }) => deadlineNs / MS)).toEqual(expected);
  });

  test('that is taken away wakes its driver', () => {
    const rules = scenario(
      yaml('udp rate 100bit', ['{at: 50ms, rules: [{match: udp, rate: none}]}']),
    );
    const driver = new EngineDriver(rules);
    for (let i = 0; i < 3; i++) driver.send(numbered(0, out, i), out, 0);
    expect(driver.engine.nextDeadline()).toBe(50 * MS);
    driver.drain();
    expect(driver.released.map(({ deadlineNs }) => deadlineNs / MS)).toEqual([50, 50, 50]);
    expect(driver.engine.heldCount).toBe(0);
  });

  test('that nobody used since fills its bucket at the rates of the times between', () => {
    const rules = scenario(
      yaml('udp rate 1bit burst 72b', ['{at: 1s, rules: [{match: udp, rate: 1mbit burst 72b}]}']),
    );
    // For two packets: full at the start, empty then, and full again 576 µs after 1 s.
    expect(leftAt(new EngineDriver(rules), [0, 0, 1.5 * S, 1.5 * S])).toEqual([0, 0, 1500, 1500]);
  });

  test('by a trace begins when the schedule says, not with the packets', () => {
    // Opportunities at 0, 1, 1 and 5 ms, and so on every 5 ms.
    const text = yaml('udp', ['{at: 13ms, rules: [{match: udp, trace: lte.trace}]}']);
    const rules = [
      ...scenario(text),
      ...scenario(yaml('tcp rate 1mbit', ['{at: 1s, rules: [{match: tcp, delay: 1ms}]}'])),
    ];
    for (const expiresAtNs of [0, 14 * MS, 16 * MS]) {
      const driver = new EngineDriver(rules);
      driver.expire(expiresAtNs);
      expect(leftAt(driver, [16.5 * MS, 20 * MS])).toEqual([18, 23]);
    }
  });
});

describe('a schedule that nobody looked at', () => {
  const ramp = yaml('udp', [
    '{at: 0s, rules: [{match: udp, loss: 0% -> 100% over 3600s}]}',
    '{at: 2h, rules: [{match: udp, loss: none, delay: 5ms}]}',
  ]);

  test('for hundreds of thousands of changes has the values of the present', () => {
    const driver = new EngineDriver(scenario(ramp));
    const timesNs = [0, 3600 * S, 7199 * S, 7200 * S, 1e6 * S];
    expect(leftAt(driver, timesNs)).toEqual([0, null, null, 7_200_005, 1e9 + 5]);
  });

  test('is not lost when other rules are replaced', () => {
    const [rule] = scenario(yaml('udp', ['{at: 5s, rules: [{match: udp, partition: drop}]}']));
    const driver = new EngineDriver([rule]);
    expect(driver.send(numbered(0, out, 0), out, 4 * S)).toBe(Verdict.pass);
    driver.configure([...parseRules(['tcp']), rule], 6 * S);
    expect(driver.send(numbered(0, out, 0), out, 6 * S)).toBe(Verdict.drop);
  });
});

describe('configure in the midst', () => {
  const text = (ms: number) =>
    yaml('udp', [`{at: ${ms}ms, rules: [{match: udp, partition: drop}]}`]);

  test('begins the schedule of a changed rule anew and leaves that of an unchanged one', () => {
    for (const [later, expected] of [
      [50, [Verdict.drop, Verdict.drop]],
      [51, [Verdict.pass, Verdict.drop]],
    ] as const) {
      const driver = new EngineDriver(scenario(text(50)));
      driver.send(numbered(0, out, 0), out, 30 * MS);
      driver.configure(scenario(text(later)), 30 * MS);
      const verdicts = [80.9, 81].map((ms) => driver.send(numbered(0, out, 0), out, ms * MS));
      expect(verdicts).toEqual(expected);
    }
  });

  test('what should have left a link by then has left it', () => {
    for (const successors of [[], ['udp rate 1bit']]) {
      const driver = new EngineDriver(
        scenario(yaml('udp rate 1kbit', ['{at: 300ms, rules: [{match: udp, rate: 10kbit}]}'])),
      );
      for (let i = 0; i < 4; i++) driver.send(numbered(0, out, i), out, 0);
      driver.configure(successors, 600 * MS);
      driver.expire(600 * MS);
      const left = driver.released.map(({ deadlineNs }) => deadlineNs / MS);
      // In service from 288 ms on at the old rate, then 604.8 ms at the new one.
      expect(left).toEqual(successors.length === 0 ? [288, 576, 600, 600] : [288, 576]);
    }
  });
});

test('a ramp of the loss rate loses ever more, and as much as it says', () => {
  const driver = new EngineDriver(
    scenario(yaml('udp', ['{at: 0s, rules: [{match: udp, loss: 0% -> 100% over 20s}]}'])),
  );
  const timesNs = Array.from({ length: 20_000 }, (_, i) => i * MS);
  const lost = leftAt(driver, timesNs).map((ms) => (ms === null ? 1 : 0));
  const seconds = Array.from({ length: 20 }, (_, i) =>
    lost.slice(i * 1000, (i + 1) * 1000).reduce<number>((sum, each) => sum + each, 0),
  );
  seconds.forEach((count, i) => {
    // In second i the mean of the steps' rates is (50 i + 24.75) / 1000; a variance is at most 250.
    expect(Math.abs(count - (50 * i + 24.75))).toBeLessThan(4 * Math.sqrt(250));
  });
  // A draw is of the packet: what is lost at some rate is lost at a higher one.
  const later = new EngineDriver(
    scenario(yaml('udp', ['{at: 0s, rules: [{match: udp, loss: 5% -> 100% over 20s}]}'])),
  );
  const more = leftAt(later, timesNs).map((ms) => (ms === null ? 1 : 0));
  expect(lost.every((each, i) => each <= more[i])).toBe(true);
});
