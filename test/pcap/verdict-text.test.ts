import { expect, test } from 'vitest';
import { Counter } from '../../src/netem/counters.js';
import { COPY_LEFT_NS, FATE_ORDINAL, Fate, LEFT_NS, TIME_NS } from '../../src/netem/fates.js';
import { Decider } from '../../src/netem/ruling.js';
import { Effect } from '../../src/netem/stages/stage.js';
import { verdictText } from '../../src/pcap/verdict-text.js';

function fateOf(fields: Partial<Fate>, leftNs = 1_000, copyLeftNs = 1_000): Fate {
  const fate = Object.assign(new Fate(), { rule: 1, flow: 3, outcome: Counter.passed, ...fields });
  fate.values[TIME_NS] = 1_000;
  fate.values[LEFT_NS] = leftNs;
  fate.values[COPY_LEFT_NS] = copyLeftNs;
  fate.values[FATE_ORDINAL] = 17;
  return fate;
}

const say = (fate: Fate) => verdictText(fate, ['dns', 'udp:53#2']);
const WHO = '; rule udp:53#2, flow 3, packet 17';

test.each([
  [fateOf({}), `netemu passed${WHO}`],
  [fateOf({ rule: -1 }), 'netemu passed; no rule'],
  [fateOf({ outcome: Counter.droppedLoss, decider: Decider.loss }), `netemu dropped by loss${WHO}`],
  [
    fateOf({ outcome: Counter.droppedPartition, decider: Decider.partition, answered: 1 }),
    `netemu dropped by partition, answered${WHO}`,
  ],
  [
    fateOf({ outcome: Counter.overflow, decider: Decider.memory }),
    `netemu dropped by memory${WHO}`,
  ],
  [
    fateOf({ outcome: Counter.held, decider: Decider.delay }),
    `netemu held by delay at the end${WHO}`,
  ],
  [
    fateOf({ decider: Decider.jitter }, 20_001_312),
    `netemu left after 20.000312 ms (jitter)${WHO}`,
  ],
  [fateOf({ decider: Decider.rate }, 5_001_000), `netemu left after 5 ms (rate)${WHO}`],
  [fateOf({ decider: Decider.order }, 1_001), `netemu left after 0.000001 ms (order)${WHO}`],
  [
    fateOf({ effects: Effect.corrupted | Effect.marked | Effect.rebound }),
    `netemu passed, rebound, corrupted, marked${WHO}`,
  ],
  [fateOf({ copy: Counter.passed }, 1_000, 501_000), `netemu passed, copy after 0.5 ms${WHO}`],
  [fateOf({ copy: Counter.held }), `netemu passed, copy held at the end${WHO}`],
  [fateOf({ copy: Counter.droppedQueue }), `netemu passed, copy dropped${WHO}`],
])('%#: %s', (fate, text) => {
  expect(say(fate)).toBe(text);
});
