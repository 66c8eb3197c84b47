import { expect, test } from 'vitest';
import { tlsFailureOf } from '../../../src/gradient/probe/http-failure.js';
import { socketFailureOf } from '../../../src/gradient/probe/socket-failure.js';

const error = (message: string, more: object) => Object.assign(new Error(message), more);

test.each([
  ['connect ECONNREFUSED 127.0.0.1:1', 'ECONNREFUSED', 'refused'],
  ['write EPIPE', 'EPIPE', 'reset'],
  ['read ETIMEDOUT', 'ETIMEDOUT', 'timeout'],
  ['connect EHOSTUNREACH fd00::1:1', 'EHOSTUNREACH', 'unreachable'],
  ['read EIO', 'EIO', 'EIO'],
])('%s', (message, code, expected) => {
  expect(socketFailureOf(error(message, { code }))).toBe(expected);
});

test('without a code the message is the reason', () => {
  expect(socketFailureOf(new Error('out of luck'))).toBe('out of luck');
});

test.each([
  [{ code: 'ECONNRESET' }, 'closed early'],
  [{ code: 'ECONNRESET', syscall: 'read' }, 'reset'],
  [{ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'tls certificate for another name'],
  [
    { code: 'ERR_SSL_X', reason: 'tlsv1 alert protocol version' },
    'tls tlsv1 alert protocol version',
  ],
  [{ code: 'CERT_HAS_EXPIRED' }, 'tls certificate has expired'],
])('of TLS: %o', (more, expected) => {
  expect(tlsFailureOf(error('certificate has expired; for good', more))).toBe(expected);
});
