/**
 * `trace FILE`: a mahimahi packet-delivery trace as the link. It repeats; with `once` nothing leaves
 * after its end.
 */

import { readFileAt } from '../files/rule-files.js';
import { parseTrace } from '../files/trace-file.js';
import { eachDirection, type ImpairmentKey } from '../impairment-key.js';
import { takeWord } from '../values.js';

export const trace: ImpairmentKey = {
  name: 'trace',
  summary: 'a packet-delivery trace of mahimahi as the link',
  metavar: 'file',
  usage: 'FILE | FILE once',
  options: ['once'],
  fields: ['trace'],
  read: (words, files) => {
    const word = words.need('trace needs a file, as in trace lte.trace');
    const opportunitiesMs = readFileAt(word, files, parseTrace);
    const once = takeWord(words, 'once');
    return eachDirection({ trace: { file: word.text, opportunitiesMs, once } });
  },
  format: ({ trace }) => trace && `${trace.file}${trace.once ? ' once' : ''}`,
};
