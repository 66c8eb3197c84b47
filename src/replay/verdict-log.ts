/**
 * What became of each packet, as one line of JSON each, in the order of the capture. Times are nanoseconds
 * after the first packet's.
 *
 *     {"packet":17,"timeNs":20000312,"flow":"udp 192.0.2.1:5353 > 192.0.2.2:53","direction":"out",
 *      "rule":"udp:53","flowNumber":3,"ordinal":2,"verdict":"passed","stage":"delay","releaseNs":40000312,
 *      "effects":["corrupted"]}
 */
import { Counter } from '../netem/counters.js';
import { COPY_LEFT_NS, FATE_ORDINAL, type Fate, LEFT_NS, TIME_NS } from '../netem/fates.js';
import { DECIDER_NAMES, Decider, NO_RULE } from '../netem/ruling.js';
import { Effect } from '../netem/stages/stage.js';
import { DIRECTION_NAMES } from '../rules/rule.js';
import { Endpoints } from './endpoints.js';
import type { Arrival, ReplayObserver } from './passage.js';
import { TextFile } from './text-file.js';

export class VerdictLog implements ReplayObserver {
  /** The replay's, which is made after this. */
  ruleNames: readonly string[] = [];
  readonly #file: TextFile;
  readonly #endpoints = new Endpoints();
  /** [0]: the engine's time of the first packet. */
  readonly #zeroNs = new Float64Array(1);
  #arrived = 0;
  #decided = 0;
  /** By index, as JSON. */
  readonly #ruleTexts: string[] = [];

  /** `-` is standard output. Errors: E_FILE. */
  constructor(path: string) {
    this.#file = TextFile.open(path);
  }

  arrived(arrival: Arrival): void {
    if (this.#arrived++ === 0) this.#zeroNs[0] = arrival.nowNs[0];
    this.#endpoints.push(arrival);
  }

  /** Errors: E_OUTPUT. */
  decided(fate: Fate): void {
    const { values } = fate;
    const flow = this.#endpoints.shift();
    const direction = fate.direction < 0 ? 'null' : `"${DIRECTION_NAMES[fate.direction]}"`;
    const stage = fate.decider === Decider.none ? 'null' : `"${DECIDER_NAMES[fate.decider]}"`;
    this.#file.write(
      `{"packet":${++this.#decided},"timeNs":${values[TIME_NS] - this.#zeroNs[0]},` +
        `"flow":${flow === null ? 'null' : `"${flow}"`},"direction":${direction},` +
        `${this.#ruleFields(fate)},"verdict":"${verdictOf(fate.outcome)}","stage":${stage},` +
        `"releaseNs":${this.#leftText(fate, fate.outcome, LEFT_NS)},` +
        `"effects":[${effectsText(fate)}]${this.#copyFields(fate)}}\n`,
    );
  }

  /** The last call. Errors: E_OUTPUT. */
  close(): void {
    this.#file.close();
  }

  /** The last call where the replay failed, which is what matters then. */
  abandon(): void {
    try {
      this.#file.close();
    } catch {}
  }

  #ruleFields({ rule, flow, values }: Fate): string {
    if (rule === NO_RULE) return '"rule":null,"flowNumber":null,"ordinal":null';
    this.#ruleTexts[rule] ??= JSON.stringify(this.ruleNames[rule]);
    const ordinal = values[FATE_ORDINAL];
    return `"rule":${this.#ruleTexts[rule]},"flowNumber":${flow},"ordinal":${ordinal}`;
  }

  #copyFields(fate: Fate): string {
    if (fate.copy === 0) return '';
    const left = this.#leftText(fate, fate.copy, COPY_LEFT_NS);
    return `,"copyVerdict":"${verdictOf(fate.copy)}","copyReleaseNs":${left}`;
  }

  #leftText({ values }: Fate, outcome: number, at: number): string {
    return outcome === Counter.passed ? String(values[at] - this.#zeroNs[0]) : 'null';
  }
}

function verdictOf(outcome: number): string {
  if (outcome === Counter.passed) return 'passed';
  return outcome === Counter.held ? 'held' : 'dropped';
}

function effectsText({ effects, copy, answered }: Fate): string {
  const names: string[] = [];
  if ((effects & Effect.corrupted) !== 0) names.push('"corrupted"');
  if ((effects & Effect.marked) !== 0) names.push('"marked"');
  if ((effects & Effect.rebound) !== 0) names.push('"rebound"');
  if (copy !== 0) names.push('"duplicated"');
  if (answered !== 0) names.push('"answered"');
  return names.join(',');
}
