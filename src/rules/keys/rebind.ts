/**
 * `rebind 5s`: a NAT forgets its mappings every 5 s (`first 1s`: the first time after 1 s; `once`: only
 * then), and flows get a new source port; with `address PREFIX` a new source address out of it, too.
 */

import { formatPrefix, parsePrefix } from '../address.js';
import { eachDirection, type ImpairmentKey } from '../impairment-key.js';
import { Problem } from '../problem.js';
import type { Prefix, Rebind } from '../rule.js';
import { formatDuration } from '../units.js';
import { readOptions, readTimeNs } from '../values.js';
import { readWord, type Words } from '../words.js';

export const rebind: ImpairmentKey = {
  name: 'rebind',
  summary: 'a NAT that forgets: flows get a new source port, or address, again and again',
  metavar: 'duration',
  usage: '5s | 5s first 1s | 5s once | 5s address 198.51.100.0/24',
  options: ['first', 'once', 'address'],
  fields: ['rebind'],
  // Where packets go out they get another source, where they come in they are mapped back.
  undirected: { instead: null },
  read: (words) => eachDirection({ rebind: readRebind(words) }),
  format: ({ rebind }) => rebind && formatRebind(rebind),
};

function readRebind(words: Words): Rebind {
  const everyNs = readTimeNs(words, {
    example: 'rebind 5s',
    zero: ['a rebinding every 0 s would never end'],
  });
  const {
    first = everyNs,
    once = false,
    address = null,
  } = readOptions(words, {
    first: () =>
      readTimeNs(words, {
        example: 'first 1s',
        zero: ['before anything was sent nothing is bound'],
      }),
    once: () => true,
    address: readAddresses,
  });
  return { everyNs: once ? 0 : everyNs, firstNs: first, addresses: address };
}

function readAddresses(words: Words): Prefix {
  const word = words.need('address needs a prefix, as in address 198.51.100.0/24');
  try {
    return readWord(word, parsePrefix);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem('E_VALUE', error.message, error.at, error.mend);
  }
}

function formatRebind({ everyNs, firstNs, addresses }: Rebind): string {
  if (everyNs === 0) return `${formatDuration(firstNs)} once${formatAddresses(addresses)}`;
  const first = firstNs === everyNs ? '' : ` first ${formatDuration(firstNs)}`;
  return `${formatDuration(everyNs)}${first}${formatAddresses(addresses)}`;
}

function formatAddresses(addresses: Prefix | null): string {
  return addresses === null ? '' : ` address ${formatPrefix(addresses)}`;
}
