/**
 * What is to be asked, as the user has written it: `--probe URL`, by its scheme, or `-- CMD`. And the match
 * of the traffic that comes of it, for when no rule says which traffic is meant.
 */
import { isIP } from 'node:net';
import { usageError } from '../../errors.js';
import { didYouMean } from '../../rules/suggest.js';
import { dnsRequest } from './dns-settings.js';
import { httpRequest } from './http-settings.js';
import type { Pairing } from './pairing.js';
import type { ProbeRequest } from './probe.js';
import { endOf } from './query.js';
import { quicRequest } from './quic-settings.js';
import { tcpRequest } from './tcp-settings.js';

interface Scheme {
  readonly example: string;
  /** Where a URL names none; null: it must. */
  readonly port: number | null;
  readonly request: (url: string, parsed: URL) => ProbeRequest;
}

const SCHEMES: ReadonlyMap<string, Scheme> = new Map([
  ['dns', { example: 'dns://192.0.2.1/example.com', port: 53, request: dnsRequest }],
  ['quic', { example: 'quic://192.0.2.1:4433', port: 443, request: quicRequest }],
  ['tcp', { example: 'tcp://192.0.2.1:80', port: null, request: tcpRequest }],
  ['http', { example: 'http://192.0.2.1/', port: 80, request: httpRequest }],
  ['https', { example: 'https://example.com/', port: 443, request: httpRequest }],
]);

/** What others call them. */
const MEANT: Readonly<Record<string, string>> = { h3: 'quic', http3: 'quic', h2: 'https' };

/** Errors: E_PROBE. */
export function readProbe(url: string): ProbeRequest {
  const name = /^([a-z][a-z\d+.-]*):\/\//i.exec(url)?.[1].toLowerCase();
  if (name === undefined) throw noUrl(url);
  const scheme = SCHEMES.get(name);
  if (scheme === undefined) {
    const known = [...SCHEMES.keys()];
    const meant = Object.hasOwn(MEANT, name) ? MEANT[name] : undefined;
    const hint = meant === undefined ? didYouMean(name, known) : `, did you mean ${meant}?`;
    throw usageError('E_PROBE', `--probe ${url}: there is no probe "${name}"${hint}`, examples());
  }
  if (!URL.canParse(url)) {
    throw usageError(
      'E_PROBE',
      `--probe ${url}: this is no URL, or its server or port cannot be`,
      `such as --probe ${scheme.example}`,
    );
  }
  return scheme.request(url, new URL(url));
}

/** `timeoutMs` 0: none. */
export function commandRequest(argv: readonly string[], timeoutMs: number): ProbeRequest {
  const text = argv.map(shellWord).join(' ');
  // What a command sends, nobody knows.
  const pairing: Pairing = 'loose';
  return { kind: 'command', text, settings: { timeoutMs, pairing }, argv };
}

/** The match of the probe's traffic, such as `udp:53@192.0.2.1`; null for commands. */
export function serverMatch({ kind, text, settings }: ProbeRequest): string | null {
  if (kind === 'command') return null;
  const parsed = new URL(text);
  const scheme = SCHEMES.get(parsed.protocol.slice(0, -1));
  const { host, port } = endOf(text, parsed, scheme?.port ?? null);
  const isTcp = kind === 'tcp' || kind === 'http' || settings.transport === 'tcp';
  // A name may lead to several addresses, and to others tomorrow.
  const address = isIP(host) === 0 ? '' : `@${host}`;
  return `${isTcp ? 'tcp' : 'udp'}:${port}${address}`;
}

/** `8.8.8.8`, `example.com:80`, `dns:192.0.2.1`. */
function noUrl(text: string) {
  const [, name = ''] = /^([a-z]+):/i.exec(text) ?? [];
  const rest = text.slice(name.length + 1);
  const isScheme = SCHEMES.has(name.toLowerCase()) && rest !== '';
  const meant = `${name.toLowerCase()}://${rest.replace(/^\/+/, '')}`;
  const hint = isScheme ? `, did you mean ${meant}?` : '';
  return usageError('E_PROBE', `--probe ${text}: this is no URL${hint}`, examples());
}

function examples(): string {
  const all = [...SCHEMES.values()].map(({ example }) => example);
  return `a probe is one of ${all.join(', ')}, or a command behind --`;
}

/** So that a shell would read the same, and people see where an argument ends. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
