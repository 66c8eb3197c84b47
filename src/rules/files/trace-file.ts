/**
 * mahimahi's packet-delivery traces: on each line a time in whole milliseconds at which the link can
 * deliver once. Times never go back; the trace repeats after its last one, which is not 0.
 */

import { DURATION_NS_MAX, TRACE_OPPORTUNITIES_MAX } from '../limits.js';
import { quoted } from '../problem.js';
import { LineProblem, linesOf } from './lines.js';

const MS_MAX = Math.floor(DURATION_NS_MAX / 1e6);

export function parseTrace(text: string): number[] {
  const times: number[] = [];
  let last = 0;
  for (const line of linesOf(text, null)) {
    if (!/^\d+$/.test(line.text)) {
      throw new LineProblem(line.number, `${quoted(line.text)} is not ${WHAT}`);
    }
    const ms = Number(line.text);
    if (ms < last) {
      const sentence = `${ms} comes after ${last}, the times of a trace never go back`;
      throw new LineProblem(line.number, sentence);
    }
    if (ms > MS_MAX) throw new LineProblem(line.number, `${line.text} ms is more than 104 days`);
    if (times.length === TRACE_OPPORTUNITIES_MAX) {
      throw new LineProblem(line.number, `more than ${TRACE_OPPORTUNITIES_MAX} times, the limit`);
    }
    times.push(ms);
    last = ms;
  }
  if (times.length === 0) throw new LineProblem(null, `it is empty, each line is ${WHAT}`);
  if (last === 0)
    throw new LineProblem(null, 'all times are 0, a trace repeats after its last one');
  return times;
}

const WHAT = 'a time in whole milliseconds, as in a trace of mahimahi';
