/**
 * Interleaved measurement: all cases take turns, so that a slow second of the machine hits them
 * alike, and the median of the rounds counts. Time is the processor's, not the wall's: the engine
 * never waits, and what else runs on the machine is not its affair. Allocation is the growth of the
 * heap over a stretch too short for a garbage collection to hide any of it.
 */

export interface Case {
  readonly name: string;
  /** Name of the case that the time is divided by in the table. */
  readonly reference?: string;
  /** Handles `count` packets more. */
  run(count: number): void;
}

export interface Result {
  readonly name: string;
  readonly reference: string | undefined;
  readonly nsPerPacket: number;
  readonly bytesPerPacket: number;
}

export interface Effort {
  readonly rounds: number;
  readonly packetsPerRound: number;
  readonly warmUpPackets: number;
}

/** Stays below the young generation's first megabyte at up to 40 bytes a packet. */
const ALLOCATION_PACKETS = 25_000;

export function measure(cases: readonly Case[], effort: Effort): Result[] {
  for (const { run } of cases) run(effort.warmUpPackets);
  const times = cases.map((): number[] => []);
  for (let round = 0; round < effort.rounds; round++) {
    cases.forEach(({ run }, i) => {
      const start = process.cpuUsage();
      run(effort.packetsPerRound);
      const { user, system } = process.cpuUsage(start);
      times[i].push(((user + system) * 1000) / effort.packetsPerRound);
    });
  }
  return cases.map((measured, i) => ({
    name: measured.name,
    reference: measured.reference,
    nsPerPacket: median(times[i]),
    bytesPerPacket: allocation(measured, effort),
  }));
}

/** Bytes allocated per packet: the median of the rounds, less what the measuring itself allocates. */
function allocation({ run }: Case, { rounds, packetsPerRound }: Effort): number {
  const packets = Math.min(ALLOCATION_PACKETS, packetsPerRound);
  const growth = (count: number) => {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    run(count);
    return process.memoryUsage().heapUsed - before;
  };
  const rest = median(Array.from({ length: rounds }, () => growth(0)));
  const grown = median(Array.from({ length: rounds }, () => growth(packets)));
  return Math.max(0, grown - rest) / packets;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
