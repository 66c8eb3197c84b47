import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { expect, test } from 'vitest';
import { isGuardian, RunGuardian } from '../../src/host/run-guardian.js';
import { childrenOf } from '../support/processes.js';

const OTHER_NAMESPACE = '/dev/null';

test('a guardian is known by all its arguments, not by a word', async () => {
  // It ends nothing: no process has that for its namespace.
  const fd = fs.openSync(OTHER_NAMESPACE, 'r');
  const guardian = new RunGuardian(fd, [], () => {});
  const talker = spawn('sh', ['-c', 'read -r _', 'netemu-guardian'], { stdio: ['pipe', 1, 2] });
  try {
    await once(talker, 'spawn');
    const commandLines = childrenOf(process.pid).map((pid) =>
      fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1'),
    );
    const named = commandLines.filter((text) => text.includes('netemu-guardian'));
    expect(named.map(isGuardian).sort()).toEqual([false, true]);
  } finally {
    talker.stdin!.end();
    await guardian.end();
    fs.closeSync(fd);
  }
});
