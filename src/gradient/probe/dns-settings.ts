/**
 * Reads `dns://SERVER[:PORT]/NAME?type=A&timeout=5s&attempts=2&rate=100&retry=glibc&transport=udp`. Timeout
 * and attempts mean what they mean to the resolver that `retry` names, and are its own where not given.
 */
import { usageError } from '../../errors.js';
import type { Pairing } from './pairing.js';
import type { ProbeRequest } from './probe.js';
import { endOf, Query } from './query.js';

const DNS_RETRIES = ['glibc', 'musl', 'dig', 'single'] as const;
export type DnsRetryName = (typeof DNS_RETRIES)[number];

/** Those whose records the library knows; dns-packet has no SVCB and HTTPS. */
const TYPES = [
  ...[
    'A',
    'AAAA',
    'CAA',
    'CNAME',
    'DNAME',
    'DNSKEY',
    'DS',
    'HINFO',
    'MX',
    'NAPTR',
    'NS',
    'NSEC',
    'NSEC3',
  ],
  ...['NULL', 'PTR', 'RP', 'RRSIG', 'SOA', 'SRV', 'SSHFP', 'TLSA', 'TXT'],
] as const;
export type DnsType = (typeof TYPES)[number];

/** As a stub resolver asks for the addresses of a name: both at once, from one socket. */
const BOTH = 'A+AAAA';

/** resolv.conf(5); musl's timeout is for all tries together; dig(1). */
const DEFAULTS: Readonly<Record<DnsRetryName, { timeoutMs: number; attempts: number }>> = {
  glibc: { timeoutMs: 5_000, attempts: 2 },
  musl: { timeoutMs: 5_000, attempts: 2 },
  dig: { timeoutMs: 5_000, attempts: 3 },
  single: { timeoutMs: 5_000, attempts: 1 },
};

const PORT = 53;
const TIMEOUT_MAX_MS = 60_000;
const ATTEMPTS_MAX = 30;
const RATE = 100;
const RATE_MAX = 5_000;

/** What becomes a label of its own in each sample. */
const PLACEHOLDER = /\{\}|\*/;
const LABEL = /^[\w!#$%&+=@~-]{1,63}$/;
const NAME_MAX = 253;

export interface DnsSettings {
  /** Name or address. */
  readonly server: string;
  readonly port: number;
  /** With `{}` where a fresh label goes. */
  readonly name: string;
  readonly type: DnsType | typeof BOTH;
  readonly retry: DnsRetryName;
  readonly transport: 'udp' | 'tcp';
  readonly timeoutMs: number;
  readonly attempts: number;
  /** Lookups begun per second. */
  readonly rate: number;
  /** Queries of a lookup: 2 with A+AAAA. */
  readonly pairs: number;
  /** A lookup is one flow, whatever is lost. */
  readonly pairing: Pairing;
  /** In all fresh labels of a run: a resolver may still know those of the run before. Null: no `{}`. */
  readonly tag: string | null;
}

/** `makeTag` is given by tests only. */
export function dnsRequest(url: string, parsed: URL, makeTag = timeTag): ProbeRequest {
  const { host: server, port } = endOf(url, parsed, PORT);
  const name = nameOf(url, parsed);
  // "+" is a space in a query, and `type=A,AAAA` is meant alike.
  const query = new Query(url, parsed.search.slice(1));
  const type = typeOf(url, query.text('type') ?? 'A');
  const retry = query.word('retry', DNS_RETRIES, 'glibc');
  const transport = query.word('transport', ['udp', 'tcp'], 'udp');
  const unless = DEFAULTS[retry];
  const timeoutMs = query.durationMs('timeout', TIMEOUT_MAX_MS, unless.timeoutMs);
  const isOnce = transport === 'tcp' || retry === 'single';
  const attempts = query.count('attempts', 1, ATTEMPTS_MAX, isOnce ? 1 : unless.attempts);
  const rate = query.number('rate', RATE_MAX, RATE);
  query.end();
  if (isOnce && attempts > 1) {
    const why = retry === 'single' ? 'retry=single asks once' : 'over TCP a lookup is tried once';
    throw usageError('E_PROBE', `--probe ${url}: ${why}`, 'leave attempts= out');
  }
  if (retry === 'dig' && type === BOTH) {
    const mend = 'retry=glibc or retry=musl, or two ladders, of type=A and type=AAAA';
    throw usageError('E_PROBE', `--probe ${url}: dig asks for one type at a time`, mend);
  }
  const settings: DnsSettings = {
    server,
    port,
    name,
    type,
    retry,
    transport,
    timeoutMs,
    attempts,
    rate,
    pairs: type === BOTH ? 2 : 1,
    pairing: pairingOf({ transport, retry, attempts, type }),
    tag: name.includes('{}') ? makeTag() : null,
  };
  return { kind: 'dns', text: url, settings: { ...settings }, argv: [] };
}

/**
 * Where what is lost has a lookup go on from a further port, that is a further flow. dig's tries each have
 * theirs; glibc's come to that when of A and AAAA again one is missing. A connection is one flow.
 */
function pairingOf({
  transport,
  retry,
  attempts,
  type,
}: Pick<DnsSettings, 'transport' | 'retry' | 'attempts' | 'type'>): Pairing {
  if (transport === 'tcp') return 'exact';
  const movesOn = retry === 'dig' ? attempts > 1 : retry === 'glibc' && type === BOTH;
  return movesOn ? 'loose' : 'exact';
}

/** The types of a lookup's queries, in the order in which they are sent. */
export function typesOf({ type }: DnsSettings): readonly DnsType[] {
  return type === BOTH ? ['A', 'AAAA'] : [type];
}

/**
 * The name that a sample asks for; `{}` becomes `s<index>-r<round>-<step>-<tag>`. Steps have different names,
 * or the resolver would answer the second step out of the cache that the first has filled.
 */
export function freshName(
  { name, tag }: DnsSettings,
  { step, round }: { readonly step: number; readonly round: number },
  index: number,
): string {
  if (tag === null) return name;
  return name.replace('{}', `s${index}-${round < 0 ? 'warmup' : `r${round}`}-${step}-${tag}`);
}

function nameOf(url: string, parsed: URL): string {
  const mend = `such as dns://${parsed.host}/example.com`;
  const no = (what: string) => usageError('E_PROBE', `--probe ${url}: ${what}`, mend);
  let path: string;
  try {
    path = decodeURIComponent(parsed.pathname);
  } catch {
    throw no('a "%" in the name is not followed by two hexadecimal digits');
  }
  const name = path.replace(/^\//, '').replace(/\.$/, '').replace(PLACEHOLDER, '{}');
  if (name === '') throw no('it does not say which name to ask for');
  const longest = name.replace('{}', 's9999999-r9999-999-abcdefgh');
  if (longest.length <= NAME_MAX && longest.split('.').every((label) => LABEL.test(label))) {
    return name;
  }
  throw no(`"${name}" cannot be the name of a host`);
}

function typeOf(url: string, text: string): DnsSettings['type'] {
  const wanted = text.toUpperCase().split(/[ +,]+/);
  if (wanted.length === 2 && wanted.includes('A') && wanted.includes('AAAA')) return BOTH;
  const found = TYPES.find((type) => wanted.length === 1 && type === wanted[0]);
  if (found !== undefined) return found;
  const mend = `type=${BOTH}, or one of ${TYPES.join(', ')}`;
  throw usageError('E_PROBE', `--probe ${url}: there is no type=${text}`, mend);
}

/** Eight letters and digits that do not come again. */
function timeTag(): string {
  return Date.now().toString(36);
}
