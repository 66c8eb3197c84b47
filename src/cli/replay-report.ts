/** What `netemu replay` says in the end: to people, to programs, and what went wrong. */
import { differsError, type NetemuError } from '../errors.js';
import type { CaptureDifference, ComparisonResult } from '../replay/compare.js';
import type { ReplayReport, VerifyReport } from '../replay/replay-file.js';
import { printable } from '../rules/problem.js';
import * as format from './format.js';
import { measureLines, ruleLines } from './table.js';

/** As `up` shows it, where there is a rule; none longer than `columns` characters. */
export function reportLines(report: ReplayReport, columns: number): string[] {
  const { rules } = report;
  const counts = { kind: 'up', rules } as const;
  const lines = [
    heading(report),
    ...(rules.length > 0 ? ruleLines(counts, columns) : []),
    ...measureLines(counts),
    ...noteLines(report),
    ...(report.output === null ? [] : [outputLine(report.output)]),
    ...(report.compare === null ? [] : [compareLine(report.compare)]),
    ...(report.verify === null ? [] : verifyLines(report, report.verify)),
    `seed ${format.formatText(report.seed)}; verdicts sha256 ${report.verdictsSha256}`,
  ];
  // The hash is worth nothing when it is cut.
  return lines.map((line, i) => (i === lines.length - 1 ? line : format.cut(line, columns)));
}

function heading({ input, counts, spanNs }: ReplayReport): string {
  const span = spanNs < 1e9 ? format.formatNs(spanNs) : format.formatUptime(spanNs / 1e9);
  const read = `${packets(counts.packets)}, ${format.formatBytes(counts.bytes)}, in ${span}`;
  const left = `${format.formatCount(counts.left)} came through`;
  return `netemu replayed ${nameText(input)}: ${read}; ${left}`;
}

/** What a reader of the table might not expect. */
function noteLines({ counts, malformed, rules, isInterrupted }: ReplayReport): string[] {
  const total = (count: (of: (typeof rules)[number]['out']) => number) =>
    rules.reduce((sum, rule) => sum + count(rule.out) + count(rule.in), 0);
  const notes: [count: number, what: string][] = [
    [total(({ held }) => held), 'still held when it ended'],
    [total(({ dropped }) => dropped.overflow), 'dropped for want of memory, which --memory sets'],
    [
      counts.outOfOrder,
      'with an earlier time than one before, or one out of reach: the nearest is taken',
    ],
    [counts.otherLinks, 'of a link type that is not understood: passed untouched'],
    [counts.oversized, 'longer than any IP packet: passed untouched'],
    [malformed, 'malformed: passed untouched'],
  ];
  return [
    ...(isInterrupted ? ['note: interrupted, this is as far as it came'] : []),
    ...notes
      .filter(([count]) => count > 0)
      .map(([count, what]) => `note: ${packets(count)} ${what}`),
  ];
}

function outputLine({ file, ...output }: NonNullable<ReplayReport['output']>): string {
  const what = `${packets(output.packets)}, ${format.formatBytes(output.bytes)}`;
  return `wrote ${what}: ${file === '-' ? 'standard output' : nameText(file)}`;
}

function compareLine(compare: ComparisonResult): string {
  const { name, differences, missing, extra } = compare;
  const what = `${packets(compare.packets)} compared with ${nameText(name)}`;
  if (differences + missing + extra === 0) return `${what}: the same`;
  const count = format.formatCount;
  return `${what}: ${differText(differences)}, ${count(missing)} missing, ${count(extra)} extra`;
}

function verifyLines(
  { fault, isInterrupted }: ReplayReport,
  { packets: compared, differences, unverifiable, end }: VerifyReport,
): string[] {
  const what = `${format.formatCount(compared)} verdicts compared with those recorded`;
  const isCutOff = end === null && fault === null && !isInterrupted;
  return [
    `${what}: ${differences === 0 ? 'the same' : differText(differences)}`,
    ...(unverifiable === 0 ? [] : [`note: ${packets(unverifiable)} without a recorded verdict`]),
    ...(isCutOff ? ['note: the recording was cut off: it has no end'] : []),
  ];
}

function differText(count: number): string {
  return `${format.formatCount(count)} differ${count === 1 ? 's' : ''}`;
}

/** Errors, the most important first: each alone makes the command fail. */
export function reportProblems(
  report: ReplayReport,
  missingInterfaces: readonly string[],
): NetemuError[] {
  const { input, fault, compare, verify, isInterrupted } = report;
  const name = printable(input);
  const problems: (NetemuError | null)[] = [
    fault &&
      differsError('E_CAPTURE', `${name}: ${printable(fault.reason)} at offset ${fault.offset}`),
    verify && verifyProblem(report, verify),
    compare && compareProblem(compare),
    compare?.fault
      ? differsError(
          'E_CAPTURE',
          `${printable(compare.name)}: ${printable(compare.fault.reason)} at offset ${compare.fault.offset}`,
        )
      : null,
    missingInterfaces.length > 0 && !isInterrupted
      ? differsError(
          'E_DIRECTION',
          `--direction: ${name} has no interface ${missingInterfaces.map(printable).join(' or ')}`,
        )
      : null,
  ];
  return problems.filter((problem) => problem !== null) as NetemuError[];
}

function verifyProblem(
  { input, counts, fault, isInterrupted }: ReplayReport,
  { end, differences, firstDifference, packets: compared, unverifiable, overflowAt }: VerifyReport,
): NetemuError | null {
  const name = printable(input);
  if (end !== null && end.lost > 0) {
    const lost = `${packets(end.lost)} ${end.lost === 1 ? 'was' : 'were'} lost while recording`;
    const message = `${lost}: ${name} cannot be verified`;
    return differsError('E_RECORDING_INCOMPLETE', message);
  }
  if (end !== null && end.packets !== counts.packets && fault === null && !isInterrupted) {
    const had = `${name} was recorded with ${packets(end.packets)}`;
    const message = `${had} and has ${format.formatCount(counts.packets)}: it cannot be verified`;
    return differsError('E_RECORDING_INCOMPLETE', message);
  }
  if (firstDifference !== null) {
    const { packet, recorded, replayed } = firstDifference;
    const words = `\n  recorded: ${printable(recorded)}\n  replayed: ${printable(replayed)}`;
    const all = `of ${format.formatCount(compared)} verdicts ${differText(differences)}`;
    const where = `the first is that of packet ${packet}`;
    return differsError('E_VERIFY', `${name}: ${all}, ${where}${words}`);
  }
  if (overflowAt !== null) {
    const where = `from packet ${format.formatCount(overflowAt)} on the memory was full`;
    const message = `${name}: ${where}, and what was dropped for that cannot be verified`;
    return differsError('E_RECORDING_INCOMPLETE', message, 'record with more --memory');
  }
  if (unverifiable === 0) return null;
  const without = `${packets(unverifiable)} of ${format.formatCount(counts.packets)}`;
  return differsError('E_RECORDING_INCOMPLETE', `${name}: ${without} have no recorded verdict`);
}

function compareProblem(compare: ComparisonResult): NetemuError | null {
  const { name, firstDifference } = compare;
  if (firstDifference === null) return null;
  const where = `what came through differs from ${printable(name)}`;
  return differsError('E_COMPARE', `${where}, first in ${differenceText(firstDifference)}`);
}

function differenceText({ packet, what, here, other }: CaptureDifference): string {
  switch (what) {
    case 'bytes':
      return `packet ${packet}: its bytes`;
    case 'capturedBytes':
      return `packet ${packet}: ${here} bytes, there ${other}`;
    case 'wireBytes':
      return `packet ${packet}: ${here} bytes on the wire, there ${other}`;
    case 'timeNs':
      return `packet ${packet}: ${seconds(here!)} after the first, there ${seconds(other!)}`;
    case 'missing':
      return `packet ${packet}, which only the other has`;
    case 'extra':
      return `packet ${packet}, which the other has not`;
  }
}

/** Of a file: quoted where it could be taken for something else. */
function nameText(name: string): string {
  return name === 'standard input' ? name : format.formatText(name);
}

function seconds(ns: number): string {
  return `${(ns / 1e9).toFixed(9)} s`;
}

function packets(count: number): string {
  return `${format.formatCount(count)} packet${count === 1 ? '' : 's'}`;
}

/** What `--json` prints. */
export function reportJson(report: ReplayReport): object {
  const { counts, output, compare, verify, rules, fault } = report;
  return {
    kind: 'replay',
    input: report.input,
    seed: report.seed,
    ...counts,
    malformed: report.malformed,
    spanNs: report.spanNs,
    baseNs: String(report.baseNs),
    isInterrupted: report.isInterrupted,
    verdictsSha256: report.verdictsSha256,
    output,
    rules,
    ...(compare === null ? {} : { compare }),
    ...(verify === null ? {} : { verify }),
    fault: fault && { offset: fault.offset, reason: fault.reason },
  };
}
