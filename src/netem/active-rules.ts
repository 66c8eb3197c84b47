/**
 * The rules in force: a pipeline for each direction of each, and the counter rows they count in. Rules
 * are replaced as a whole; what is the same before and after goes on as if nothing had happened.
 */
import assert from 'node:assert';
import { usageError } from '../errors.js';
import { mayRebind } from '../rules/may-rebind.js';
import { DIRECTION_NAMES, type PerDirection, type Rule } from '../rules/rule.js';
import type { DelayTable } from './delay-table.js';
import { TAG_MAX } from './flow-table.js';
import type { NatTable } from './nat-table.js';
import type { Surroundings } from './outlet.js';
import { Pipeline } from './pipeline.js';

/** A rule at work. */
export interface ActiveRule {
  readonly rule: Rule;
  /** What the rule is, with the contents of its files. */
  readonly identity: string;
  readonly pipelines: PerDirection<Pipeline>;
  /** A number that belongs to the rule's name (FlowTable.enterUnder). */
  readonly tag: number;
  /** Flows seen under the rule's name so far: the number of the next. */
  flowCount: number;
}

export interface ActiveRulesOptions {
  readonly seed: string;
  readonly surroundings: Surroundings;
  readonly delays: DelayTable;
  readonly nat: NatTable;
}

export class ActiveRules {
  list: readonly ActiveRule[] = [];
  /** Those of the pipelines in force that have a link, or may get one. */
  links: readonly Pipeline[] = [];
  /** By counter row: the pipeline whose packets it counts, or counted before a rule was replaced. */
  readonly pipelineOfRow: (Pipeline | undefined)[] = [];

  /** Some rule has a NAT rebound, at some time. */
  rebinds = false;

  readonly #options: ActiveRulesOptions;
  #lastTag = 0;

  constructor(options: ActiveRulesOptions) {
    this.#options = options;
  }

  /**
   * Replaces the rules. Returns, for each old rule, the index of the new one that takes over its
   * flows, or -1. Throws E_RULES_BUSY, and changes nothing, when packets of replaced rules hold too
   * many counter rows.
   */
  replace(rules: readonly Rule[], nowNs: number): number[] {
    assert(new Set(rules.map((rule) => rule.name)).size === rules.length, 'rule names are unique');
    const identities = rules.map(identityOf);
    const old = new Map(this.list.map((active) => [active.rule.name, active]));
    const kept = rules.filter((rule, i) => old.get(rule.name)?.identity === identities[i]);
    this.#assureRows((rules.length - kept.length) * DIRECTION_NAMES.length);
    const keptNames = new Set(kept.map((rule) => rule.name));
    const names = new Set(rules.map((rule) => rule.name));
    const { counters } = this.#options.surroundings;
    for (const { rule, pipelines } of this.list) {
      if (keptNames.has(rule.name)) continue;
      for (const pipeline of pipelines) {
        pipeline.advance(nowNs);
        // What waits in the link of a rule that is gone goes on at once; its delay stays.
        if (!names.has(rule.name)) pipeline.flushLink();
        counters.retire(pipeline.row);
      }
    }
    const successors = this.list.map(({ rule }) =>
      rules.findIndex(({ name }) => name === rule.name),
    );
    this.list = rules.map((rule, i) => {
      const before = old.get(rule.name);
      if (before !== undefined && keptNames.has(rule.name)) return before;
      return this.#activate(rule, identities[i], before, nowNs);
    });
    this.rebinds = rules.some(mayRebind);
    this.links = this.list.flatMap(({ rule, pipelines }) =>
      pipelines.filter(({ hasLink }) => hasLink || rule.schedule !== null),
    );
    counters.epoch++;
    return successors;
  }

  #activate(
    rule: Rule,
    identity: string,
    before: ActiveRule | undefined,
    nowNs: number,
  ): ActiveRule {
    const { surroundings, delays, seed, nat } = this.#options;
    const pipelines = ([0, 1] as const).map((direction) => {
      const row = surroundings.counters.allocate();
      delays.clear(row);
      const pipeline =
        before?.pipelines[direction] ??
        new Pipeline({ name: rule.name, direction, seed }, surroundings, nat);
      pipeline.replace(rule, row, nowNs);
      this.pipelineOfRow[row] = pipeline;
      return pipeline;
    });
    return {
      rule,
      identity,
      pipelines: [pipelines[0], pipelines[1]],
      tag: before?.tag ?? this.#nextTag(),
      flowCount: before?.flowCount ?? 0,
    };
  }

  #nextTag(): number {
    // In the end they begin anew, past those of rules in force.
    do {
      this.#lastTag = (this.#lastTag % TAG_MAX) + 1;
    } while (this.list.some(({ tag }) => tag === this.#lastTag));
    return this.#lastTag;
  }

  #assureRows(rows: number): void {
    if (rows <= this.#options.surroundings.counters.freeRows) return;
    throw usageError(
      'E_RULES_BUSY',
      'too many packets of replaced rules are still held to replace the rules once more',
      'try again when the longest delay has passed',
    );
  }
}

/** Longer lists come out of files: a trace may have a million numbers. */
const LISTED_MAX = 1_000;

/** Text of the rule; of long lists their length and a hash (FNV-1a over the numbers' halves). */
function identityOf(rule: Rule): string {
  return JSON.stringify(rule, (_key, value: unknown) =>
    Array.isArray(value) && value.length > LISTED_MAX ? digestOf(value) : value,
  );
}

function digestOf(list: readonly unknown[]): string {
  let hash = 0x811c_9dc5 | 0;
  const words = new Int32Array(2);
  const number = new Float64Array(words.buffer);
  for (const item of list) {
    if (typeof item !== 'number') return JSON.stringify(list);
    number[0] = item;
    hash = Math.imul(hash ^ words[0], 0x0100_0193);
    hash = Math.imul(hash ^ words[1], 0x0100_0193);
  }
  return `${list.length} numbers, ${hash}`;
}
