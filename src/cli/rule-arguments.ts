/**
 * The rules that a command is given: as arguments (each one argument, which a shell needs quotes for),
 * as flags (one rule), or as a scenario file, which stands alone.
 */

import { usageError } from '../errors.js';
import { RULES_MAX } from '../rules/limits.js';
import { netemWarning } from '../rules/netem-yield.js';
import { nameRules, parseRules, type RuleFlags, ruleFromFlags } from '../rules/parse.js';
import { IMPAIRMENT_KEYS, IMPAIRMENT_NAMES } from '../rules/registry.js';
import type { Rule } from '../rules/rule.js';
import type { RuleSource } from '../rules/rule-source.js';
import { DiskFiles } from './disk-files.js';
import { ruleFlagsOf } from './impairment-flags.js';
import type { ScenarioText } from './scenario-file.js';

/** Where rules may come from. */
export interface RuleSources {
  readonly lines: readonly string[];
  /** What commander has read: `--file`, `--flow` and the flags of impairments are looked at. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What stands before the rules, for hints: `netemu up`. */
  readonly command: string;
  /** The text of the scenario, where it has been read before. */
  readonly scenarioText?: (() => Promise<string>) | undefined;
}

export interface GivenRules {
  readonly rules: readonly Rule[];
  /** That of the file; null: it says none. */
  readonly seed: string | null;
  /** The same for an instance that parses them itself. */
  readonly request: RuleSource;
  /** One line each. */
  readonly warnings: readonly string[];
}

/** Null when nothing is given. Errors: those of `parseRules`, `parseScenario` and E_RULE_*. */
export async function readGivenRules(sources: RuleSources): Promise<GivenRules | null> {
  const { lines, options, command } = sources;
  const flags = ruleFlagsOf(options, IMPAIRMENT_NAMES);
  const files = options.file as readonly string[] | undefined;
  if (files !== undefined) {
    if (files.length > 1)
      throw usageError('E_RULE_MIXED', '--file is given twice, one file says it all');
    refuseBesideFile(lines, flags);
    const { readScenarioText } = await import('./scenario-file.js');
    return fromScenario(await readScenarioText(files[0]!, sources.scenarioText));
  }
  if (lines.length === 0 && flags === null) return null;
  const disk = new DiskFiles();
  refuseUnquoted(lines, command);
  if (flags !== null) refuseMixed(lines, flags);
  refuseTooMany(lines.length, flags === null ? RULES_MAX : RULES_MAX - 1);
  const rules = parseRules(lines, disk);
  const last = flags === null ? [] : [ruleFromFlags(flags, disk)];
  const texts = [...lines, ...last.map(({ text }) => text)];
  return given(nameRules([...rules, ...last]), null, { rules: texts, files: disk.texts });
}

export async function fromScenario(source: ScenarioText): Promise<GivenRules> {
  const { parseScenario } = await import('../rules/scenario/scenario.js');
  const { name, text, directory } = source;
  const disk = new DiskFiles(directory);
  const { rules, seed } = parseScenario(text, name, disk);
  return given(rules, seed, { rules: [], scenario: { name, text }, files: disk.texts });
}

function given(rules: readonly Rule[], seed: string | null, request: RuleSource): GivenRules {
  return { rules, seed, request, warnings: warningsOf(rules) };
}

/** What `compat netem` makes of the values. */
export function warningsOf(rules: readonly Rule[]): string[] {
  return rules.flatMap(({ name, impairments }) => {
    const warnings = impairments.map(netemWarning).filter((warning) => warning !== null);
    return [...new Set(warnings)].map((warning) => `${name}: ${warning}`);
  });
}

function refuseTooMany(count: number, max: number): void {
  if (count <= max) return;
  throw usageError('E_RULE_LIMIT', `${count} rules are too many, the limit is ${max}`);
}

/** Which of two places speaks first would be anyone's guess: the order of rules matters. */
function refuseBesideFile(lines: readonly string[], flags: RuleFlags | null): void {
  const [flag] = Object.keys(flags ?? {});
  const other = lines[0] ?? (flag === undefined ? undefined : `--${flag}`);
  if (other === undefined) return;
  throw usageError(
    'E_RULE_MIXED',
    `--file says all rules, and "${other}" is one more`,
    'write it into the file; --seed, --dev and the like may stand beside it',
  );
}

/**
 * With rules and flags together two slips would impair everything: `up udp:53 --loss 50%`, where the
 * flags' rule is for all packets, and `--flow udp:53 --loss 1% partition`, a rule for all packets too.
 */
function refuseMixed(lines: readonly string[], flags: RuleFlags): void {
  const stray = lines.find(isStray);
  if (stray !== undefined) {
    throw usageError(
      'E_RULE_QUOTES',
      `"${stray}" is neither a rule nor part of a flag's value`,
      "a flag's value is one argument: --loss 'every 3', --jitter '5ms unordered', --partition",
    );
  }
  if (lines.length === 0 || flags.flow !== undefined) return;
  throw usageError(
    'E_RULE_MIXED',
    'without --flow the flags would be a rule for all packets, beside the rules given',
    `put them into a rule, as in '${asRule(lines[0]!, flags)}', or say --flow any`,
  );
}

/** The flags for what the line matches. */
function asRule(line: string, flags: RuleFlags): string {
  const words = Object.entries(flags).flatMap(([name, value]) =>
    [value ?? []].flat().map((text) => `${name} ${text}`.trim()),
  );
  return [firstWord(line), ...words].join(' ');
}

function firstWord(line: string): string {
  return line.trim().split(/\s/, 1)[0]!;
}

/** Whether the line begins with an impairment or a value, and not with a match as rules do. */
function isStray(line: string): boolean {
  const word = firstWord(line).toLowerCase();
  if (IMPAIRMENT_NAMES.includes(word) || /^(?:(?:in|out|up|down):)?\d/.test(word)) return true;
  return IMPAIRMENT_KEYS.some((key) => key.options?.includes(word));
}

/**
 * `up udp:53 partition` without quotes would be two rules, of which the second drops everything:
 * an impairment that is an argument of its own is refused where there are other arguments.
 */
function refuseUnquoted(lines: readonly string[], command: string): void {
  if (lines.length < 2) return;
  const alone = lines.find((line) => IMPAIRMENT_NAMES.includes(line.trim().toLowerCase()));
  if (alone === undefined) return;
  throw usageError(
    'E_RULE_QUOTES',
    `"${alone}" is an argument of its own: a rule is one argument, in quotes`,
    `${command} '${lines.join(' ')}'`,
  );
}
