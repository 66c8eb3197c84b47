/**
 * Which packets of each flow are lost, as a file: ordinals from 1 and ranges of them between blanks,
 * commas or line breaks (`2,7,10-12`), comments behind `#`. A line `period 1000` repeats the map
 * after so many packets.
 */

import { joinRanges, parseOrdinals } from '../keys/ordinals.js';
import { LOSS_MAP_RANGES_MAX } from '../limits.js';
import { quoted } from '../problem.js';
import type { PortRange } from '../rule.js';
import { PACKETS, parseCount } from '../values.js';
import { atLine, LineProblem, linesOf } from './lines.js';

export interface LossMap {
  /** Ascending, with gaps between them. */
  readonly ranges: readonly PortRange[];
  /** 0: it does not repeat. */
  readonly period: number;
}

export function parseLossMap(text: string): LossMap {
  const ranges: PortRange[] = [];
  let period = 0;
  let periodLine = 0;
  for (const line of linesOf(text, '#')) {
    if (/^period\b/i.test(line.text)) {
      if (period !== 0) throw new LineProblem(line.number, 'period is given twice');
      const [, count, more] = line.text.split(/\s+/);
      if (count === undefined || more !== undefined) {
        const sentence = `${quoted(line.text)} is not a period, as in period 1000`;
        throw new LineProblem(line.number, sentence);
      }
      period = atLine(line, () => parseCount({ text: count, at: 0 }, PACKETS));
      periodLine = line.number;
      continue;
    }
    for (const list of line.text.split(/[\s,]+/).filter((item) => item !== '')) {
      ranges.push(atLine(line, () => parseOrdinals({ text: list, at: 0 }))[0]);
    }
    if (ranges.length > LOSS_MAP_RANGES_MAX) {
      const sentence = `more than ${LOSS_MAP_RANGES_MAX} numbers and ranges, the limit`;
      throw new LineProblem(line.number, sentence);
    }
  }
  const joined = joinRanges(ranges);
  const last = joined.at(-1)?.max;
  if (last === undefined) throw new LineProblem(null, 'it lists no packet, as in 2,7,10-12');
  if (period !== 0 && period < last) {
    const sentence = `a period of ${period} packets is over before packet ${last}`;
    throw new LineProblem(periodLine, sentence, `period ${last}`);
  }
  return { ranges: joined, period };
}
