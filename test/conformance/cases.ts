/**
 * What is compared: a tc-netem command, the netemu rule that says the same, and the traffic both get. A
 * rule is run as it stands and with `compat netem`. Its name is the name of the case's files.
 */

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
  | 'bursts'
  | 'duplicates'
  | 'corruption'
  | 'delay'
  | 'delayMemory'
  | 'reordering'
  | 'atOnce'
  | 'rate';

export interface Case {
  readonly name: string;
  /** After `tc qdisc add dev DEVICE root netem limit 100000`; null: no qdisc at all. */
  readonly netem: string | null;
  /** After the match; null: there is nothing to compare with. */
  readonly rule: string | null;
  readonly traffic: Traffic;
  readonly aspects: readonly Aspect[];
  /** Paragraphs of the page (differences.ts) on where netemu's default is not netem, by name. */
  readonly defaultDiffers: readonly string[];
  /** The same of `compat netem`. */
  readonly compatDiffers: readonly string[];
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
/** Frames of 102 to 1,442 bytes: 6.9 Mbit/s on average, with what cells add. */
const MIXED: Traffic = {
  ...STEADY,
  share: 0.25,
  perSecond: 950,
  spacing: 'poisson',
  bytesMin: 60,
  bytesMax: 1_400,
};

/** `netem` counts Ethernet's 14 bytes, netemu IP packets; the rules say `overhead 14` for it. */
export const CASES: readonly Case[] = [
  same('none', null, null, CALM, ['delay']),
  same('delay 10ms', 'delay 10ms', 'delay 10ms', CALM, ['delay', 'reordering']),

  same('loss 1%', 'loss 1%', 'loss 1%', STEADY, ['loss', 'bursts']),
  same('loss 10%', 'loss 10%', 'loss 10%', STEADY, ['loss', 'bursts']),
  correlated('loss 10% 25%', 'loss 10% corr 25%', ['loss', 'bursts']),
  correlated('loss 20% 75%', 'loss 20% corr 75%', ['loss', 'bursts']),
  correlated('loss 30% 50%', 'loss 30% corr 50%', ['loss', 'bursts']),
  chain('loss gemodel 1% 10%'),
  chain('loss gemodel 5% 25%'),
  chain('loss gemodel 10% 30%'),
  chain('loss gemodel 1% 10% 70% 0.1%'),
  chain('loss state 1% 10% 70% 50% 0.5%'),

  same('duplicate 1%', 'duplicate 1%', 'duplicate 1%', STEADY, ['duplicates']),
  correlated('duplicate 10% 25%', 'duplicate 10% corr 25%', ['duplicates']),
  {
    ...same(
      'loss 10% duplicate 10%',
      'loss 10% duplicate 10%',
      'loss 10% duplicate 10%',
      STEADY,
      ['loss', 'duplicates'],
    ),
    defaultDiffers: ['duplicate-and-loss'],
    compatDiffers: ['duplicate-and-loss'],
  },
  {
    ...same('corrupt 1%', 'corrupt 1%', 'corrupt 1%', STEADY, ['corruption', 'loss']),
    defaultDiffers: ['corrupt-where'],
  },
  correlated('corrupt 10% 25%', 'corrupt 10% corr 25%', ['corruption']),

  jitter('delay 50ms 10ms', 'delay 50ms jitter 10ms unordered'),
  jitter('delay 50ms 10ms distribution normal', 'delay 50ms jitter 10ms normal unordered'),
  jitter('delay 50ms 10ms distribution pareto', 'delay 50ms jitter 10ms pareto unordered'),
  jitter(
    'delay 50ms 10ms distribution paretonormal',
    'delay 50ms jitter 10ms paretonormal unordered',
  ),
  {
    ...jitter('delay 50ms 10ms 75%', 'delay 50ms jitter 10ms corr 75% unordered'),
    defaultDiffers: ['jitter-correlation'],
  },
  {
    ...jitter('delay 50ms 10ms', 'delay 50ms jitter 10ms'),
    name: 'delay 50ms 10ms (in order)',
    defaultDiffers: ['jitter-order'],
  },

  reorder('delay 10ms reorder 25%', 'delay 10ms reorder 25%'),
  {
    ...reorder('delay 10ms reorder 25% 50%', 'delay 10ms reorder 25% corr 50%'),
    defaultDiffers: ['correlation'],
  },
  reorder('delay 10ms reorder 100% gap 5', 'delay 10ms reorder 100% gap 5'),
  reorder('delay 10ms reorder 50% gap 3', 'delay 10ms reorder 50% gap 3'),

  same('rate 1mbit', 'rate 1mbit', 'rate 1mbit overhead 14 queue unlimited', OVERLOAD, [
    'rate',
    'delay',
  ]),
  same(
    'rate 10mbit 8 48 5',
    'rate 10mbit 8 48 5',
    'rate 10mbit overhead 22 cell 48 5 queue unlimited',
    MIXED,
    ['rate', 'delay'],
  ),
  {
    ...same(
      'delay 20ms 5ms rate 10mbit',
      'delay 20ms 5ms rate 10mbit',
      'rate 10mbit overhead 14 queue unlimited delay 20ms jitter 5ms',
      MIXED,
      ['delay', 'reordering'],
    ),
    defaultDiffers: ['rate-and-jitter'],
  },

  same('slot 20ms', 'slot 20ms', 'slot 20ms', CALM, ['delay', 'reordering']),
  same('slot 10ms 30ms', 'slot 10ms 30ms', 'slot 10ms 30ms', CALM, ['delay', 'reordering']),
  same('slot 20ms packets 40', 'slot 20ms packets 40', 'slot 20ms packets 40', {
    ...CALM,
    perSecond: 1_800,
    share: 0.5,
  }, ['delay', 'reordering']),
  same(
    'slot distribution normal 20ms 4ms',
    'slot distribution normal 20ms 4ms',
    'slot distribution normal 20ms 4ms',
    CALM,
    ['delay', 'reordering'],
  ),
];

/** One where both modes do what netem does. */
function same(
  name: string,
  netem: string | null,
  rule: string | null,
  traffic: Traffic,
  aspects: readonly Aspect[],
): Case {
  return { name, netem, rule, traffic, aspects, defaultDiffers: [], compatDiffers: [] };
}

function chain(netem: string): Case {
  return same(netem, netem, netem, STEADY, ['loss', 'bursts']);
}

function correlated(netem: string, rule: string, aspects: readonly Aspect[]): Case {
  return { ...same(netem, netem, rule, STEADY, aspects), defaultDiffers: ['correlation'] };
}

function jitter(netem: string, rule: string): Case {
  return same(netem, netem, rule, CALM, ['delay', 'delayMemory', 'reordering']);
}

function reorder(netem: string, rule: string): Case {
  return same(netem, netem, rule, CALM, ['atOnce', 'reordering']);
}

/** A name for files: `delay-50ms-10ms`. */
export function fileNameOf({ name }: Case): string {
  return name.replace(/[^\w.]+/g, '-').replace(/-$/, '');
}
