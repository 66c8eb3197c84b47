/** Two instances must not both claim a packet: which of them judged it first would be chance. */
import { usageError } from '../errors.js';
import { rulesContend } from '../rules/overlap.js';
import type { Match, Rule } from '../rules/rule.js';
import { matchOfRule } from '../rules/scenario/match-text.js';
import { getStatus } from './client.js';

/** Throws when a rule overlaps one of the named instances' rules on a device of both. */
export async function refuseOverlap(
  instances: readonly string[],
  devices: readonly string[],
  rules: readonly Rule[],
): Promise<void> {
  for (const name of instances) {
    // An instance that does not answer is ending, or was started with another runtime directory.
    const status = await getStatus(name).catch(() => null);
    if (!status) continue;
    const device = status.devices.find((candidate) => devices.includes(candidate));
    if (device === undefined) continue;
    for (const rule of rules) {
      const mine = claimOn(device, rule.match);
      const other = status.rules.find((r) =>
        rulesContend(mine, claimOn(device, matchOfRule(r.rule))),
      );
      if (!other) continue;
      throw usageError(
        'E_OVERLAP',
        `"${rule.match.text}" overlaps the rule "${other.rule}" of the instance ${name} on ${device}`,
        `netemu set ${name} RULE... changes its rules, netemu down ${name} ends it`,
      );
    }
  }
}

/** On `lo` one chain takes both directions, so `dir=` does not keep two instances apart. */
function claimOn(device: string, match: Match): Match {
  return device === 'lo' ? { ...match, dir: null } : match;
}
