/**
 * junit.xml, as continuous integration reads it: a test case for each assertion, and for each step whether
 * the loss (or what else is stepped) happened as it was asked for and whether it was measured to its end.
 * What was realized fails nothing unless it is asserted: of 100 good steps and directions one is outside.
 */
import type { GradientResult, SegmentRecord, StepSummary } from '../result.js';
import { formatInterval, steppedFormat } from './format.js';

interface Case {
  readonly group: 'assertion' | 'realized' | 'measured';
  readonly name: string;
  /** Null: it cannot be judged. */
  readonly passed: boolean | null;
  /** Why it failed, or cannot be judged; of a passed one, what is worth a look. */
  readonly reasons: readonly string[];
}

export function junitOf(result: GradientResult): string {
  const cases = casesOf(result);
  const counts = [
    ['tests', cases.length],
    ['failures', cases.filter(({ passed }) => passed === false).length],
    ['errors', 0],
    ['skipped', cases.filter(({ passed }) => passed === null).length],
    ['time', (Date.parse(result.endedAt) - Date.parse(result.startedAt)) / 1_000 || 0],
  ] as const;
  const suite = attributes([
    ['name', 'netemu gradient'],
    ...counts,
    // The schema of JUnit knows no time zone, and reads UTC.
    ['timestamp', result.startedAt.replace(/\.\d+Z$/, '')],
  ]);
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes([['name', 'netemu gradient'], ...counts])}>`,
    `  <testsuite${suite}>`,
    '    <properties>',
    ...propertiesOf(result).map((property) => `      <property${attributes(property)}/>`),
    '    </properties>',
    ...cases.flatMap(caseLines),
    '  </testsuite>',
    '</testsuites>',
  ];
  return `${lines.join('\n')}\n`;
}

function propertiesOf(result: GradientResult): (readonly [string, string])[][] {
  const { netemu, seed, paired, order, rounds, rule, ladder, probe, machine } = result;
  const properties = Object.entries({
    netemu,
    probe: probe.text,
    program: probe.program ?? '',
    rule,
    steps: ladder,
    seed,
    paired,
    order,
    rounds,
    kernel: machine.kernel,
    node: machine.node,
  });
  return properties.map(([name, value]) => [
    ['name', name],
    ['value', String(value)],
  ]);
}

function casesOf(result: GradientResult): Case[] {
  return [
    ...result.assertions.map(({ text, passed, reasons }): Case => {
      return { group: 'assertion', name: text, passed, reasons };
    }),
    ...result.analysis.steps.map((step) => realizedCase(step, result)),
    ...result.analysis.steps.map((step) => measuredCase(step, result)),
  ];
}

function realizedCase({ label, realized }: StepSummary, { steps }: GradientResult): Case {
  const write = steppedFormat(steps);
  const judged = realized.filter(({ within99 }) => within99 !== null);
  const reasons = judged.flatMap(
    ({ direction, within99, realized: measured, configured, ci99 }) => {
      if (within99) return [];
      const interval = ci99 === null ? '' : ` (99% interval ${formatInterval(ci99, write)})`;
      return [`${direction}: ${write(measured)}${interval}, configured ${write(configured)}`];
    },
  );
  const name = `realized within 99% at ${label}`;
  if (judged.length > 0) return { group: 'realized', name, passed: true, reasons };
  const why = realized.length === 0 ? 'the rule saw no packet' : 'nothing to be compared';
  return { group: 'realized', name, passed: null, reasons: [why] };
}

function measuredCase({ step, label, samples }: StepSummary, result: GradientResult): Case {
  const segments = result.segments.filter((segment) => segment.step === step);
  const missing = result.rounds - segments.length;
  const reasons = [
    ...segments.flatMap(endReasons),
    ...(missing > 0 ? [`${missing} of ${result.rounds} rounds were not measured`] : []),
    ...(missing <= 0 && samples === 0 ? ['no samples'] : []),
  ];
  const passed = reasons.length === 0;
  return { group: 'measured', name: `measured to its end at ${label}`, passed, reasons };
}

function endReasons({ round, cut, error, index }: SegmentRecord): string[] {
  if (error !== null) return [`round ${round + 1}: ${error.message} (${error.code})`];
  return cut ? [`round ${round + 1}: ended early, after ${index.length} samples`] : [];
}

function caseLines({ group, name, passed, reasons }: Case): string[] {
  const open = `    <testcase${attributes([
    ['classname', `netemu.gradient.${group}`],
    ['name', name],
    ['time', 0],
  ])}`;
  if (passed && reasons.length === 0) return [`${open}/>`];
  return [`${open}>`, `      ${outcome(passed, reasons)}`, '    </testcase>'];
}

function outcome(passed: boolean | null, reasons: readonly string[]): string {
  const message = attributes([['message', reasons[0] ?? 'it does not hold']]);
  if (passed === null) return `<skipped${message}/>`;
  const text = escaped(reasons.join('\n'));
  return passed ? `<system-out>${text}</system-out>` : `<failure${message}>${text}</failure>`;
}

function attributes(all: readonly (readonly [string, string | number])[]): string {
  return all.map(([name, value]) => ` ${name}="${escaped(String(value))}"`).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // As they are, an attribute's value would lose them (XML 1.0, 3.3.3).
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** Also of text that XML 1.0 cannot hold in any spelling: control characters, halves of surrogate pairs. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>"\t\n\r]/g, (character) => ENTITIES[character]!);
}
