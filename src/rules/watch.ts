/**
 * Which packets have to be looked into, so that the name of a rule with `sni=` is found: those of the
 * flows that the rule is about, in both directions. With `sni=example.com dir=in` the ClientHello goes
 * out; with `src=` it may come from the other end.
 */

import type { Match } from './rule.js';

/** Of a match with `sni=`: plain matches without packet terms, whose packets may carry the name. */
export function watchedBy(match: Match): Match[] {
  const { src, dst, sport, dport } = match;
  const flow: Match = {
    ...match,
    dir: null,
    len: null,
    dscp: null,
    flags: null,
    qname: null,
    sni: null,
    quic: null,
  };
  if (src === null && dst === null && sport === null && dport === null) return [flow];
  return [flow, { ...flow, src: dst, dst: src, sport: dport, dport: sport }];
}
