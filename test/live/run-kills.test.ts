/**
 * Killed at any moment, whichever of its processes, `run` leaves nothing behind: no setting, no device, no
 * table, no process. `scripts/kill-campaign --run` runs the same with thousands of kills.
 */
import { expect, test } from 'vitest';
import {
  planRunKills,
  RunKillGround,
  type RunKillResult,
  runKillLine,
} from '../support/run-kills.js';

const count = Number(process.env.NETEMU_KILLS ?? 14);
const seed = process.env.NETEMU_KILL_SEED ?? '1';
const groundCount = Number(process.env.NETEMU_KILL_GROUNDS ?? 3);
const isCampaign = process.env.NETEMU_KILLS !== undefined;

/** Far above the 2 to 3 s that a kill takes. */
const TIMEOUT_MS = 60_000 + count * 20_000;

test(`${count} kills at random moments leave nothing behind`, { timeout: TIMEOUT_MS }, async () => {
  const plan = planRunKills(count, seed);
  const results: RunKillResult[] = [];
  const leftFiles: string[] = [];
  const work = async () => {
    const ground = await RunKillGround.open();
    try {
      for (let kill = plan.shift(); kill; kill = plan.shift()) {
        const result = await ground.run(kill);
        results.push(result);
        if (isCampaign) console.log(runKillLine(result));
      }
      leftFiles.push(...(await ground.leftFiles()));
    } finally {
      await ground.close();
    }
  };
  await Promise.all(Array.from({ length: groundCount }, work));
  const faulty = results.filter(({ faults }) => faults.length > 0);
  expect(faulty.map(runKillLine)).toEqual([]);
  expect(leftFiles).toEqual([]);
  expect(results).toHaveLength(count);
});
