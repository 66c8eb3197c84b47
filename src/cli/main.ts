#!/usr/bin/env node
/** The program `netemu`: joins the command line to this process. */

import { constants } from 'node:os';
import type { Context } from './context.js';
import { reportError } from './errors.js';
import { forgetClosedTerminals, processOutput } from './output.js';
import { runProgram } from './program.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

forgetClosedTerminals();
const output = processOutput();

process.on('uncaughtException', (error) => {
  process.exit(reportError(error, output));
});

const context: Context = {
  output,
  onSignal(listener) {
    const handlers = SIGNALS.map((signal) => {
      const handler = () => listener(128 + constants.signals[signal]);
      process.on(signal, handler);
      return () => process.off(signal, handler);
    });
    return () => {
      for (const undo of handlers) undo();
    };
  },
  leave: (code) => process.exit(code),
  exitCode: 0,
};
const exitCode = await runProgram(process.argv.slice(2), context);
if (context.endSignal !== undefined) {
  const { endBySignal } = await import('./run-signals.js');
  endBySignal(context.endSignal);
}
// Signals that end no node process are told as a shell would.
process.exit(exitCode);
