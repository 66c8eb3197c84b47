/**
 * The way of one direction of one device through netemu: read at `source`, judged, written at
 * `target`.
 */
import type { Port } from './port.js';

export interface Lane {
  /** `Direction`, or the engine's BY_FLOW where one port carries both. */
  readonly direction: number;
  readonly source: Port;
  readonly target: Port;
  /** Where answers to those who sent what came by `source` are written. */
  readonly replies: Port;
}
