/** The resolver that `retry=` names, as a machine that says when it asks again. */
import type { DnsRetry, DnsRetrySettings } from './dns-retry.js';
import { DigRetry } from './dns-retry-dig.js';
import { GlibcRetry } from './dns-retry-glibc.js';
import { MuslRetry } from './dns-retry-musl.js';

export function makeDnsRetry(settings: DnsRetrySettings): DnsRetry {
  if (settings.retry === 'glibc') return new GlibcRetry(settings);
  if (settings.retry === 'musl') return new MuslRetry(settings);
  return new DigRetry(settings);
}
