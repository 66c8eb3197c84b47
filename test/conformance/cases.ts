/**
 * What is compared: a tc-netem command, the netemu rule that says the same, and the traffic both get. A
 * rule is run as it stands and with `compat netem`. netem counts a packet's Ethernet header of 14 bytes, and
 * so does `compat netem`; netemu's links count IP packets, so that its rules say `overhead 14`.
 */
import type { NoteName } from './notes.js';
import type { Link } from './statistics.js';

export interface Traffic {
  /** Of the packets that a case has by default. */
  readonly share: number;
  readonly perSecond: number;
  /** Evenly spaced, or as a Poisson process. */
  readonly spacing: 'even' | 'poisson';
  /** Of the UDP payload, both ends included, evenly distributed. */
  readonly bytesMin: number;
  readonly bytesMax: number;
  /** The receiver ends when nothing has come for so long. */
  readonly idleMs: number;
}

/** What of a case is shown and tested. */
export type Aspect =
  | 'loss'
  | 'duplicates'
  | 'corruption'
  /** The distribution of delays, and how much a delay has of the one before. */
  | 'delay'
  | 'delayMemory'
  /** Packet by packet, where nothing is random. */
  | 'delayOfEach'
  | 'reordering'
  | 'atOnce'
  /** Packets that leave together: how many, and the time from one bunch to the next. */
  | 'bunches'
  | 'rate';

export interface Case {
  readonly name: string;
  /** After `tc qdisc add dev DEVICE root netem limit 100000`; null: no qdisc at all. */
  readonly netem: string | null;
  /** After the match; null: there is nothing to compare with. */
  readonly rule: string | null;
  /** The same with `compat netem`. */
  readonly compatRule: string | null;
  readonly traffic: Traffic;
  readonly link: Link | null;
  readonly aspects: readonly Aspect[];
  /** Notes of the page (notes.ts) on where netemu's default mode is not netem. */
  readonly defaultDiffers: readonly NoteName[];
  /** The same of `compat netem`. */
  readonly compatDiffers: readonly NoteName[];
}

const STEADY: Traffic = {
  share: 1,
  perSecond: 5_000,
  spacing: 'even',
  bytesMin: 100,
  bytesMax: 100,
  idleMs: 500,
};
/** With fewer packets a second the guest has time to spare, and its timers are late less often. */
const CALM: Traffic = { ...STEADY, perSecond: 3_000 };
/** 1 Mbit/s carries 880 frames of 142 bytes a second: 5 % less than this. */
const OVERLOAD: Traffic = { ...STEADY, share: 0.2, perSecond: 925, idleMs: 1_000 };
/** Frames of 102 to 1,442 bytes: 7 kbit each on average with what cells add, 10.4 Mbit/s. */
const MIXED: Traffic = {
  ...STEADY,
  share: 0.25,
  perSecond: 1_470,
  spacing: 'poisson',
  bytesMin: 60,
  bytesMax: 1_400,
  idleMs: 1_500,
};
/** A slot of 20 ms has 36 of these, so that 40 are enough for all of them. */
const SLOTFUL: Traffic = { ...CALM, share: 0.5, perSecond: 1_800 };

const ETHERNET: Link = { overheadBytes: 14, cellBytes: 0, cellOverheadBytes: 0 };

export const CASES: readonly Case[] = [
  { ...one('no qdisc', '', CALM, ['delay']), netem: null, rule: null, compatRule: null },
  one('delay 10ms', 'delay 10ms', CALM, ['delay', 'reordering']),

  one('loss 1%', 'loss 1%', STEADY, ['loss']),
  one('loss 10%', 'loss 10%', STEADY, ['loss']),
  correlated('loss 10% 25%', 'loss 10% corr 25%', 'loss'),
  correlated('loss 20% 75%', 'loss 20% corr 75%', 'loss'),
  correlated('loss 30% 50%', 'loss 30% corr 50%', 'loss'),
  chain('loss gemodel 1% 10%'),
  chain('loss gemodel 5% 25%'),
  chain('loss gemodel 10% 30%'),
  chain('loss gemodel 1% 10% 70% 0.1%'),
  chain('loss state 1% 10% 70% 50% 0.5%'),

  one('duplicate 1%', 'duplicate 1%', STEADY, ['duplicates']),
  {
    ...correlated('duplicate 10% 25%', 'duplicate 10% corr 25%', 'duplicates'),
    defaultDiffers: ['tc-duplicate', 'correlation'],
    compatDiffers: ['tc-duplicate'],
  },
  // A correlation of something else makes tc send that of duplicates too.
  correlated('duplicate 10% 25% corrupt 0% 1%', 'duplicate 10% corr 25%', 'duplicates'),
  {
    ...one('loss 10% duplicate 10%', 'loss 10% duplicate 10%', STEADY, ['loss', 'duplicates']),
    defaultDiffers: ['duplicate-and-loss'],
  },
  {
    ...one('corrupt 1%', 'corrupt 1%', STEADY, ['corruption', 'loss']),
    defaultDiffers: ['corrupt-where'],
  },
  {
    ...correlated('corrupt 10% 25%', 'corrupt 10% corr 25%', 'corruption'),
    defaultDiffers: ['correlation', 'corrupt-where'],
  },

  jitter('delay 50ms 10ms', 'delay 50ms jitter 10ms unordered'),
  {
    ...jitter('delay 50ms 10ms (in order)', 'delay 50ms jitter 10ms'),
    netem: 'delay 50ms 10ms',
    defaultDiffers: ['jitter-order'],
  },
  {
    ...jitter('delay 50ms 10ms 75%', 'delay 50ms jitter 10ms corr 75% unordered'),
    defaultDiffers: ['jitter-correlation'],
  },
  distributed('normal'),
  { ...distributed('pareto'), defaultDiffers: ['table-tail'] },
  { ...distributed('paretonormal'), defaultDiffers: ['table-tail'] },

  reorder('delay 10ms reorder 25%', 'delay 10ms reorder 25%'),
  {
    ...reorder('delay 10ms reorder 25% 50%', 'delay 10ms reorder 25% corr 50%'),
    defaultDiffers: ['correlation'],
  },
  reorder('delay 10ms reorder 100% gap 5', 'delay 10ms reorder 100% gap 5'),
  reorder('delay 10ms reorder 50% gap 3', 'delay 10ms reorder 50% gap 3'),

  {
    ...one('rate 1mbit', 'rate 1mbit overhead 14 queue unlimited', OVERLOAD, [
      'rate',
      'delayOfEach',
    ]),
    compatRule: 'rate 1mbit compat netem',
    link: ETHERNET,
  },
  {
    ...one('rate 10mbit 8 48 5', 'rate 10mbit overhead 22 cell 48 5 queue unlimited', MIXED, [
      'rate',
      'delayOfEach',
    ]),
    compatRule: 'rate 10mbit overhead 8 cell 48 5 compat netem',
    link: { overheadBytes: 22, cellBytes: 48, cellOverheadBytes: 5 },
  },
  {
    ...one(
      'delay 20ms 5ms rate 10mbit',
      'rate 10mbit overhead 14 queue unlimited delay 20ms jitter 5ms',
      { ...MIXED, perSecond: 800 },
      ['delay', 'delayMemory', 'reordering'],
    ),
    compatRule: 'rate 10mbit delay 20ms jitter 5ms compat netem',
    defaultDiffers: ['rate-and-jitter'],
  },

  slots('slot 20ms'),
  slots('slot 10ms 30ms'),
  { ...slots('slot 20ms packets 40'), traffic: SLOTFUL },
  slots('slot distribution normal 20ms 4ms'),
];

/** One where both modes do what netem does. */
function one(netem: string, rule: string, traffic: Traffic, aspects: readonly Aspect[]): Case {
  return {
    name: netem,
    netem,
    rule,
    compatRule: `${rule} compat netem`,
    traffic,
    link: null,
    aspects,
    defaultDiffers: [],
    compatDiffers: [],
  };
}

function chain(netem: string): Case {
  return one(netem, netem, STEADY, ['loss']);
}

function correlated(netem: string, rule: string, aspect: Aspect): Case {
  return { ...one(netem, rule, STEADY, [aspect]), defaultDiffers: ['correlation'] };
}

function jitter(netem: string, rule: string): Case {
  return one(netem, rule, CALM, ['delay', 'delayMemory', 'reordering']);
}

function distributed(name: string): Case {
  return jitter(`delay 50ms 10ms distribution ${name}`, `delay 50ms jitter 10ms ${name} unordered`);
}

function reorder(netem: string, rule: string): Case {
  return one(netem, rule, CALM, ['atOnce', 'reordering']);
}

function slots(netem: string): Case {
  return one(netem, netem, CALM, ['bunches', 'delay', 'reordering']);
}

/** A name for files: `delay-50ms-10ms`. */
export function fileNameOf({ name }: Pick<Case, 'name'>): string {
  return name.replace(/[^\w.]+/g, '-').replace(/-$/, '');
}
