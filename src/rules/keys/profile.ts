/**
 * `profile lte`, `profile drop-rate --rate_to_client=10 …`: a name for other impairments, which stand
 * in its place from then on. What the rule says beside it wins.
 */

import type { ImpairmentKey } from '../impairment-key.js';
import { expandProfile } from '../profiles/expand.js';

export const profile: ImpairmentKey = {
  name: 'profile',
  summary: 'a ready-made network, as `netemu profiles` lists them',
  metavar: 'name',
  usage: 'lte | starlink | handshakeloss | blackhole --on=5s --off=2s',
  // Those of whatever it stands for.
  fields: [],
  givesWay: true,
  anyWord: true,
  read: (words, files) => expandProfile(words, files),
  format: () => null, // It is spelled as what it stands for.
};
