/** Runs a plan of kills on several grounds side by side. */
import { KillGround, type KillResult } from './kill-ground.js';
import { planKills } from './kill-plan.js';

export interface Campaign {
  readonly count: number;
  readonly seed: string;
  /** Namespaces in which instances are killed at the same time. */
  readonly grounds: number;
  onResult?(result: KillResult): void;
}

export interface CampaignResult {
  readonly results: readonly KillResult[];
  /** Files that no instance has cleared in the end. */
  readonly leftFiles: readonly string[];
}

export async function runCampaign(campaign: Campaign): Promise<CampaignResult> {
  const grounds: KillGround[] = [];
  try {
    while (grounds.length < campaign.grounds) grounds.push(await KillGround.open());
    // Side by side, as the instances will be started.
    const starts = await Promise.all(grounds.map((ground) => ground.measureStart()));
    const startTookMs = Math.max(...starts);
    const plan = planKills(campaign.count, campaign.seed);
    const results: KillResult[] = [];
    const work = async (ground: KillGround) => {
      for (let kill = plan.shift(); kill; kill = plan.shift()) {
        const result = await ground.run(kill, startTookMs);
        results.push(result);
        campaign.onResult?.(result);
      }
    };
    await Promise.all(grounds.map(work));
    const left = await Promise.all(grounds.map((ground) => ground.leftFiles()));
    return { results, leftFiles: left.flat() };
  } finally {
    for (const ground of grounds) await ground.close();
  }
}

/** `kill 17: stop main at 312 ms, live: impaired 1240 ms, as before after 1310 ms; exit 4 "…"` */
export function resultLine({
  kill,
  momentMs,
  phase,
  impairedMs,
  cleanMs,
  end,
  faults,
}: KillResult) {
  const impaired = impairedMs < 0 ? 'never impaired' : `impaired ${impairedMs} ms`;
  return [
    `kill ${kill.number}: ${kill.kind} at ${momentMs} ms, ${phase}: `,
    `${impaired}, as before after ${cleanMs} ms; ${end}`,
    ...faults.map((fault) => `\n  FAULT ${fault}`),
  ].join('');
}

/** How the results spread over kinds and phases, and the longest times. */
export function summaryOf(results: readonly KillResult[]): string {
  const cells = new Map<string, number>();
  for (const { kill, phase } of results) {
    const cell = `${kill.kind} ${phase}`;
    cells.set(cell, (cells.get(cell) ?? 0) + 1);
  }
  const spread = [...cells].sort().map(([cell, count]) => `${cell} ${count}`);
  const max = (pick: (result: KillResult) => number, guardianStopped: boolean) => {
    const chosen = results.filter((r) => (r.kill.kind === 'stop guardian') === guardianStopped);
    return Math.max(0, ...chosen.map(pick));
  };
  const longest = (guardianStopped: boolean) =>
    `impaired at most ${max((r) => r.impairedMs, guardianStopped)} ms, ` +
    `as before after at most ${max((r) => r.cleanMs, guardianStopped)} ms`;
  const faulty = results.filter(({ faults }) => faults.length > 0).length;
  return [
    `${results.length} kills, ${faulty} with faults: ${longest(false)}`,
    `(guardian stopped: ${longest(true)})`,
    spread.join(', '),
  ].join('\n');
}
