/** `--record` of `up` and `run`: opens the file, and says in the end when it could not be written. */
import * as path from 'node:path';
import type { InstanceStatus, RecordRequest } from '../control/types.js';
import { type NetemuError, runtimeError, usageError } from '../errors.js';
import { isSameFile } from '../pcap/user-file.js';
import { quoted } from '../rules/problem.js';
import type { RuleSource } from '../rules/rule-source.js';
import { packageVersion } from './version.js';

/**
 * The last thing before anything begins, so that a slip of the pen costs neither a long run nor an older
 * recording. Null without `file`. Errors: E_RECORD.
 */
export async function openRecord(
  file: string | undefined,
  source: RuleSource,
): Promise<RecordRequest | null> {
  if (file === undefined) return null;
  refuseOverwriting(file, source);
  const { openTarget } = await import('../pcap/recording/recording.js');
  return { target: openTarget(file), source, version: packageVersion() };
}

/** What the rules were read from must not be what the recording is written to. Errors: E_RECORD. */
function refuseOverwriting(file: string, { scenario, files = {} }: RuleSource): void {
  const directory = scenario === undefined ? '.' : path.dirname(scenario.name);
  const named = Object.keys(files).map((name) => path.resolve(directory, name));
  const inputs = scenario === undefined ? named : [scenario.name, ...named];
  if (!inputs.some((input) => isSameFile(input, file))) return;
  throw usageError('E_RECORD', `--record ${quoted(file)}: the rules are read from that file`);
}

/** What a run ends with whose recording broke off: E_RECORD. Null while all is well. */
export function recordFailure({ recording }: InstanceStatus): NetemuError | null {
  if (!recording || recording.failure === null) return null;
  const { file, failure } = recording;
  return runtimeError(
    'E_RECORD',
    `the recording ${file} broke off: ${failure}`,
    'netemu replay reads what is there; for all of it, record to a disk with more room',
  );
}
