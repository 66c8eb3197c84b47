/** What node says of a socket that failed, TCP or UDP, in the few words that reports count by. */

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  // Written to after the reset had come.
  EPIPE: 'reset',
  // The kernel gave up: it has tried often enough.
  ETIMEDOUT: 'timeout',
  ENETUNREACH: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  // All ports were tried: the namespace has no source address for it.
  EADDRNOTAVAIL: 'no local address',
  EADDRINUSE: 'no local port',
  EACCES: 'not permitted',
  EPERM: 'not permitted',
  EMFILE: 'no descriptor',
};

export function socketFailureOf(error: NodeJS.ErrnoException): string {
  const code = error.code ?? '';
  return REASONS[code] ?? (code === '' ? error.message : code);
}
