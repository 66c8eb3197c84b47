/** What node says of a request that failed, or its TLS handshake, in the few words that reports count by. */
import { socketFailureOf } from './socket-failure.js';

/** Node's own words for a peer that ends a connection before its time come under the code of a reset. */
function isEarlyEnd({ code, syscall }: NodeJS.ErrnoException): boolean {
  return code === 'ECONNRESET' && syscall === undefined;
}

/** Before there was an answer, or after its head (`isAnswered`). */
export function httpFailureOf(error: NodeJS.ErrnoException, isAnswered: boolean): string {
  // The parser (llhttp) refused what came.
  if (error.code?.startsWith('HPE_')) {
    if (error.code === 'HPE_INVALID_EOF_STATE') return isAnswered ? 'cut short' : 'closed early';
    return 'not HTTP';
  }
  if (isEarlyEnd(error)) return isAnswered ? 'cut short' : 'closed early';
  return socketFailureOf(error);
}

export function tlsFailureOf(error: NodeJS.ErrnoException & { reason?: string }): string {
  if (isEarlyEnd(error)) return 'closed early';
  if (error.syscall !== undefined) return socketFailureOf(error);
  // The only message about certificates that names names.
  if (error.code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'tls certificate for another name';
  // OpenSSL's reason, such as `wrong version number`, or node's sentence: `certificate has expired`.
  return `tls ${(error.reason ?? error.message).split(/[\n;:]/)[0]!.trim()}`;
}
