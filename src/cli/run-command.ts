/**
 * The life of a run: start the link, start the command on it, pass signals on, and take everything away when
 * the command ends or the link fails. Standard output is the command's; what netemu says goes to standard
 * error. Everything outside is handed in.
 */

import type { ControlServer } from '../control/server.js';
import type { CommandEnd, InstanceStatus, RunningCommand, RunOptions } from '../control/types.js';
import { after } from './after.js';
import type { Output } from './output.js';
import { recordFailure } from './record.js';
import { runHeadline, summaryLines } from './table.js';

export interface RunRequest {
  readonly options: Omit<RunOptions, 'notice'>;
  /** `--for`; null: until the command ends. */
  readonly durationMs: number | null;
  readonly quiet: boolean;
}

export interface RunWorld {
  readonly output: Output;
  start(options: RunOptions): Promise<RunningCommand>;
  serve(instance: RunningCommand): Promise<ControlServer>;
  /** Calls back for each signal that can be passed on; returns the undo. */
  onSignal(listener: (signal: NodeJS.Signals) => void): () => void;
  /** Ends the process now. */
  leave(signal: NodeJS.Signals): void;
  /** Told the last status (for `--report`). */
  report(status: InstanceStatus): void;
}

/** Those which, before the command is there, ask for the end. */
const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP'];

/** Resolves with how the command ended. Throws what the link failed with; the summary has been printed. */
export async function runCommand(request: RunRequest, world: RunWorld): Promise<CommandEnd> {
  const { output } = world;
  let instance: RunningCommand | null = null;
  let server: ControlServer | null = null;
  let interrupted: NodeJS.Signals | null = null;
  let pass = (signal: NodeJS.Signals) => {
    if (!ENDING.includes(signal)) return;
    if (interrupted !== null) world.leave(signal);
    interrupted = signal;
  };
  const undo = [world.onSignal((signal) => pass(signal))];
  // They begin with the name of the instance, which the first of them comes before.
  let early: string[] | null = [];
  const notice = (line: string) => {
    if (early !== null) early.push(line);
    else output.complain(`netemu ${instance!.name}: ${line}`);
  };
  try {
    instance = await start({ ...request.options, notice }, world, () => interrupted !== null);
    if (instance === null || interrupted !== null) return { code: null, signal: interrupted };
    const running = instance;
    server = await world.serve(running);
    if (!request.quiet) output.complain(headline(running));
    const held = early;
    early = null;
    for (const line of held) notice(line);
    const ended = running.runCommand();
    pass = (signal) => running.passSignal(signal);
    // A signal that came in between was for the command, too.
    if (interrupted !== null) pass(interrupted);
    undo.push(after(request.durationMs, () => void running.stop().catch(() => {})));
    await Promise.race([ended, running.ended]);
    await running.stop();
    // A link that fails ends the command, which is then not what has happened.
    const status = running.status();
    const failure = (await running.ended) ?? recordFailure(status);
    if (!request.quiet) output.complain(...summaryLines(status, output.columns()));
    world.report(status);
    if (failure !== null) throw failure;
    return await ended;
  } finally {
    for (const each of undo.reverse()) each();
    // Also when saying or serving failed: `stop` does nothing the second time.
    await instance?.stop();
    await server?.close();
  }
}

/** A Ctrl-C also reaches the programs that the start runs, which then fail for that reason: null. */
async function start(
  options: RunOptions,
  world: RunWorld,
  isInterrupted: () => boolean,
): Promise<RunningCommand | null> {
  try {
    return await world.start(options);
  } catch (error) {
    if (isInterrupted()) return null;
    throw error;
  }
}

function headline(instance: RunningCommand): string {
  const rules = instance.rules().map(({ text }) => text);
  return runHeadline(instance.name, instance.uplinks, instance.seed, rules);
}
