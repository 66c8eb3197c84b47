/** When two captures have no packet in common: what the user may have meant. */

import { differsError, type NetemuError, usageError } from '../../errors.js';
import { printable } from '../../rules/problem.js';
import type { Capture } from './capture.js';

/** Flows that are looked at for their addresses. */
const FLOWS_MAX = 10_000;

/** E_DIFF_NOTHING; E_CAPTURE where a damaged capture is the reason. */
export function nothingInCommon(sent: Capture, received: Capture, nat: boolean): NetemuError {
  for (const { name, table, fault } of [sent, received]) {
    if (fault === null || table.count > 0) continue;
    return differsError(
      'E_CAPTURE',
      printable(`${name}: ${fault.reason} at offset ${fault.offset}`),
    );
  }
  const sentence = printable(`no packet of ${sent.name} is in ${received.name}`);
  for (const { name, table, counts } of [sent, received]) {
    if (table.count > 0) continue;
    const left = [
      `${counts.packets} packets`,
      `${counts.notIp} no IP`,
      `${counts.malformed} cut short in their headers`,
      `${counts.unmatched} other than those asked for`,
    ];
    return usageError(
      'E_DIFF_NOTHING',
      `${sentence}: ${printable(name)} has nothing to compare`,
      `it has ${left.join(', ')}`,
    );
  }
  const mend =
    nat || haveCommonAddresses(sent, received)
      ? 'were both taken at the same time, of the same traffic? A proxy, or a network card that cuts and\n' +
        'joins packets (ethtool -K DEVICE tso off gso off gro off), makes other packets of them'
      : '--nat, where addresses change on the way';
  return usageError('E_DIFF_NOTHING', sentence, mend);
}

/** Whether some flow's ends are the same. */
function haveCommonAddresses(sent: Capture, received: Capture): boolean {
  const pairsOf = ({ ends }: Capture) => {
    const count = Math.min(ends.count, FLOWS_MAX);
    return Array.from({ length: count }, (_, flow) => ends.addresses(flow));
  };
  const known = new Set(pairsOf(sent));
  return pairsOf(received).some((pair) => known.has(pair));
}
