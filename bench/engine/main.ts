/**
 * Nanoseconds and bytes allocated per packet, for the parts of the engine. Options: `--smoke` (tiny
 * sizes, to see that it runs).
 *
 * Goals: over 4 million packets/s for classify and loss, 0 bytes allocated per packet, a million packets
 * in flight cost at most twice what a thousand cost, and no stage costs more than 150 ns a packet on top
 * of classify (300 ns for AQMs and traces).
 */
import { cpus } from 'node:os';
import { engineCases, THOUSAND_IN_FLIGHT } from './cases.js';
import { measure, type Result } from './measure.js';
import { CLASSIFY, STAGE_ROWS } from './stage-cases.js';

const smoke = process.argv.includes('--smoke');
const effort = smoke
  ? { rounds: 1, packetsPerRound: 64, warmUpPackets: 64 }
  : { rounds: 9, packetsPerRound: 1_000_000, warmUpPackets: 2_000_000 };
const results = measure(engineCases(smoke ? 1000 : 1), effort);
const nsOf = (name: string) => results.find((result) => result.name === name)!.nsPerPacket;

console.log(`${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`);
console.log(`median of ${effort.rounds} interleaved rounds of ${effort.packetsPerRound} packets`);
console.log(row('', 'ns/packet', 'M packets/s', 'bytes/packet', 'ratio'));
for (const result of results) console.log(describe(result));
console.log();
for (const [goal, met] of goals()) console.log(`${met ? 'met   ' : 'MISSED'}  ${goal}`);

function describe({ name, nsPerPacket, bytesPerPacket, reference }: Result): string {
  const ratio =
    reference === undefined ? '' : `${(nsPerPacket / nsOf(reference)).toFixed(2)} × ${reference}`;
  const rate = (1000 / nsPerPacket).toFixed(1);
  return row(name, nsPerPacket.toFixed(1), rate, bytesPerPacket.toFixed(1), ratio);
}

function row(name: string, ...[ns, rate, bytes, ratio]: string[]): string {
  return `${name.padEnd(40)}${ns.padStart(10)}${rate.padStart(13)}${bytes.padStart(14)}  ${ratio}`.trimEnd();
}

function goals(): [string, boolean][] {
  const million = nsOf('delay 100 ms, 1 M in flight') / nsOf(THOUSAND_IN_FLIGHT);
  const loss = 1000 / nsOf('classify + loss');
  const bytes = Math.max(...results.map((result) => result.bytesPerPacket));
  return [
    [`classify + loss: ${loss.toFixed(1)} million packets/s, goal above 4`, loss > 4],
    // Where time is a double, a turn boxes it once: 16 bytes for its 32 packets.
    [`allocation: 0 bytes per packet beside the turn's time (${bytes.toFixed(1)})`, bytes < 1],
    ...STAGE_ROWS.map(({ name, limitNs }): [string, boolean] => {
      const ns = nsOf(name) - nsOf(CLASSIFY);
      return [`${name}: ${ns.toFixed(0)} ns on top of classify, at most ${limitNs}`, ns <= limitNs];
    }),
    [`a million in flight: ${million.toFixed(2)} × a thousand, goal at most 2`, million <= 2],
  ];
}
