/** What a gradient was measured on, for its results. */
import * as os from 'node:os';
import type { Machine } from './result.js';

export function thisMachine(): Machine {
  const cpus = os.cpus();
  return {
    node: process.version,
    kernel: os.release(),
    cpus: cpus.length,
    cpuModel: cpus[0]?.model.trim() ?? '',
    memoryBytes: os.totalmem(),
  };
}
