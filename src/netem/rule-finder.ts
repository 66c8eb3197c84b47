/**
 * Which rule a packet meets, and which of its flow's packets under that rule it is. For most flows the
 * first packet decides for all; where a rule looks at each packet (`len=`, `qname=`) or waits for a name
 * (`sni=`), each packet is classified until the answer can no longer change.
 */
import { Classifier } from '../rules/classifier.js';
import type { Rule } from '../rules/rule.js';
import type { ActiveRule } from './active-rules.js';
import { directionOf, FlowTable, SETTLED, UNMATCHED, VOLATILE } from './flow-table.js';
import { FragmentTable, NO_RULE } from './fragment-table.js';
import { NameInspector } from './name-inspector.js';
import type { Judgement } from './stages/stage.js';

export class RuleFinder {
  /** After `find`: the index of the rule, or UNMATCHED. */
  rule = UNMATCHED;
  /**
   * After `find`: the packet was looked at for names, or other packets of its flow meet rules. Without it
   * these would be numbered otherwise: a flow is forgotten when it is idle.
   */
  matters = false;

  readonly #packet: Judgement;
  readonly #flows: FlowTable;
  readonly #fragments: FragmentTable;
  readonly #names = new NameInspector();
  #classifier = new Classifier([]);
  #active: readonly ActiveRule[] = [];

  constructor(packet: Judgement) {
    this.#packet = packet;
    this.#flows = new FlowTable(packet.values);
    this.#fragments = new FragmentTable(packet.values);
  }

  /** `successors`: for each old rule the index of the one that takes over its flows, or -1. */
  configure(rules: readonly Rule[], active: readonly ActiveRule[], successors: number[]): void {
    this.#active = active;
    this.#flows.reclassify(successors);
    this.#fragments.forgetRules();
    this.#classifier = new Classifier(rules);
  }

  /**
   * Finds the rule of the judgement's packet and counts it under the rule. Returns the side of its flow;
   * where no rule matches, nothing is counted.
   */
  find(direction: number): number {
    const { view } = this.#packet;
    if (view.isLaterFragment) this.#fragments.complete(view);
    else if (view.isFirstFragment) this.#fragments.add(view);
    this.matters = false;
    const flows = this.#flows;
    const side = flows.enter(view, direction);
    if (flows.isNew) this.#names.begin(side >> 2);
    let rule = flows.rule[side];
    if (rule < UNMATCHED || rule === VOLATILE) rule = this.#classify(side);
    if (rule < SETTLED) {
      this.rule = rule;
      if (rule !== UNMATCHED) flows.count(side, this.#packet);
      else this.matters ||= flows.hasRule(side);
      return side;
    }
    this.rule = rule - SETTLED;
    flows.count(this.#sideUnder(side, this.rule), this.#packet);
    return side;
  }

  /**
   * Like `find` without counting, for packets of a flow that all meet one rule, which is known: else
   * returns -1. `count` counts them, one by one.
   */
  look(direction: number): number {
    const flows = this.#flows;
    const side = flows.enter(this.#packet.view, direction);
    if (flows.isNew) this.#names.begin(side >> 2);
    const rule = flows.rule[side];
    if (rule < UNMATCHED || rule >= SETTLED) return -1;
    this.rule = rule;
    this.matters = rule === UNMATCHED && flows.hasRule(side);
    return side;
  }

  /** Counts a packet of the side that `look` has returned. */
  count(side: number): void {
    this.#flows.count(side, this.#packet);
  }

  /** The rule, UNMATCHED, or from SETTLED up when other packets of the flow meet others. */
  #classify(side: number): number {
    const { view } = this.#packet;
    const flows = this.#flows;
    const fragments = this.#fragments;
    if (view.isLaterFragment && fragments.rule !== NO_RULE && flows.isVolatile(side)) {
      return fragments.rule;
    }
    const classifier = this.#classifier;
    const { sourcePort, destinationPort } = view;
    this.matters = classifier.inspects;
    if (classifier.inspects) this.#names.enter(side);
    const rule = classifier.classify(
      view,
      sourcePort,
      destinationPort,
      directionOf(side),
      this.#names,
    );
    if (classifier.volatile || flows.isVolatile(side)) {
      const found = rule === UNMATCHED ? UNMATCHED : SETTLED + rule;
      const kept = flows.keptRule(side);
      if (kept >= 0) flows.moveUnder(side, flows.enterUnder(side, this.#active[kept].tag));
      flows.rule[side] = classifier.volatile ? VOLATILE : found;
      if (view.isFirstFragment) fragments.setRule(found);
      return found;
    }
    const flowCount = rule === UNMATCHED ? 0 : this.#active[rule].flowCount;
    if (flows.assign(side, rule, flowCount)) this.#active[rule].flowCount++;
    return rule;
  }

  /** The side that counts the packets of `side` which meet `rule`. */
  #sideUnder(side: number, rule: number): number {
    const flows = this.#flows;
    const active = this.#active[rule];
    const under = flows.enterUnder(side, active.tag);
    if (flows.rule[under] !== rule && flows.assign(under, rule, active.flowCount)) {
      active.flowCount++;
    }
    return under;
  }
}
