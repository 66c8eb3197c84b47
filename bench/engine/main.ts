/**
 * Nanoseconds and bytes allocated per packet, for the parts of the engine. Options: `--smoke` (tiny
 * sizes, to see that it runs).
 *
 * Goals: over 4 million packets/s for classify and loss, 0 bytes allocated per packet, and a million
 * packets in flight cost at most twice what a thousand cost.
 */
import { cpus } from 'node:os';
import { copyCase, delayCase, parseCase, passCase, queueCase } from './cases.js';
import { measure, type Result } from './measure.js';

const smoke = process.argv.includes('--smoke');
const effort = smoke
  ? { rounds: 1, packetsPerRound: 64, warmUpPackets: 64 }
  : { rounds: 9, packetsPerRound: 1_000_000, warmUpPackets: 2_000_000 };
const scale = smoke ? 1000 : 1;

const THOUSAND = 'delay 100 ms, 1 k in flight';
const WHEEL = 'wheel alone, 1 k';
const cases = [
  copyCase(),
  parseCase(),
  passCase('classify, 1 flow', 'udp:53', 1),
  passCase('classify, 1 k flows', 'udp:53', 1000),
  passCase('classify, 100 k flows', 'udp:53', 100_000 / scale),
  passCase('classify + loss', 'udp:53 loss 0.5%', 1),
  passCase('classify + loss, 1 k flows', 'udp:53 loss 0.5%', 1000),
  delayCase('delay 1 ms, 1 k in flight', 'udp:53 delay 1ms', 1e6, 1000, THOUSAND),
  delayCase(THOUSAND, 'udp:53 delay 100ms', 100e6, 1000),
  delayCase(
    'delay 100 ms, 100 k in flight',
    'udp:53 delay 100ms',
    100e6,
    100_000 / scale,
    THOUSAND,
  ),
  delayCase(
    'delay 100 ms, 1 M in flight',
    'udp:53 delay 100ms',
    100e6,
    1_000_000 / scale,
    THOUSAND,
  ),
  delayCase(
    'delay 100 ms ± 50 ms, 100 k in flight',
    'udp:53 delay 100ms jitter 50ms unordered',
    100e6,
    100_000 / scale,
    THOUSAND,
  ),
  queueCase(WHEEL, 'wheel', 100e6, 1000),
  queueCase('wheel alone, 1 M', 'wheel', 100e6, 1_000_000 / scale, WHEEL),
  queueCase('heap alone, 1 k', 'heap', 100e6, 1000, WHEEL),
  queueCase('heap alone, 1 M', 'heap', 100e6, 1_000_000 / scale, WHEEL),
];

const results = measure(cases, effort);
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
  const million = nsOf('delay 100 ms, 1 M in flight') / nsOf(THOUSAND);
  const loss = 1000 / nsOf('classify + loss');
  const bytes = Math.max(...results.map((result) => result.bytesPerPacket));
  return [
    [`classify + loss: ${loss.toFixed(1)} million packets/s, goal above 4`, loss > 4],
    [`allocation: at most ${bytes.toFixed(1)} bytes per packet, goal 0`, bytes < 0.5],
    [`a million in flight: ${million.toFixed(2)} × a thousand, goal at most 2`, million <= 2],
  ];
}
