/**
 * The rules in force: a pipeline for each direction of each, the counter rows they count in, and the
 * moments at which their schedules change them.
 */
import assert from 'node:assert';
import { usageError } from '../errors.js';
import { mayRebind } from '../rules/may-rebind.js';
import { DIRECTION_NAMES, Direction, type PerDirection, type Rule } from '../rules/rule.js';
import { impairmentsAt, nextChangeNs } from '../rules/schedule.js';
import type { DelayTable } from './delay-table.js';
import { TAG_MAX } from './flow-table.js';
import type { NatTable } from './nat-table.js';
import type { Surroundings } from './outlet.js';
import { Pipeline } from './pipeline.js';

/** A rule at work. */
export interface ActiveRule {
  readonly rule: Rule;
  /** JSON of the rule: what it is, with the contents of its files. */
  readonly identity: string;
  readonly pipelines: PerDirection<Pipeline>;
  /** A number that belongs to the rule's name (FlowTable.enterUnder). */
  readonly tag: number;
  readonly startNs: number;
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
  /** Those of the pipelines in force that have a link. */
  links: readonly Pipeline[] = [];
  /** When the next schedule changes a rule; in an array, because a double in a field is boxed. */
  readonly nextChangeNs = new Float64Array([Number.POSITIVE_INFINITY]);
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
    const identities = rules.map((rule) => JSON.stringify(rule));
    const old = new Map(this.list.map((active) => [active.rule.name, active]));
    const kept = rules.filter((rule, i) => old.get(rule.name)?.identity === identities[i]);
    this.#assureRows((rules.length - kept.length) * DIRECTION_NAMES.length);
    const keptNames = new Set(kept.map((rule) => rule.name));
    const names = new Set(rules.map((rule) => rule.name));
    const { counters } = this.#options.surroundings;
    for (const { rule, pipelines } of this.list) {
      if (keptNames.has(rule.name)) continue;
      for (const pipeline of pipelines) {
        // What waits in the link of a rule that is gone goes on at once; its delay stays.
        if (!names.has(rule.name)) pipeline.flushLink(nowNs);
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
    this.#noteChanges(nowNs);
    counters.epoch++;
    return successors;
  }

  /** Lets links work and schedules change rules up to `nowNs`, in order of time. */
  applySchedules(nowNs: number): void {
    while (this.nextChangeNs[0] <= nowNs) {
      // While nobody waits in a link, only the last change counts.
      const isIdle = this.links.every((link) => link.nextDeadline() === Number.POSITIVE_INFINITY);
      const atNs = isIdle ? nowNs : this.nextChangeNs[0];
      for (const { rule, pipelines, startNs } of this.list) {
        if (rule.schedule === null) continue;
        const impairments = impairmentsAt(rule, atNs - startNs);
        for (const direction of [Direction.out, Direction.in]) {
          pipelines[direction].tune(impairments[direction], atNs);
        }
      }
      this.#noteChanges(atNs);
    }
  }

  #activate(
    rule: Rule,
    identity: string,
    before: ActiveRule | undefined,
    nowNs: number,
  ): ActiveRule {
    const { surroundings, delays, seed, nat } = this.#options;
    const impairments = impairmentsAt(rule, 0);
    const pipelines = ([0, 1] as const).map((direction) => {
      const row = surroundings.counters.allocate();
      delays.clear(row);
      const pipeline =
        before?.pipelines[direction] ??
        new Pipeline({ name: rule.name, direction, seed }, surroundings, nat);
      pipeline.replace(impairments[direction], row, nowNs);
      this.pipelineOfRow[row] = pipeline;
      return pipeline;
    });
    return {
      rule,
      identity,
      pipelines: [pipelines[0], pipelines[1]],
      tag: before?.tag ?? this.#nextTag(),
      startNs: nowNs,
      flowCount: before?.flowCount ?? 0,
    };
  }

  #nextTag(): number {
    this.#lastTag = (this.#lastTag % TAG_MAX) + 1;
    return this.#lastTag;
  }

  #noteChanges(nowNs: number): void {
    this.links = this.list.flatMap(({ pipelines }) => pipelines.filter(({ hasLink }) => hasLink));
    const next = this.list.map(
      ({ rule, startNs }) => startNs + nextChangeNs(rule, nowNs - startNs),
    );
    this.nextChangeNs[0] = Math.min(Number.POSITIVE_INFINITY, ...next);
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
