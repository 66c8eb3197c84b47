/**
 * What a reader of the figures has to know besides: what was assumed, and what looks like another cause
 * than loss.
 */

import { formatDuration } from '../../rules/units.js';
import type { ClockOffset } from './clocks.js';
import type { WayFigures } from './conversations.js';
import type { Difference } from './difference.js';
import type { Pairing } from './pairing.js';
import type { Way } from './way.js';

/** So many packets lost in a row at an end of the capture are told. */
const EDGE_PACKETS_MIN = 10;
/** So many that arrived without being sent, where others were lost, are no chance. */
const JOINED_PACKETS_MIN = 3;

type Told = Pick<Difference, 'sent' | 'received' | 'bytesCompared' | 'clock' | 'out' | 'in'>;

export function notesOf(
  told: Told,
  pairing: Pairing,
  ways: readonly (Way | null)[],
  trims: boolean,
): string[] {
  const found = [told.out, told.in];
  return [
    ...ways.flatMap((way, i) => (way === null ? [] : joinedNotes(way, found[i]!))),
    ...elsewhereNotes(told),
    ...cutNotes(told),
    ...clockNotes(told.clock, pairing),
    ...negativeNotes(told),
    ...(trims ? [] : ways.flatMap((way) => (way === null ? [] : edgeNotes(way)))),
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

/**
 * What a network card cuts into packets, or has joined, is no packet that any network has seen: it is
 * lost here, and something that nobody sent there.
 */
function joinedNotes(way: Way, { lost, strangers }: WayFigures): string[] {
  const count = Math.min(lost, way.strangersWithin);
  if (count < JOINED_PACKETS_MIN || strangers === 0) return [];
  const { sender, arrival } = way;
  return [
    `${lost} packets of ${sender.name} are not in ${arrival.name}, which has ${strangers} others: where ` +
      'cards (or netemu) join and cut packets, first ethtool -K DEVICE tso off gso off gro off',
  ];
}

function elsewhereNotes({ sent, received }: Told): string[] {
  return [sent, received].flatMap(({ name, elsewhere }) =>
    elsewhere === 0
      ? []
      : [
          `${elsewhere} packets of ${name} are between others, who have no packet in both: left out`,
        ],
  );
}
