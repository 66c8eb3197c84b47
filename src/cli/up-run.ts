/**
 * The life of an instance in the foreground: start it, say so, keep the table up to date, and end
 * it for whichever reason comes first. Everything outside (the live path, the terminal, signals)
 * is handed in.
 */

import type { ControlServer } from '../control/server.js';
import type { RunningInstance, UpOptions } from '../control/types.js';
import { ExitCode, type NetemuError, runtimeError } from '../errors.js';
import { after } from './after.js';
import { LiveTable } from './live-table.js';
import { type Output, outputError } from './output.js';
import { recordFailure } from './record.js';
import { headline, statusLines, summaryLines } from './table.js';

/** Often enough to look alive, seldom enough to cost nothing. */
const REFRESH_MS = 500;

export interface UpRequest {
  readonly options: Omit<UpOptions, 'notice'>;
  /** `--for`; null: until it is stopped. */
  readonly durationMs: number | null;
  readonly json: boolean;
}

export interface UpWorld {
  readonly output: Output;
  start(options: UpOptions): Promise<RunningInstance>;
  serve(instance: RunningInstance): Promise<ControlServer>;
  /** Calls back for each SIGINT, SIGTERM and SIGHUP, with 128 + its number; returns the undo. */
  onSignal(listener: (exitCode: number) => void): () => void;
  /** Ends the process now: the kernel and the guardian take everything away. */
  leave(exitCode: number): void;
  /** Told the first line once the path is live (to the parent of `-d`). */
  live(line: string, instance: RunningInstance): void;
}

/** Runs until it is stopped. Throws what it failed with; what it counted has been printed. */
export async function runUp(request: UpRequest, world: UpWorld): Promise<ExitCode> {
  const { output } = world;
  const table = new LiveTable(output);
  const stop = stopRequests(world);
  let instance: RunningInstance | null = null;
  let server: ControlServer | null = null;
  let redraw = () => {};
  const notice = (line: string) => {
    table.erase();
    output.complain(`netemu ${instance?.name ?? 'up'}: ${line}`);
    redraw();
  };
  const undo: (() => void)[] = [stop.done];
  try {
    instance = await start({ ...request.options, notice }, world, stop);
    server = await world.serve(instance);
    const line = firstLine(instance, request);
    if (request.json) output.complain(line);
    else output.print(line);
    world.live(line, instance);
    if (output.isTerminal && !request.json) {
      redraw = drawer(instance, table, output);
      redraw();
      undo.push(every(REFRESH_MS, redraw));
    }
    undo.push(after(request.durationMs, stop.now));
    const failure = await Promise.race([stop.requested, instance.ended]);
    redraw = () => {};
    for (const each of undo.splice(1)) each();
    await instance.stop();
    table.erase();
    printSummary(instance, request, output);
    const reason = failure ?? recordFailure(instance.status());
    if (reason !== null) throw reason;
    return ExitCode.ok;
  } finally {
    // Also when printing or serving failed: `stop` does nothing the second time.
    await instance?.stop();
    await server?.close();
    for (const each of undo) each();
  }
}

/** A Ctrl-C also reaches the programs that the start runs, which then fail for that reason. */
async function start(
  options: UpOptions,
  world: UpWorld,
  stop: StopRequests,
): Promise<RunningInstance> {
  try {
    return await world.start(options);
  } catch (error) {
    if (!stop.signalled()) throw error;
    throw runtimeError('E_INTERRUPTED', 'interrupted before the path was live');
  }
}

function firstLine(instance: RunningInstance, { options }: UpRequest): string {
  const rules = instance.rules().map(({ text }) => text);
  return headline(
    instance.name,
    instance.devices,
    instance.seed,
    rules,
    options.netns ?? undefined,
  );
}

function drawer(instance: RunningInstance, table: LiveTable, output: Output): () => void {
  return () => table.draw(statusLines(instance.status(), output.columns() - 1));
}

function printSummary(instance: RunningInstance, request: UpRequest, output: Output): void {
  const status = instance.status();
  if (request.json) output.print(JSON.stringify(status));
  else output.print(...summaryLines(status, output.columns()));
}

interface StopRequests {
  /** Whether a signal has come. */
  signalled(): boolean;
  /** Resolves with null when someone asks for the end, with an error when output failed. */
  readonly requested: Promise<NetemuError | null>;
  now(): void;
  done(): void;
}

/** The first signal stops in good order, the second at once. */
function stopRequests(world: UpWorld): StopRequests {
  let resolve: (failure: NetemuError | null) => void;
  const requested = new Promise<NetemuError | null>((r) => {
    resolve = r;
  });
  let signals = 0;
  const done = world.onSignal((exitCode) => {
    if (++signals > 1) world.leave(exitCode);
    resolve(null);
  });
  // Whoever read the output has gone, or the disk is full: nobody could see what is being done.
  void world.output.failed.then((failure) => resolve(outputError(failure)));
  return { requested, now: () => resolve(null), signalled: () => signals > 0, done };
}

function every(periodMs: number, action: () => void): () => void {
  const timer = setInterval(action, periodMs);
  return () => clearInterval(timer);
}
