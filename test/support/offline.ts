/** What the engine says of packets without any wire: the oracle of the live tests. */
import { Engine, Verdict } from '../../src/netem/engine.js';
import { PacketMemory } from '../../src/netem/packet-memory.js';
import { LinkType } from '../../src/packet/packet-view.js';
import { nameRules, parseRules } from '../../src/rules/parse.js';
import type { Direction } from '../../src/rules/rule.js';
import { ethernet, ip, udp } from './packets.js';
import { range } from './traffic.js';

const MEMORY_BYTES = 32 * 2 ** 20;
const FIRST_SOURCE_PORT = 50_000;

export interface Flow {
  readonly direction: Direction;
  readonly from: string;
  readonly to: string;
}

/** The numbers of the UDP packets that each flow loses, one flow after the other, from 0. */
export function lostOffline(
  flows: readonly Flow[],
  port: number,
  packetsPerFlow: number,
  seed: string,
  lines: readonly string[],
): number[][] {
  const memory = new PacketMemory(MEMORY_BYTES);
  const engine = new Engine({ memory, seed, rules: nameRules(parseRules(lines)) });
  const [slot] = memory.takeStaging(1);
  memory.linkType[slot] = LinkType.ethernet;
  return flows.map(({ direction, from, to }, i) => {
    const frame = ethernet(ip(from, to, udp(FIRST_SOURCE_PORT + i, port, new Uint8Array(64))));
    return range(packetsPerFlow).filter(() => {
      memory.bytes.set(frame, memory.frameOffset(slot));
      memory.length[slot] = frame.length;
      return engine.ingress(slot, direction, 0) === Verdict.drop;
    });
  });
}
