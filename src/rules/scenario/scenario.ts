/**
 * A scenario: the rules of a YAML file, with a schedule that changes them as time goes by. What a rule
 * means, and how values are spelled, is as on the command line. Errors (exit code 2) point at the place:
 *
 *     scenario.yaml:7:15: 5 has no unit, did you mean 5%?
 *       loss: 5
 *             ^
 */

import type { RuleFiles } from '../files/rule-files.js';
import type { Rule } from '../rule.js';
import { problem, readDocument, type YamlEntry, type YamlNode } from './document.js';
import { readFields, textOf } from './fields.js';
import { withFile } from './place.js';
import { readScenarioRules } from './scenario-rules.js';
import { refuseInconsistentStates } from './states.js';
import { readSchedules } from './steps.js';

/** What a scenario file says. */
export interface Scenario {
  /** With unique names, as `parseRules` gives them. */
  readonly rules: readonly Rule[];
  /** Null: the file leaves it open. */
  readonly seed: string | null;
}

/** The top level of a file. */
export const SCENARIO_KEYS = ['rules', 'schedule', 'loop', 'seed'] as const;

/** `name` stands in errors; `files` reads the files that rules name. */
export function parseScenario(text: string, name: string, files: RuleFiles): Scenario {
  const plain = text.startsWith('\ufeff') ? text.slice(1) : text;
  return withFile(name, plain, () => readScenario(readDocument(plain), files));
}

function readScenario(root: YamlNode, files: RuleFiles): Scenario {
  const fields = readFields(root, SCENARIO_KEYS, 'a scenario', 'rules:');
  const rulesEntry = fields.get('rules');
  if (rulesEntry === undefined) throw problem(root.at, 'a scenario has rules:, a list of them');
  const scenarioRules = readScenarioRules(rulesEntry, files);
  const rules = scenarioRules.map(({ rule }) => rule);
  const seed = readSeed(fields.get('seed'));
  const [entry, loop] = [fields.get('schedule'), fields.get('loop')];
  if (entry === undefined) {
    if (loop !== undefined) throw problem(loop.key.at, 'loop needs a schedule, which it repeats');
    return { rules, seed };
  }
  const schedules = readSchedules(entry, loop, scenarioRules, files);
  const scheduled = rules.map((rule, i): Rule => {
    const placed = schedules[i];
    if (placed === null) return rule;
    const { schedule, places } = placed;
    const whole = { ...rule, text: `${rule.text} [${schedule.text}]`, schedule };
    refuseInconsistentStates(whole, places);
    return whole;
  });
  return { rules: scheduled, seed };
}

/** Any text, as with --seed: 7 and "7" are the same. */
function readSeed(entry: YamlEntry | undefined): string | null {
  if (entry === undefined) return null;
  return textOf(entry.value, 'seed', 'seed has no value, as in seed: 7').text.trim();
}
