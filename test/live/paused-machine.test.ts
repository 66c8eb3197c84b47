/**
 * A machine that is paused as a whole (a virtual machine's snapshot, a laptop's lid) lets neither
 * the instance nor its guardian run: when it goes on, neither may take the other for hung.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { GUARDIAN_PATIENCE_MS } from '../../src/host/guardian-protocol.js';
import { resolves, startDnsmasq } from '../support/dns.js';
import { test } from '../support/live-test.js';

const PAUSE_MS = 3 * GUARDIAN_PATIENCE_MS;

test('an instance outlives a pause of the whole machine', async ({ lab }) => {
  await startDnsmasq(lab, lab.far, lab.far4);
  const up = await lab.up('udp:53 partition');
  const children = readFileSync(`/proc/${up.pid}/task/${up.pid}/children`, 'utf8');
  // Itself last: a guardian that still ran would notice that it has stopped.
  const pids = [...children.trim().split(' ').map(Number), up.pid];
  expect(pids).toHaveLength(2);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  await sleep(PAUSE_MS);
  for (const pid of pids) process.kill(pid, 'SIGCONT');

  // A false alarm would come within the guardian's patience.
  const { upSeconds } = await lab.statusSample();
  await lab.statusWhen(
    (status) => status.upSeconds > upSeconds + (2 * GUARDIAN_PATIENCE_MS) / 1000,
  );
  const { stallNs, distortions } = await lab.statusSample();
  expect(stallNs).toBeGreaterThan((PAUSE_MS - 500) * 1e6);
  expect(distortions).toContain('stall');
  expect(await resolves(lab, lab.near, lab.far4)).toBe(false);
  expect(await up.end()).toMatchObject({ code: 0 });
  expect(await resolves(lab, lab.near, lab.far4)).toBe(true);
});
