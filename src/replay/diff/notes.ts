/**
 * What a reader of the figures has to know besides: what was assumed, and what looks like another cause
 * than loss.
 */

import { formatDuration } from '../../rules/units.js';
import type { Capture } from './capture.js';
import type { ClockOffset } from './clocks.js';
import type { Difference } from './difference.js';
import { type Pairing, RECEIVED, SENT } from './pairing.js';
import type { Way } from './way.js';

/** So many packets lost in a row at an end of the capture are told. */
const EDGE_PACKETS_MIN = 10;

type Told = Pick<Difference, 'bytesCompared' | 'clock' | 'out' | 'in'>;

export function notesOf(
  told: Told,
  pairing: Pairing,
  ways: readonly (Way | null)[],
  trims: boolean,
): string[] {
  const [sent, received] = pairing.captures;
  return [
    ...cutNotes(told),
    ...clockNotes(told.clock, pairing),
    ...negativeNotes(told),
    ...(trims ? [] : ways.flatMap((way) => (way === null ? [] : edgeNotes(way)))),
    ...longNotes(sent, pairing.partner[SENT]),
    ...longNotes(received, pairing.partner[RECEIVED]),
  ];
}

function cutNotes({ bytesCompared }: Told): string[] {
  if (bytesCompared === null) return [];
  return [`packets are cut short: the first ${bytesCompared} bytes of each were compared`];
}

function clockNotes({ offsetNs, origin }: Told['clock'], pairing: Pairing): string[] {
  const [sent, received] = pairing.captures;
  const ahead = `the clock of ${received.name} ${aheadOf(offsetNs)} that of ${sent.name}`;
  switch (origin) {
    case 'symmetric':
      return [`${ahead}: assumed, so that the shortest delays of both ways are the same`];
    case 'shortest':
      return [`${ahead}: assumed, so that the shortest delay is zero`];
    default:
      return [];
  }
}

function aheadOf(ns: number): string {
  const text = formatDuration(Math.abs(ns));
  return ns < 0 ? `is ${text} behind` : `is ${text} ahead of`;
}

function negativeNotes({ clock, ...ways }: Told): string[] {
  const least = Math.min(...[ways.out, ways.in].map((way) => way?.delay?.minNs ?? 0));
  if (least >= 0) return [];
  const early = `packets arrived up to ${formatDuration(Math.ceil(-least))} before they were sent`;
  const reason: Record<ClockOffset['origin'], string> = {
    given: 'is --clock-offset right?',
    none: 'are the clocks?',
    shortest: 'the clocks drift',
    symmetric: 'the clocks drift, or the captures are of other places',
  };
  return [`${early}: ${reason[clock.origin]}`];
}

/** A capture that began later, or ended earlier, lacks what the other one has, and that is no loss. */
function edgeNotes({ edges, sender, arrival }: Way): string[] {
  const told = (count: number, where: string, when: string) =>
    count < EDGE_PACKETS_MIN
      ? []
      : [
          `the ${where} ${count} packets of ${sender.name} are all missing in ${arrival.name}: ` +
            `where that one ${when}, --trim leaves them out`,
        ];
  return [
    ...told(edges.before, 'first', 'began later'),
    ...told(edges.behind, 'last', 'ended earlier'),
  ];
}

/** What a network card cuts into packets, or has joined, is no packet that any network has seen. */
function longNotes({ name, table }: Capture, partner: Int32Array): string[] {
  let count = 0;
  for (let row = 0; row < table.count; row++)
    if (table.isLong[row] !== 0 && partner[row] < 0) count++;
  if (count === 0) return [];
  return [
    `${count} packets of ${name} are longer than 1500 bytes and not in the other capture: perhaps ` +
      `the network card cuts and joins them, which ethtool -K DEVICE tso off gso off gro off ends`,
  ];
}
