/**
 * What may be wrong with a step, in plain words: where the emulator, the probe or this machine have done
 * something that looks like the network's or the service's doing.
 */
import { formatCount, formatMs } from '../report/format.js';
import type { GradientRecord, SegmentRecord } from '../result.js';
import { systemWarnings } from './system-warnings.js';

/** Samples that begin later than this after their time meet another load than the one asked for. */
const BEGUN_LATE_MS = 10;

/** One line each, those that spoil most first. */
export function warningsOf(
  record: GradientRecord,
  step: number,
  segments: readonly SegmentRecord[],
  failed: number,
  system: Readonly<Record<string, number>>,
): string[] {
  const samples = segments.reduce((sum, { index }) => sum + index.length, 0);
  return [
    ...errors(segments),
    ...missing(record, step, segments, samples),
    ...(samples > 0 && failed === samples ? ['all samples failed: is the service there?'] : []),
    ...(step === 0 ? [] : unmet(segments, samples)),
    ...distortions(segments),
    ...begunLate(segments),
    ...systemWarnings(system, record.steppedKey),
    ...new Set(segments.flatMap(({ notes }) => notes)),
  ];
}

function errors(segments: readonly SegmentRecord[]): string[] {
  return segments.flatMap(({ error, round }) =>
    error === null ? [] : [`round ${round + 1} ended with an error: ${error.message}`],
  );
}

function missing(
  { plan, rounds }: GradientRecord,
  step: number,
  segments: readonly SegmentRecord[],
  samples: number,
): string[] {
  const planned = plan.steps.find((each) => each.step === step)?.samples ?? null;
  const cut = segments.filter((segment) => segment.cut).length;
  const all = rounds === 1 ? '' : `${cut} of ${rounds} rounds `;
  if (segments.length === 0) return ['it was not measured'];
  return [
    ...(segments.length < rounds
      ? [`only ${segments.length} of ${rounds} rounds have been measured`]
      : []),
    ...(cut > 0 ? [`${all}ended early`] : []),
    ...(samples === 0 ? ['it has no samples'] : []),
    ...(samples > 0 && planned !== null && samples < planned
      ? [`${formatCount(samples)} samples instead of the ${formatCount(planned)} planned`]
      : []),
  ];
}

/** The rule was in force, and nothing that the probe sent was impaired by it. */
function unmet(segments: readonly SegmentRecord[], samples: number): string[] {
  const traffic = segments.map((segment) => segment.traffic);
  if (samples === 0 || traffic.some((status) => status === null)) return [];
  const seen = traffic.reduce((sum, status) => sum + status!.out.seen + status!.in.seen, 0);
  return seen > 0 ? [] : ["the rule saw no packet: is the probe's traffic what it matches?"];
}

function distortions(segments: readonly SegmentRecord[]): string[] {
  const emulators = segments.flatMap(({ emulator }) => emulator ?? []);
  const sum = (count: (emulator: (typeof emulators)[number]) => number) =>
    emulators.reduce((total, emulator) => total + count(emulator), 0);
  const worst = (count: (emulator: (typeof emulators)[number]) => number) =>
    Math.max(0, ...emulators.map(count));
  const overflow = sum((each) => each.overflow);
  const kernelDrops = sum((each) => each.kernelDrops);
  const stallMs = worst((each) => each.stallNs) / 1e6;
  const isLate = emulators.some(({ distortions }) => distortions.includes('lateness'));
  const lateMs = worst((each) => each.latenessNs.p99) / 1e6;
  return [
    ...(overflow > 0
      ? [`${packets(overflow)} found no memory in netemu and ${were(overflow)} lost: --memory`]
      : []),
    ...(kernelDrops > 0
      ? [
          `the kernel lost ${packets(kernelDrops)} on the way through netemu, which no rule asked for`,
        ]
      : []),
    ...(stallMs > 0
      ? [`netemu stood still for ${formatMs(stallMs)}: the machine was busy, packets waited`]
      : []),
    ...(isLate
      ? [`netemu released 1 in 100 packets over ${coarse(lateMs)} late: the machine was busy`]
      : []),
  ];
}

function begunLate(segments: readonly SegmentRecord[]): string[] {
  const p99 = Math.max(0, ...segments.map(({ begunLateMs }) => begunLateMs?.p99 ?? 0));
  if (p99 <= BEGUN_LATE_MS) return [];
  return [`1 in 100 samples began over ${coarse(p99)} late: the probe could not keep its rate`];
}

/** The next lower of 1, 2, 5, 10 … ms, so that steps that fare alike are said together. */
function coarse(ms: number): string {
  const power = 10 ** Math.floor(Math.log10(ms));
  const digit = [5, 2].find((each) => each * power <= ms) ?? 1;
  return `${Number((digit * power).toPrecision(1))}ms`;
}

function packets(count: number): string {
  return `${formatCount(count)} ${count === 1 ? 'packet' : 'packets'}`;
}

function were(count: number): string {
  return count === 1 ? 'was' : 'were';
}
