/** One way once, file to file, in a process of its own: time from its start to its end, CPU time, memory. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Samples } from '../live/samples.js';
import type { Capture } from './capture.js';
import { commandOf, type WayName } from './ways.js';

/** GNU time: of those that can ask the kernel what a child had, the smallest. */
export const TIME = '/usr/bin/time';

const PATIENCE_MS = 600_000;
/** A way that writes less than this of the input has done something else. */
const OUTPUT_SHARE_MIN = 0.9;

export function measure(
  name: WayName,
  capture: Capture,
  directory: string,
  samples: Samples,
): void {
  const output = join(directory, `out.${capture.format}`);
  const usage = join(directory, 'usage');
  const command = commandOf(name, capture.path, output, capture.format);
  const timed = existsSync(TIME)
    ? [TIME, '-q', '-f', '%U %S %M', '-o', usage, ...command]
    : command;
  try {
    const startMs = performance.now();
    const { status, signal, stderr, error } = spawnSync(timed[0], timed.slice(1), {
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      timeout: PATIENCE_MS,
    });
    const seconds = (performance.now() - startMs) / 1_000;
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(`it ended with ${status ?? signal}: ${stderr.trim()}`);
    const share = statSync(output).size / capture.bytes;
    if (share < OUTPUT_SHARE_MIN) throw new Error(`it wrote ${share.toFixed(3)} of the input`);
    samples.note(name, 'packets', capture.packets / seconds);
    samples.note(name, 'megabytes', capture.bytes / 1e6 / seconds);
    if (timed === command) return;
    const [user, system, kib] = readFileSync(usage, 'latin1').trim().split(' ').map(Number);
    samples.note(name, 'CPU', user + system);
    samples.note(name, 'memory', (kib * 1_024) / 1e6);
  } finally {
    // Before the kernel has written it to the disk, which would be the next one's burden.
    rmSync(output, { force: true });
  }
}
