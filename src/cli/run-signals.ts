/** Signals between `netemu run`, its command and whoever waits for netemu. */

import { forbidCoreDump } from '../tun/sys-process.js';

/**
 * What is passed on to the command. Those that stop and continue are not: job control sends them to netemu
 * and the command alike. (SIGUSR1 would start node's debugger, had it no listener.)
 */
const PASSED = [
  ...['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP'],
  ...['SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGALRM'],
] as NodeJS.Signals[];

/** Calls back for each; returns the undo. */
export function onPassedSignal(listener: (signal: NodeJS.Signals) => void): () => void {
  const handler = (signal: NodeJS.Signals) => listener(signal);
  for (const signal of PASSED) process.on(signal, handler);
  return () => {
    for (const signal of PASSED) process.off(signal, handler);
  };
}

/** Ends this process as the command ended: a shell sees the same. Returns where the signal ends nothing. */
export function endBySignal(signal: NodeJS.Signals): void {
  forbidCoreDump();
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
