/**
 * Killed or stopped at any moment, `up` leaves nothing behind: within 2 s (and a slack for a busy
 * machine, PROMISE_MS and SLACK_MS) traffic passes unimpaired and the namespace is as before.
 * `scripts/kill-campaign` runs the same with thousands of kills.
 */
import { expect, test } from 'vitest';
import { resultLine, runCampaign, summaryOf } from '../support/kill-campaign.js';
import { PLAN_LENGTH } from '../support/kill-plan.js';

const count = Number(process.env.NETEMU_KILLS ?? PLAN_LENGTH);
const seed = process.env.NETEMU_KILL_SEED ?? '1';
const grounds = Number(process.env.NETEMU_KILL_GROUNDS ?? 3);
const isCampaign = process.env.NETEMU_KILLS !== undefined;

/** Far above the 1 to 3 s that a kill takes. */
const TIMEOUT_MS = 60_000 + count * 20_000;

test(`${count} kills at random moments leave nothing behind`, { timeout: TIMEOUT_MS }, async () => {
  const { results, leftFiles } = await runCampaign({
    count,
    seed,
    grounds,
    onResult: (result) => {
      if (isCampaign) console.log(resultLine(result));
    },
  });
  console.log(summaryOf(results));
  const faulty = results.filter(({ faults }) => faults.length > 0);
  expect(faulty.map(resultLine)).toEqual([]);
  expect(leftFiles).toEqual([]);
  expect(results).toHaveLength(count);
});
