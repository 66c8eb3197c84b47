/** What `up` and `run` do alike to record their packets. */
import { Recording, type RecordingPlan } from '../pcap/recording/recording.js';
import type { Rule } from '../rules/rule.js';
import type { UpOptions } from './types.js';

/** Null when nothing is to be recorded. `devices`: in the order of `recordedDevices` (tun/live-config.ts). */
export function openRecording(
  { record, memoryBytes, notice }: Pick<UpOptions, 'record' | 'memoryBytes' | 'notice'>,
  seed: string,
  rules: readonly Rule[],
  devices: RecordingPlan['devices'],
): Recording | null {
  if (record === null) return null;
  const { target, source, version } = record;
  return new Recording({ target, version, seed, memoryBytes, devices, notice }, source, rules);
}
