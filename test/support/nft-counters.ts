/** What the kernel counted: packets that an instance's nft table has taken off their way. */
import type { NetnsLab } from './netns-lab.js';

interface NftRule {
  readonly chain: string;
  readonly expr: readonly { readonly fwd?: object; readonly counter?: { packets: number } }[];
}

/** Packets that the rules of a chain (`out0`, `in0`) in the near namespace have forwarded into a TAP. */
export function forwardedPackets(lab: NetnsLab, instance: string, chain: string): number {
  const table = `netemu-${instance}`;
  const json = lab.run(lab.near, 'nft', '-j', 'list', 'table', 'netdev', table);
  const entries: { rule?: NftRule }[] = JSON.parse(json).nftables;
  const rules = entries.flatMap(({ rule }) => (rule?.chain === chain ? [rule] : []));
  const forwarding = rules.filter(({ expr }) => expr.some(({ fwd }) => fwd));
  if (forwarding.length === 0) throw new Error(`${table} forwards nothing in ${chain}`);
  const counters = forwarding.map(({ expr }) => expr.find(({ counter }) => counter)!.counter!);
  return counters.reduce((sum, { packets }) => sum + packets, 0);
}
