/** What expectations are asked about in tests. */
import type { ProbeKind, ProbeSettings } from '../../../src/gradient/probe/probe.js';
import {
  type Baseline,
  type Expectation,
  expectations,
} from '../../../src/gradient/theory/expectations.js';
import { parseRule } from '../../../src/rules/parse.js';

export const DNS: ProbeSettings = {
  server: '192.0.2.1',
  port: 53,
  name: 'example.com',
  type: 'A',
  retry: 'glibc',
  transport: 'udp',
  timeoutMs: 5_000,
  attempts: 2,
  rate: 100,
  pairs: 1,
};

export const TCP: ProbeSettings = {
  host: '192.0.2.1',
  port: 80,
  timeoutMs: 5_000,
  rate: 10,
  bytes: 0,
  upload: 'none',
  sendBytes: 0,
  receiveBytes: 0,
  synLinear: 0,
};

export const QUIC: ProbeSettings = {
  host: '192.0.2.1',
  port: 443,
  timeoutMs: 10_000,
  rate: 10,
  bytes: 0,
  initialRttMs: 333,
};

export const TEN_MS: Baseline = { meanMs: 10, sdMs: 1, count: 1_000 };

export function expected(
  kind: ProbeKind,
  settings: ProbeSettings,
  rule: string,
  baseline: Baseline | null = TEN_MS,
  base = rule,
): Record<string, Expectation> {
  const [parsed, baseRule] = [rule, base].map((text) => parseRule(text));
  return expectations({ kind, settings, rule: parsed!, baseRule: baseRule!, baseline });
}

export function probabilityOf(expectation: Expectation | undefined): number {
  return expectation?.kind === 'share' ? expectation.probability : Number.NaN;
}

export function meanOf(expectation: Expectation | undefined): number {
  return expectation?.kind === 'mean' ? expectation.mean : Number.NaN;
}
