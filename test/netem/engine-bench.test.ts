import { expect, test } from 'vitest';
import { engineCases } from '../../bench/engine/cases.js';
import { measure } from '../../bench/engine/measure.js';

test('the benchmark runs', () => {
  const cases = engineCases(1000);
  const results = measure(cases, { rounds: 2, packetsPerRound: 4_000, warmUpPackets: 64 });
  for (const { name, nsPerPacket, reference } of results) {
    expect(nsPerPacket, name).toBeGreaterThan(1);
    expect(nsPerPacket, name).toBeLessThan(100_000);
    if (reference !== undefined) expect(cases.map((c) => c.name)).toContain(reference);
  }
});
