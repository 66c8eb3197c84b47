/**
 * Which rule a packet meets: the first that matches. What the flow alone decides (protocol, ports,
 * addresses, direction) is compared first; then, only for rules that fit so far, what the packet says
 * of itself, and the name of the flow.
 */

import type { PacketView } from '../packet/packet-view.js';
import { NAME_KNOWN, NAME_PENDING } from '../packet/tls-client-hello.js';
import { Alternatives, NOT_FOUND } from './alternatives.js';
import { type FlowName, NO_NAME } from './flow-name.js';
import { nameFits } from './names.js';
import type { Rule } from './rule.js';
import { NO_ROW, TermTable } from './term-table.js';
import { watchedBy } from './watch.js';

export class Classifier {
  /** Some rule asks for the flow's name. */
  readonly inspects: boolean;
  /**
   * After `classify`: another packet of the same side of the flow could get another rule, because a
   * rule that fits the flow depends on the packet, or because the flow's name is still looked for.
   */
  volatile = false;

  readonly #rules: Alternatives;
  readonly #terms: TermTable;
  /** The flows whose names rules ask for. */
  readonly #watched: Alternatives;

  constructor(rules: readonly Rule[]) {
    const matches = rules.map((rule) => rule.match);
    this.#terms = new TermTable(matches);
    this.#rules = new Alternatives(matches, this.#terms.rows);
    const watched = matches.flatMap((match) => (match.sni === null ? [] : watchedBy(match)));
    this.#watched = new Alternatives(watched, new Int32Array(watched.length));
    this.inspects = this.#terms.names.length > 0;
  }

  /**
   * The index of the first rule that matches, or −1. The ports are the packet's own, or for a
   * later fragment its first fragment's; where they are not known, 0, which no rule names.
   * `direction` is `Direction.out` or `Direction.in`; `flowName` is of the packet's flow.
   *
   * A rule with `sni=` matches from the packet on that completes the ClientHello. A later fragment
   * has no header to read: of the terms about the packet it has `dscp=` only.
   */
  classify(
    view: PacketView,
    sourcePort: number,
    destinationPort: number,
    direction: number,
    flowName: FlowName = NO_NAME,
  ): number {
    // Before the rules, for an earlier rule may take the very packets that carry the name.
    this.volatile =
      this.inspects && this.#watch(view, sourcePort, destinationPort, direction, flowName);
    const rules = this.#rules;
    const end = rules.end(direction, view.protocol);
    let position = rules.begin(direction, view.protocol);
    for (;;) {
      const found = rules.find(view, sourcePort, destinationPort, position, end);
      if (found === NOT_FOUND) return -1;
      const row = rules.tagOf(found);
      if (row === NO_ROW || this.#fits(row, view, flowName)) return rules.matchOf(found);
      position = rules.next;
    }
  }

  /** Returns true when the flow's name matters and is not known yet. */
  #watch(
    view: PacketView,
    sourcePort: number,
    destinationPort: number,
    direction: number,
    flowName: FlowName,
  ): boolean {
    if (flowName.state !== NAME_PENDING) return false;
    const watched = this.#watched;
    const end = watched.end(direction, view.protocol);
    const begin = watched.begin(direction, view.protocol);
    const found = watched.find(view, sourcePort, destinationPort, begin, end);
    if (found === NOT_FOUND) return false;
    flowName.look(view);
    return flowName.state === NAME_PENDING;
  }

  #fits(row: number, view: PacketView, flowName: FlowName): boolean {
    const terms = this.#terms;
    const name = terms.nameOf(row);
    if (name >= 0) {
      if (flowName.state !== NAME_KNOWN) return false;
      if (!nameFits(terms.names[name], flowName.name)) return false;
    }
    if (!terms.isOfPacket(row)) return true;
    this.volatile = true;
    return terms.fits(row, view);
  }
}
