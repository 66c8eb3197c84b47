/**
 * A command of `netemu run` that has done its work and stays until it is let go: instance, link and
 * namespace are still there to be looked at, and the kernel's counters in the namespace are known.
 */
import {
  type Frames,
  type KernelCounters,
  PRINT_COUNTERS,
  readCounters,
  readFrames,
} from './kernel-counters.js';
import type { Running } from './netns-lab.js';
import { becomes } from './processes.js';
import type { Runs } from './run-lab.js';

/** A transfer on a bad link, on a busy machine. */
const PATIENCE_MS = 120_000;

/** Until the last answers have come, when a program has ended: what is counted then is counted for good. */
export const SETTLE_SECONDS = 0.1;

/** Runs its arguments, then tells what the kernel has counted, and waits for a line. */
const SCRIPT = `"$@"; echo "exit code $?"; sleep ${SETTLE_SECONDS}
  grep netemu0: /proc/self/net/dev; ${PRINT_COUNTERS}; echo held; read -r _`;

export class HeldRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** In the command's namespace. */
  readonly counters: KernelCounters;
  /** Of the near end of the link: `read` leave the command, `written` come to it. */
  readonly frames: Frames;
  readonly #running: Running;

  private constructor(running: Running) {
    const { stdout, stderr } = running;
    const [, output, code, device, counters] =
      /^([\s\S]*)exit code (\d+)\n(.*)\n([\s\S]*)held\n$/.exec(stdout)!;
    this.#running = running;
    this.stdout = output;
    this.stderr = stderr;
    this.code = Number(code);
    this.frames = readFrames(device);
    this.counters = readCounters(counters);
  }

  /** `options`: of `netemu run`, its rules among them. */
  static async start(
    runs: Runs,
    options: readonly string[],
    ...command: readonly string[]
  ): Promise<HeldRun> {
    const running = runs.startTalking([...options, '--', 'sh', '-c', SCRIPT, 'sh', ...command]);
    // A log of megabytes is not for a regular expression, over and over.
    await becomes(() => running.stdout.endsWith('\nheld\n') || !running.isRunning, PATIENCE_MS);
    if (!running.isRunning) throw new Error(`the run has ended:\n${running.stderr}`);
    return new HeldRun(running);
  }

  static script(runs: Runs, options: readonly string[], script: string): Promise<HeldRun> {
    return HeldRun.start(runs, options, 'sh', '-c', script);
  }

  /** Lets the command end, and waits for it. */
  async letGo(): Promise<void> {
    this.#running.child.stdin!.end('\n');
    await this.#running.succeeded();
  }
}
