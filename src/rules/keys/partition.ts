/** `partition`, `partition drop`: nothing passes. */

import { eachDirection, type ImpairmentKey } from '../impairment-key.js';
import { quoted } from '../problem.js';
import { didYouMean } from '../suggest.js';
import { wrongValue } from '../values.js';

export const partition: ImpairmentKey = {
  name: 'partition',
  usage: 'drop',
  options: ['drop'],
  bare: eachDirection({ partition: 'drop' }),
  read: (words) => {
    const word = words.need('partition needs a value, as in partition drop');
    if (word.text.toLowerCase() !== 'drop') {
      const hint = didYouMean(word.text, ['drop']);
      throw wrongValue(
        word,
        `unknown kind of partition ${quoted(word.text)}${hint}`,
        'partition: drop',
      );
    }
    return eachDirection({ partition: 'drop' });
  },
  format: ({ partition }) => partition,
};
