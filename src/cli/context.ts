/** What every command is handed: where to write, and the process around it. */

import type { Output } from './output.js';

export interface Context {
  readonly output: Output;
  /** Calls back for each SIGINT, SIGTERM and SIGHUP, with 128 + its number; returns the undo. */
  onSignal(this: void, listener: (exitCode: number) => void): () => void;
  /** Ends the process now. */
  leave(this: void, exitCode: number): void;
  /** Set by a command that ends in another way than ok: an ExitCode, or that of `run`'s command. */
  exitCode: number;
  /** Set by `run`, whose command has ended by this signal: netemu ends by it, too. */
  endSignal?: NodeJS.Signals;
}
