/**
 * The guardian: a small process beside each instance that owns its nft table. When the instance
 * dies (the kernel then kills the guardian too, and a closed pipe says the same), hangs or is stopped
 * (no beat for GUARDIAN_PATIENCE_MS), the table goes and
 * traffic flows untouched. When the guardian dies, the kernel removes the table, and the instance
 * ends by itself. It runs in a session of its own, so that no Ctrl-C or hangup reaches it.
 */
import { spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { toPlainError } from '../errors.js';
import { dieWithParent } from '../tun/sys-process.js';
import {
  GUARDIAN_CHECK_MS,
  GUARDIAN_PATIENCE_MS,
  type GuardianAnswer,
  type GuardianRequest,
} from './guardian-protocol.js';
import { Nftables } from './libnftables.js';
import { programPath } from './program.js';

// A guardian that is stopped could not see its instance die, and would keep the table.
dieWithParent();

let nftables: Nftables | null = null;
let table: string | null = null;
let links: readonly string[] = [];
/**
 * Checks since the last beat. Counted, not timed: while the whole machine is paused, this process
 * does not run either, and nobody has been silent.
 */
let silentChecks = 0;

function answer(message: GuardianAnswer): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function handle(request: GuardianRequest): void {
  silentChecks = 0;
  switch (request.ask) {
    case 'beat':
      answer({ say: 'alive' });
      break;
    case 'links':
      links = request.names;
      answer({ say: 'done' });
      break;
    case 'table':
      nftables ??= new Nftables();
      nftables.run(request.commands);
      table = request.name;
      answer({ say: 'done' });
      break;
  }
}

/**
 * The table first: from then on nothing is forwarded into the devices that go next. Those are deleted
 * only of an instance that is alive and silent; else they go with its file descriptors.
 */
function giveBack(linksToDelete: readonly string[]): never {
  if (table !== null) {
    try {
      nftables?.run(`delete table netdev ${table}\n`);
    } catch {
      // Whatever it was, the kernel removes the table when this process ends.
    }
  }
  const env = { ...process.env, PATH: programPath() };
  const batch = linksToDelete.map((name) => `link delete dev ${name}\n`).join('');
  if (batch) spawnSync('ip', ['-force', '-batch', '-'], { input: batch, env, stdio: 'pipe' });
  process.exit(0);
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    try {
      handle(JSON.parse(line) as GuardianRequest);
    } catch (error) {
      answer({ say: 'failed', error: toPlainError(error) });
    }
  })
  .on('close', () => giveBack([]));

// The instance's end closes the pipes; whatever cannot be said any more does not matter.
process.stdout.on('error', () => {});

setInterval(() => {
  if (++silentChecks * GUARDIAN_CHECK_MS > GUARDIAN_PATIENCE_MS) giveBack(links);
}, GUARDIAN_CHECK_MS);
