/**
 * What shared randomness is worth: the difference between two neighbouring steps scatters less when both
 * meet the same draws. The engine loses the packets of simulated lookups (a query, an answer), for many rounds;
 * docs/gradient.md has the figures.
 */
import { describe, expect, test } from 'vitest';
import { Engine } from '../../src/netem/engine.js';
import { PacketMemory } from '../../src/netem/packet-memory.js';
import { Verdict } from '../../src/netem/verdict.js';
import { LinkType } from '../../src/packet/packet-view.js';
import { parseRule } from '../../src/rules/parse.js';
import { Direction, type Rule } from '../../src/rules/rule.js';
import { ipv4, udp } from '../support/packets.js';

const ROUNDS = 120;
const LOOKUPS = 300;
const SEED = 'pairing';

const memory = new PacketMemory(16 * 2 ** 20);
const [slot] = memory.takeStaging(1);
memory.linkType[slot!] = LinkType.rawIp;
const client = '198.18.0.1';
const server = '198.18.0.2';
const queries = Array.from({ length: LOOKUPS }, (_, i) =>
  ipv4(client, server, udp(32_768 + i, 53)),
);
const answers = Array.from({ length: LOOKUPS }, (_, i) =>
  ipv4(server, client, udp(53, 32_768 + i)),
);

/** Share of lookups whose first try gets no answer, the rule being put into force as a gradient does. */
function lateShare(engine: Engine, rule: Rule): number {
  engine.configure([], 0);
  engine.configure([rule], 0);
  let late = 0;
  for (let i = 0; i < LOOKUPS; i++) {
    if (!passes(engine, queries[i]!, Direction.out) || !passes(engine, answers[i]!, Direction.in))
      late++;
  }
  return late / LOOKUPS;
}

function passes(engine: Engine, packet: Uint8Array, direction: Direction): boolean {
  memory.bytes.set(packet, memory.frameOffset(slot!));
  memory.length[slot!] = packet.length;
  return engine.ingress(slot!, direction, 0) === Verdict.pass;
}

/** Variance of the differences over the rounds, and their mean. */
function scatter(from: string, to: string, paired: boolean): { mean: number; variance: number } {
  const engine = new Engine({ memory, rules: [], seed: SEED });
  const rules = [from, to].map((loss) => parseRule(`udp:53 loss ${loss}`));
  const differences = Array.from({ length: ROUNDS }, (_, round) => {
    const [before, after] = rules.map((rule, step) => {
      const share = paired ? `round ${round}` : `round ${round}, step ${step}`;
      return lateShare(engine, { ...rule, name: `${rule.name} ${share}` });
    });
    return after! - before!;
  });
  const mean = differences.reduce((sum, each) => sum + each, 0) / ROUNDS;
  const squares = differences.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  return { mean, variance: squares / (ROUNDS - 1) };
}

const late = (loss: number) => 1 - (1 - loss) ** 2;

describe.each([
  ['0.1%', '0.5%', 0.001, 0.005],
  ['0.5%', '1%', 0.005, 0.01],
  ['1%', '2.5%', 0.01, 0.025],
  ['2.5%', '5%', 0.025, 0.05],
])('from %s to %s', (from, to, low, high) => {
  const step = late(high) - late(low);
  // A lookup that is late at the lower loss is late at the higher one: what differs is one Bernoulli draw.
  const pairedTheory = (step * (1 - step)) / LOOKUPS;
  const independentTheory = (late(low) * (1 - late(low)) + late(high) * (1 - late(high))) / LOOKUPS;
  const paired = scatter(from, to, true);
  const independent = scatter(from, to, false);

  test('both ways measure the same difference', () => {
    const sd = Math.sqrt(independentTheory / ROUNDS);
    expect(Math.abs(paired.mean - step)).toBeLessThan(4 * sd);
    expect(Math.abs(independent.mean - step)).toBeLessThan(4 * sd);
  });

  test('pairs scatter as theory says, and less than independent steps', () => {
    // A variance out of 120 values has a standard error of 13 %.
    expect(paired.variance / pairedTheory).toBeGreaterThan(0.6);
    expect(paired.variance / pairedTheory).toBeLessThan(1.5);
    expect(independent.variance / independentTheory).toBeGreaterThan(0.6);
    expect(independent.variance / independentTheory).toBeLessThan(1.5);
    const gain = independent.variance / paired.variance;
    expect(gain).toBeGreaterThan(1);
  });
});
