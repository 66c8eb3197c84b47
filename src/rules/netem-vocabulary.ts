/** What there is in a rule that tc-netem cannot do (tc-netem(8), Linux 6.12). */

import type { Impairments } from './rule.js';

interface Foreign {
  readonly key: string;
  /** As in: tc-netem has no … */
  readonly what: string;
  /** What to leave away. */
  readonly mend: string;
}

/** The first in canonical order, or null when netem can do it all. */
export function findForeignToNetem(impairments: Impairments): Foreign | null {
  return FOREIGN.find(([, isThere]) => isThere(impairments))?.[0] ?? null;
}

type Entry = readonly [Foreign, (impairments: Impairments) => boolean];

const FOREIGN: readonly Entry[] = [
  entry('partition', 'partition reject', (i) => i.partition === 'reject'),
  entry('outage', 'outage', (i) => i.outage !== null),
  entry('loss', 'loss with max', (i) => i.loss?.kind === 'random' && i.loss.runMax !== null, 'max'),
  entry('loss', 'loss burst', (i) => i.loss?.kind === 'burst'),
  entry('loss', 'loss nth', (i) => i.loss?.kind === 'nth'),
  entry('loss', 'loss first', (i) => i.loss?.kind === 'first'),
  entry('loss', 'loss every', (i) => i.loss?.kind === 'every'),
  entry('loss', 'loss map', (i) => i.loss?.kind === 'map'),
  entry('corrupt', 'corrupt with max', (i) => (i.corrupt?.runMax ?? null) !== null, 'max'),
  entry('corrupt', 'corrupt with first', (i) => (i.corrupt?.firstBytes ?? null) !== null, 'first'),
  entry(
    'corrupt',
    'corrupt with checksum-ok',
    (i) => i.corrupt?.checksumOk === true,
    'checksum-ok',
  ),
  entry('rate', 'rate with burst', (i) => i.rate !== null && i.rate.burstBytes > 0, 'burst'),
  entry('trace', 'trace', (i) => i.trace !== null),
  entry('queue', 'queue before its rate', (i) => i.queue !== null, 'queue'),
  entry('aqm', 'aqm', (i) => i.aqm !== null),
  entry('reorder', 'reorder by', (i) => i.reorder?.kind === 'by'),
  entry('rebind', 'rebind', (i) => i.rebind !== null),
  entry('per', 'state per flow', (i) => i.perFlow, 'per flow'),
];

function entry(
  key: string,
  what: string,
  isThere: (impairments: Impairments) => boolean,
  mend = what,
): Entry {
  return [{ key, what, mend }, isThere];
}
