/** TCP by iperf3: the client is inside, and all processes run where the kernel puts them. */
import { readFileSync } from 'node:fs';
import { startIn } from './place.js';
import { type Direction, PORT } from './traffic.js';
import type { OpenWay } from './ways.js';

export interface Bulk {
  readonly direction: Direction;
  readonly streams: number;
  /** How long, or how much: iperf3's own options. */
  readonly amount: readonly string[];
}

export interface Moved {
  readonly gbitPerSecond: number;
  /** CPU time of the way's processes. */
  readonly cpuMsPerGb: number;
}

interface Interval {
  readonly sum: { readonly start: number; readonly seconds: number; readonly bytes: number };
}

interface Report {
  readonly error?: string;
  readonly intervals: readonly Interval[];
}

/** Slow start, and what is cold: not counted. */
const WARM_SECONDS = 0.3;
const SECONDS_MAX = '20';

/** Serves until the way's laboratory closes. */
export async function startServer(way: OpenWay): Promise<void> {
  const args = ['-s', '-p', String(PORT), '--forceflush'];
  const server = startIn(way.lab, way.outside.netns, 'iperf3', ...args);
  await server.printed(/listening/);
}

export async function moveBulk(way: OpenWay, bulk: Bulk): Promise<Moved> {
  const to = ['-c', way.outside.address, '-p', String(PORT), '--connect-timeout', '5000'];
  const how = ['-P', String(bulk.streams), ...(bulk.direction === 'down' ? ['-R'] : [])];
  const client = ['iperf3', ...to, ...how, ...bulk.amount, '-i', '0.1', '-J'];
  const cpuBeforeMs = cpuTimeMs(way.pids);
  const running = startIn(way.lab, way.inside.netns, 'timeout', SECONDS_MAX, ...client);
  const { stdout } = await running.finished;
  const cpuMs = cpuTimeMs(way.pids) - cpuBeforeMs;
  const { error, intervals } = JSON.parse(stdout || '{"error":"timed out"}') as Report;
  if (error !== undefined) throw new Error(`iperf3: ${error}`);
  const all = intervals.map(({ sum }) => sum);
  const late = all.filter(({ start }) => start >= WARM_SECONDS);
  const counted = late.length === 0 ? all : late;
  const seconds = sum(counted.map((interval) => interval.seconds));
  return {
    gbitPerSecond: (sum(counted.map(({ bytes }) => bytes)) * 8) / 1e9 / seconds,
    cpuMsPerGb: cpuMs / (sum(all.map(({ bytes }) => bytes)) / 1e9),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** utime and stime, proc(5); the kernel shows them in ticks of 10 ms on every platform. */
function cpuTimeMs(pids: readonly number[]): number {
  const times = pids.map((pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  });
  return sum(times);
}
