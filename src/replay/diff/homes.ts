/**
 * Which end of each flow is at which capture, and so which packets SENT's end sent and which it got. By
 * the first of these that says anything: the addresses that the user gives; hop limits, which routers
 * lower, and the directions that captures note (pcapng flags, Linux's cooked headers); addresses known
 * from other flows; the times, since nothing arrives before it is sent, however wrong the clocks are; who
 * opened the flow.
 */

import type { Prefix } from '../../rules/rule.js';
import type { Capture } from './capture.js';
import { DeviceWay } from './packet-table.js';
import { type Pairing, RECEIVED, SENT } from './pairing.js';

/** In `Homes.#home`: the end of the opener, or the other one, is at SENT. */
const OPENER = 0;
const OTHER = 1;
const OPEN = -1;
/** No packet between these two addresses is in both captures: they talk over some other network. */
const ELSEWHERE = -2;
/** Both ends are others than those that the user asks for. */
const NEITHER = -3;

const UNLINKED = -1;

export class Homes {
  /** Conversations: SENT's flows, then those of RECEIVED that are none of SENT's. */
  readonly count: number;

  readonly #captures: readonly [Capture, Capture];
  /** By RECEIVED's flow: its conversation, times two; one more where another end opened it. */
  readonly #links: Int32Array;
  /** RECEIVED's flow for each conversation from SENT's last flow on. */
  readonly #received: number[] = [];
  /** By conversation. */
  readonly #home: Int8Array;

  /** `from`: the addresses of SENT's end; empty: not given. */
  constructor(pairing: Pairing, from: readonly Prefix[]) {
    this.#captures = pairing.captures;
    this.#links = this.#link(pairing);
    this.count = this.#captures[SENT].ends.count + this.#received.length;
    this.#home = new Int8Array(this.count).fill(OPEN);
    this.#leaveOthers(pairing);
    if (from.length > 0) this.#decideByUser(from);
    this.#decideByVotes(pairing);
    this.#decideByAddresses();
    this.#decideByTimes(pairing);
    for (let i = 0; i < this.count; i++) if (this.#home[i] === OPEN) this.#home[i] = OPENER;
  }

  /** OUT, IN, or −1 when the packet is not to be compared. */
  wayOf(capture: number, row: number): number {
    const side = this.#sideOf(capture, row);
    const home = this.#home[side >> 1];
    return home < 0 ? -1 : (side & 1) ^ home;
  }

  /** Whether the packet is left out because nothing between its addresses is in both captures. */
  isElsewhere(capture: number, row: number): boolean {
    return this.#home[this.conversationOf(capture, row)] === ELSEWHERE;
  }

  /** Which conversation the packet belongs to. */
  conversationOf(capture: number, row: number): number {
    return this.#sideOf(capture, row) >> 1;
  }

  /** `udp 192.0.2.1:4000 > 198.51.100.2:53`, SENT's end first. */
  format(conversation: number): string {
    const home = Math.max(OPENER, this.#home[conversation]);
    return this.#endsOf(conversation, ({ ends }, flow) => ends.format(flow, home));
  }

  /** As `PacketTable.side`, with conversations for flows. */
  #sideOf(capture: number, row: number): number {
    const side = this.#captures[capture].table.side[row];
    return capture === SENT ? side : this.#links[side >> 1] ^ (side & 1);
  }

  #endsOf<T>(conversation: number, ask: (capture: Capture, flow: number) => T): T {
    const [sent, received] = this.#captures;
    const further = conversation - sent.ends.count;
    return further < 0 ? ask(sent, conversation) : ask(received, this.#received[further]);
  }

  /** A flow of RECEIVED is the one of SENT that it has a packet in common with. */
  #link(pairing: Pairing): Int32Array {
    const [sent, received] = this.#captures;
    const links = new Int32Array(received.ends.count).fill(UNLINKED);
    // What is alike without being clear says nothing that the clear ones deny.
    for (const wanted of [true, false]) {
      pairing.forEachGroup((sentRow, receivedRow, isClear) => {
        if (isClear !== wanted) return;
        const [here, there] = [sent.table.side[sentRow], received.table.side[receivedRow]];
        if (links[there >> 1] === UNLINKED) links[there >> 1] = here ^ (there & 1);
      });
    }
    for (let flow = 0; flow < links.length; flow++) {
      if (links[flow] !== UNLINKED) continue;
      links[flow] = 2 * (sent.ends.count + this.#received.length);
      this.#received.push(flow);
    }
    return links;
  }

  /** Of other networks, and of the link itself, such as what routers and neighbours tell each other. */
  #leaveOthers(pairing: Pairing): void {
    const common = new Set<string>();
    const isCommon = new Uint8Array(this.count);
    pairing.forEachGroup((sentRow, receivedRow) => {
      const conversation = this.conversationOf(SENT, sentRow);
      if (isCommon[conversation] === 1) return;
      isCommon[conversation] = 1;
      for (const [capture, row] of [sentRow, receivedRow].entries()) {
        const { ends, table } = this.#captures[capture];
        common.add(ends.addresses(table.side[row] >> 1));
      }
    });
    for (let i = 0; i < this.count; i++) {
      if (isCommon[i] === 1) continue;
      const addresses = this.#endsOf(i, ({ ends }, flow) => ends.addresses(flow));
      if (!common.has(addresses)) this.#home[i] = ELSEWHERE;
    }
  }

  #decideByUser(from: readonly Prefix[]): void {
    for (let i = 0; i < this.count; i++) {
      if (this.#home[i] !== OPEN) continue;
      const [opener, other] = [0, 1].map((end) =>
        this.#endsOf(i, ({ ends }, flow) =>
          from.some((prefix) => ends.isWithin(flow, end, prefix)),
        ),
      );
      if (opener !== other) this.#home[i] = opener ? OPENER : OTHER;
      else if (!opener) this.#home[i] = NEITHER;
    }
  }

  #decideByVotes(pairing: Pairing): void {
    const votes = new Float64Array(this.count);
    const [sent, received] = this.#captures;
    const vote = (side: number, isFromHome: boolean) => {
      votes[side >> 1] += isFromHome === ((side & 1) === 0) ? 1 : -1;
    };
    pairing.forEachGroup((sentRow, receivedRow) => {
      const [before, after] = [sent.table.hopLimit[sentRow], received.table.hopLimit[receivedRow]];
      if (before !== after) vote(this.#sideOf(SENT, sentRow), before > after);
    });
    for (const capture of [SENT, RECEIVED]) {
      const { device, count } = this.#captures[capture].table;
      for (let row = 0; row < count; row++) {
        if (device[row] === DeviceWay.unknown) continue;
        const isOut = device[row] === DeviceWay.out;
        vote(this.#sideOf(capture, row), isOut === (capture === SENT));
      }
    }
    for (let i = 0; i < this.count; i++) {
      if (this.#home[i] === OPEN && votes[i] !== 0) this.#home[i] = votes[i] > 0 ? OPENER : OTHER;
    }
  }

  #decideByAddresses(): void {
    if (!this.#home.includes(OPEN) || this.#home.every((home) => home < 0)) return;
    const atHome = new Set<string>();
    const away = new Set<string>();
    const addressOf = (i: number, end: number) =>
      this.#endsOf(i, ({ ends }, flow) => ends.address(flow, end));
    for (let i = 0; i < this.count; i++) {
      const home = this.#home[i];
      if (home < 0) continue;
      atHome.add(addressOf(i, home));
      away.add(addressOf(i, 1 - home));
    }
    const saysHome = (i: number, home: number) =>
      atHome.has(addressOf(i, home)) || away.has(addressOf(i, 1 - home));
    for (let i = 0; i < this.count; i++) {
      if (this.#home[i] !== OPEN) continue;
      const isOpener = saysHome(i, OPENER);
      if (isOpener !== saysHome(i, OTHER)) this.#home[i] = isOpener ? OPENER : OTHER;
    }
  }

  /**
   * The mean delays of both ways add up to the mean round trip, however much the clocks differ; their
   * means, as the least ones may be of times between which the clocks drifted. Where it would be less
   * than nothing, the openers sit at RECEIVED.
   */
  #decideByTimes(pairing: Pairing): void {
    const sumNs = [0, 0];
    const count = [0, 0];
    pairing.forEachGroup((sentRow, receivedRow, isClear) => {
      const side = this.#sideOf(SENT, sentRow);
      if (!isClear || this.#home[side >> 1] !== OPEN) return;
      sumNs[side & 1] += pairing.apartNs(sentRow, receivedRow);
      count[side & 1]++;
    });
    const roundTripNs = sumNs[0] / count[0] - sumNs[1] / count[1];
    if (!(roundTripNs < 0)) return;
    for (let i = 0; i < this.count; i++) if (this.#home[i] === OPEN) this.#home[i] = OTHER;
  }
}
