/**
 * Firewalls that drop what a run sends through this host: chains that hook into forwarding (for the world)
 * or input (for the resolver at the far end) and drop what none of their rules accepts. netemu does not
 * touch them; it says which they are, and what lets the packets of its TUN through.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { runProgram } from './program.js';

const Ruleset = z.object({
  nftables: z.array(
    z.object({
      chain: z
        .object({
          family: z.string(),
          table: z.string(),
          name: z.string(),
          hook: z.string().optional(),
          policy: z.string().optional(),
        })
        .optional(),
      rule: z
        .object({
          family: z.string(),
          table: z.string(),
          chain: z.string(),
          expr: z.array(z.record(z.string(), z.unknown())).optional(),
        })
        .optional(),
    }),
  ),
});

const HOOKS = ['forward', 'input'];

/** Expressions that a rule for all packets may have beside its verdict. */
const WITHOUT_MATCH = ['counter', 'log', 'limit', 'drop', 'reject'];

/** One line for each chain; a line holds the commands that mend it. */
export async function firewallNotices(device: string): Promise<string[]> {
  // A ruleset that cannot be listed may still let everything pass.
  const json = await runProgram('nft', ['-j', 'list', 'ruleset']).catch(() => '{"nftables":[]}');
  return [...nftNotices(JSON.parse(json), device), ...(await legacyNotices(device))];
}

export function nftNotices(ruleset: unknown, device: string): string[] {
  const parsed = Ruleset.safeParse(ruleset).data;
  if (parsed === undefined) return [];
  const chains = parsed.nftables.flatMap(({ chain }) => (chain === undefined ? [] : [chain]));
  return chains.flatMap(({ family, table, name, hook = '', policy }) => {
    if (!HOOKS.includes(hook) || !['inet', 'ip'].includes(family)) return [];
    const rules = parsed.nftables.flatMap(({ rule }) =>
      rule?.family === family && rule.table === table && rule.chain === name ? [rule] : [],
    );
    const last = rules.at(-1)?.expr ?? [];
    const dropsLast =
      last.some((part) => 'drop' in part || 'reject' in part) &&
      last.every((part) => WITHOUT_MATCH.includes(Object.keys(part)[0]!));
    if (policy !== 'drop' && !dropsLast) return [];
    const passes = rules.some(({ expr = [] }) => acceptsDevice(expr, device));
    return passes
      ? []
      : [noticeOf(hook, `${family} ${table} ${name}`, mend(table, hook, device, { family, name }))];
  });
}

function mend(
  table: string,
  hook: string,
  device: string,
  { family, name }: { readonly family: string; readonly name: string },
): string {
  if (table === 'firewalld') return `firewall-cmd --zone=trusted --add-interface=${device}`;
  const ways = hook === 'forward' ? ['iifname', 'oifname'] : ['iifname'];
  return ways
    .map((way) => `nft insert rule ${family} ${table} ${name} ${way} ${device} accept`)
    .join(' && ');
}

/** Whether the rule is one of those that the notice asks for. */
function acceptsDevice(expressions: readonly Record<string, unknown>[], device: string): boolean {
  const text = JSON.stringify(expressions);
  return (
    /"(?:iif|oif)name"/.test(text) && text.includes(`"${device}"`) && text.includes('"accept"')
  );
}

/** The older kind of iptables, which nft does not list. */
async function legacyNotices(device: string): Promise<string[]> {
  if (!legacyTables().includes('filter')) return [];
  const rules = await runProgram('iptables-legacy', ['-S']).catch(() => '');
  return legacyNoticesOf(rules, device);
}

/** `rules` is what `iptables-legacy -S` prints. */
export function legacyNoticesOf(rules: string, device: string): string[] {
  return HOOKS.flatMap((hook) => {
    const chain = hook.toUpperCase();
    const accepts = new RegExp(`^-A ${chain} -i ${device} -j ACCEPT$`, 'm');
    if (!new RegExp(`^-P ${chain} DROP$`, 'm').test(rules) || accepts.test(rules)) return [];
    const ways = hook === 'forward' ? ['-i', '-o'] : ['-i'];
    const commands = ways.map((way) => `iptables-legacy -I ${chain} ${way} ${device} -j ACCEPT`);
    return [noticeOf(hook, `${chain} of iptables-legacy`, commands.join(' && '))];
  });
}

function noticeOf(hook: string, chain: string, command: string): string {
  const what = hook === 'forward' ? 'packets to the world' : 'DNS queries to the far end';
  return `the firewall chain ${chain} may drop ${what}; this lets them through: ${command}`;
}

function legacyTables(): string[] {
  try {
    return readFileSync('/proc/net/ip_tables_names', 'latin1').split('\n');
  } catch {
    return [];
  }
}
