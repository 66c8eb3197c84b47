/**
 * The resolvers' ways of asking again, second by second, against what they do in life: glibc 2.36 and dig
 * 9.18 were watched with such servers, musl by its source. No clock is needed.
 */
import { describe, expect, test } from 'vitest';
import { makeDnsRetry } from '../../../src/gradient/probe/dns-resolver.js';
import {
  type DnsNext,
  type DnsRetrySettings,
  firstWaitMs,
} from '../../../src/gradient/probe/dns-retry.js';

/** What comes back at a time: an answer to a query, a rejection, or an error of the socket. */
type Event = readonly [atMs: number, query: number | 'broken' | 'truncated', rejection?: string];

const GLIBC = { retry: 'glibc', timeoutMs: 5_000, attempts: 2, pairs: 1 } as const;
const PAIR = { ...GLIBC, pairs: 2 } as const;
const MUSL = { ...GLIBC, retry: 'musl' } as const;
const DIG = { ...GLIBC, retry: 'dig', attempts: 3 } as const;
const SINGLE = { ...GLIBC, retry: 'single', attempts: 1 } as const;

/** Runs one lookup to its end; each step as `ms what`. */
function lookup(settings: DnsRetrySettings, ...events: readonly Event[]): string[] {
  const retry = makeDnsRetry(settings);
  const steps: string[] = [];
  const coming = [...events];
  let untilMs = 0;
  let atMs = 0;
  let next: DnsNext = retry.begin(0);
  for (let turn = 0; turn < 100; turn++) {
    if (next.kind === 'send') {
      untilMs = next.untilMs;
      const how = `${next.isFresh ? ' fresh' : ''}${next.isTry ? '' : ' more'}`;
      steps.push(`${atMs} ask ${next.queries.join('+')}${how}`);
    } else if (next.kind === 'done') {
      steps.push(`${atMs} ${next.failure ?? (next.isPartial ? 'partial' : 'ok')}`);
    } else if (next.kind === 'tcp') steps.push(`${atMs} tcp`);
    if (next.kind === 'done' || next.kind === 'tcp') {
      expect(coming).toEqual([]);
      return steps;
    }
    const event = coming[0] !== undefined && coming[0][0] < untilMs ? coming.shift() : undefined;
    atMs = event?.[0] ?? untilMs;
    if (event === undefined) next = retry.expired(atMs);
    else if (event[1] === 'truncated') next = retry.truncated();
    else if (event[1] === 'broken') next = retry.broken(event[2] ?? 'refused', atMs);
    else next = retry.answered(event[1], event[2] ?? null, atMs);
  }
  throw new Error('it never ends');
}

describe('one query', () => {
  const first = '0 ask 0 fresh';
  test.each<[string, DnsRetrySettings, readonly Event[], readonly string[]]>([
    ['glibc, answered', GLIBC, [[3, 0]], [first, '3 ok']],
    ['glibc, silence', GLIBC, [], [first, '5000 ask 0', '10000 timeout']],
    ['glibc, a late answer', GLIBC, [[7_000, 0]], [first, '5000 ask 0', '7000 ok']],
    [
      'glibc, SERVFAIL and an answer',
      GLIBC,
      [
        [3, 0, 'servfail'],
        [6, 0],
      ],
      [first, '3 ask 0 fresh', '6 ok'],
    ],
    [
      'glibc, SERVFAIL',
      GLIBC,
      [
        [3, 0, 'servfail'],
        [6, 0, 'servfail'],
      ],
      [first, '3 ask 0 fresh', '6 servfail'],
    ],
    [
      'glibc, REFUSED, silence',
      GLIBC,
      [[3, 0, 'rcode refused']],
      [first, '3 ask 0 fresh', '5003 timeout'],
    ],
    ['glibc, FORMERR', GLIBC, [[3, 0, 'rcode formerr']], [first, '3 rcode formerr']],
    [
      'glibc, nobody listens',
      GLIBC,
      [
        [1, 'broken'],
        [2, 'broken'],
      ],
      [first, '1 ask 0 fresh', '2 refused'],
    ],
    ['glibc, dies half-way', GLIBC, [[5_001, 'broken']], [first, '5000 ask 0', '5001 refused']],
    ['glibc, TC', GLIBC, [[4, 'truncated']], [first, '4 tcp']],
    [
      'glibc, 3 x 1 s',
      { ...GLIBC, timeoutMs: 1_000, attempts: 3 },
      [],
      [first, '1000 ask 0', '2000 ask 0', '3000 timeout'],
    ],
    ['musl, answered', MUSL, [[3, 0]], [first, '3 ok']],
    ['musl, silence', MUSL, [], [first, '2500 ask 0', '5000 timeout']],
    [
      'musl, three tries',
      { ...MUSL, attempts: 3 },
      [],
      [first, '1666.67 ask 0', '3333.33 ask 0', '5000 timeout'],
    ],
    ['musl, a late answer', MUSL, [[2_600, 0]], [first, '2500 ask 0', '2600 ok']],
    [
      'musl, one SERVFAIL',
      MUSL,
      [
        [3, 0, 'servfail'],
        [6, 0],
      ],
      [first, '3 ask 0', '6 ok'],
    ],
    [
      'musl, SERVFAIL',
      MUSL,
      [1, 2, 3, 2_501, 2_502, 2_503].map((ms): Event => [ms, 0, 'servfail']),
      [first, '1 ask 0', '2 ask 0', '2500 ask 0', '2501 ask 0', '2502 ask 0', '5000 servfail'],
    ],
    ['musl, REFUSED', MUSL, [[3, 0, 'rcode refused']], [first, '2500 ask 0', '5000 timeout']],
    ['musl, TC', MUSL, [[4, 'truncated']], [first, '4 tcp']],
    ['dig, silence', DIG, [], [first, '5000 ask 0 fresh', '10000 ask 0 fresh', '15000 timeout']],
    [
      'dig, answered late in life',
      DIG,
      [[10_001, 0]],
      [first, '5000 ask 0 fresh', '10000 ask 0 fresh', '10001 ok'],
    ],
    ['dig, SERVFAIL', DIG, [[3, 0, 'servfail']], [first, '3 servfail']],
    [
      'dig, nobody listens',
      DIG,
      [
        [1, 'broken'],
        [2, 'broken'],
        [3, 'broken'],
      ],
      [first, '1 ask 0 fresh', '2 ask 0 fresh', '3 refused'],
    ],
    ['dig, TC', DIG, [[4, 'truncated']], [first, '4 tcp']],
    ['single, silence', SINGLE, [], [first, '5000 timeout']],
    ['single, nobody listens', SINGLE, [[1, 'broken']], [first, '1 refused']],
    ['single, SERVFAIL', SINGLE, [[3, 0, 'servfail']], [first, '3 servfail']],
  ])('%s', (_name, settings, events, steps) => {
    expect(lookup(settings, ...events).map(rounded)).toEqual(steps);
  });
});

describe('A and AAAA at once', () => {
  const both = '0 ask 0+1 fresh';
  const oneByOne = '5000 ask 0';
  test.each<[string, DnsRetrySettings, readonly Event[], readonly string[]]>([
    [
      'glibc, answered',
      PAIR,
      [
        [3, 1],
        [4, 0],
      ],
      [both, '4 ok'],
    ],
    ['glibc, silence', PAIR, [], [both, '5000 ask 0+1', '10000 timeout']],
    [
      'glibc, an answer twice',
      PAIR,
      [
        [3, 0],
        [4, 0],
        [5, 1],
      ],
      [both, '5 ok'],
    ],
    [
      'glibc, AAAA lost once',
      PAIR,
      [
        [3, 0],
        [5_003, 0],
        [5_006, 1],
      ],
      [both, oneByOne, '5003 ask 1 more', '5006 ok'],
    ],
    // As was seen of getent with a server without an answer for AAAA …
    [
      'glibc, AAAA always lost',
      PAIR,
      [
        [1, 0],
        [5_001, 0],
        [10_001, 0],
      ],
      [
        both,
        oneByOne,
        '5001 ask 1 more',
        '10000 ask 0 fresh',
        '10001 ask 1 fresh more',
        '15000 partial',
      ],
    ],
    // … and for A.
    ['glibc, A always lost', PAIR, [[1, 1]], [both, oneByOne, '10000 ask 0', '15000 timeout']],
    [
      'glibc, AAAA late',
      PAIR,
      [
        [1, 0],
        [5_050, 1],
        [5_060, 0],
      ],
      [both, oneByOne, '5050 ask 1 more', '5060 ok'],
    ],
    [
      'glibc, both SERVFAIL',
      PAIR,
      [
        [1, 0, 'servfail'],
        [2, 1, 'servfail'],
        [3, 0],
        [4, 1],
      ],
      [both, '2 ask 0+1', '4 ok'],
    ],
    [
      'glibc, AAAA SERVFAIL',
      PAIR,
      [
        [1, 0],
        [2, 1, 'servfail'],
      ],
      [both, '2 partial'],
    ],
    [
      'glibc, A SERVFAIL',
      PAIR,
      [
        [1, 0, 'servfail'],
        [2, 1],
      ],
      [both, '2 partial'],
    ],
    [
      'glibc, A SERVFAIL, AAAA lost',
      PAIR,
      [
        [1, 0, 'servfail'],
        [5_001, 0],
        [5_002, 1],
      ],
      [both, '5000 ask 0+1', '5002 ok'],
    ],
    [
      'glibc, nobody listens',
      PAIR,
      [
        [1, 'broken'],
        [2, 'broken'],
      ],
      [both, '1 ask 0+1 fresh', '2 refused'],
    ],
    [
      'musl, AAAA lost once',
      { ...MUSL, pairs: 2 },
      [
        [3, 0],
        [2_503, 1],
      ],
      [both, '2500 ask 1', '2503 ok'],
    ],
    [
      'musl, AAAA always lost',
      { ...MUSL, pairs: 2 },
      [[3, 0]],
      [both, '2500 ask 1', '5000 timeout'],
    ],
    [
      'musl, an answer twice',
      { ...MUSL, pairs: 2 },
      [
        [3, 0],
        [4, 0],
        [5, 1],
      ],
      [both, '5 ok'],
    ],
    ['single, AAAA lost', { ...SINGLE, pairs: 2 }, [[3, 0]], [both, '5000 timeout']],
    [
      'single, answered',
      { ...SINGLE, pairs: 2 },
      [
        [3, 1],
        [4, 1],
        [5, 0],
      ],
      [both, '5 ok'],
    ],
  ])('%s', (_name, settings, events, steps) => {
    expect(lookup(settings, ...events)).toEqual(steps);
  });
});

test('the first wait is a part of musl’s timeout, and that of the others', () => {
  expect([GLIBC, MUSL, DIG, SINGLE].map(firstWaitMs)).toEqual([5_000, 2_500, 5_000, 5_000]);
});

function rounded(step: string): string {
  return step.replace(/^\d+\.\d+/, (ms) => `${Number(Number(ms).toFixed(2))}`);
}
