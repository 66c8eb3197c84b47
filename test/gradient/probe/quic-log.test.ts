/** The log of gtlsclient 0.12.1, in real lines, whole and damaged. */

import seedrandom from 'seedrandom';
import { describe, expect, test } from 'vitest';
import { QuicLog } from '../../../src/gradient/probe/quic-log.js';

const ID = '0x900d5fde8550a00731d186ff101f229168';
const DATAGRAM = 'local=[127.0.0.1]:37697 remote=[127.0.0.1]:14433 ecn=0x2';

const BEGIN = `
I00000000 ${ID} pkt tx pkn=0 dcid=0xc93bea06f2affc8080402d83044fb1fe89a4 scid=${ID} version=0x00000001 type=Initial len=0
I00000000 ${ID} frm tx 0 Initial CRYPTO(0x06) offset=0 len=371
I00000000 ${ID} rcv loss_detection_timer=46340191112215 timeout=999
Sent packet: ${DATAGRAM} 1200 bytes
Set timer=0.021614s`;

const TWO_PTOS = `
I00001000 ${ID} rcv loss detection timer fired
I00001000 ${ID} rcv pto_count=1
Sent packet: ${DATAGRAM} 1200 bytes
I00003001 ${ID} rcv loss detection timer fired
I00003001 ${ID} rcv pto_count=2
Sent packet: ${DATAGRAM} 1200 bytes`;

const COMPLETED = (ms: string) => `
Received packet: ${DATAGRAM} 1200 bytes
I${ms}1 ${ID} frm rx 0 Handshake CRYPTO(0x06) offset=0 len=674
I${ms}1 ${ID} rcv latest_rtt=21 min_rtt=21 smoothed_rtt=20 rttvar=10 ack_delay=0
QUIC handshake has completed
Negotiated ALPN is h3
I${ms}2 ${ID} rcv loss detection timer fired
I${ms}2 ${ID} rcv pto_count=1
I${ms}3 ${ID} rcv pto_count=2
I${ms}4 ${ID} frm tx 1 Handshake CRYPTO(0x06) offset=0 len=36
Sent packet: ${DATAGRAM} 457 bytes`;

const CONFIRMED = `
Received packet: ${DATAGRAM} 638 bytes
I00000024 ${ID} frm rx 2 1RTT HANDSHAKE_DONE(0x1e)
QUIC handshake has been confirmed`;

const UPLOADED = `
I00000023 ${ID} frm tx 0 1RTT STREAM(0x0a) id=0x2 fin=0 offset=0 len=18 uni=1
I00000023 ${ID} frm tx 0 1RTT STREAM(0x0a) id=0x0 fin=0 offset=0 len=760 uni=0
I00000080 ${ID} frm tx 913 1RTT STREAM(0x0f) id=0x0 fin=1 offset=1047942 len=664 uni=0
I00000081 ${ID} rcv pto_count=1
I00000083 ${ID} frm rx 96 1RTT STREAM(0x0b) id=0x0 fin=1 offset=0 len=18 uni=0
http: stream 0x0 response headers started
http: stream 0x0 [:status: 200]
http: stream 0x0 [content-length: 6]
HTTP stream 0 closed with error code 256`;

const TIMEOUT = `
ngtcp2_conn_handle_expiry: ERR_HANDSHAKE_TIMEOUT
I00004002 ${ID} frm tx 3 Initial CONNECTION_CLOSE(0x1c) error_code=PROTOCOL_VIOLATION(0xa) frame_type=0 reason_len=0 reason=[]`;

function linesOf(...texts: string[]): string[] {
  return texts.flatMap((text) => text.trim().split('\n'));
}

/** By a reader that is 1000.25 ms late, and exact. */
function read(lines: readonly string[]): QuicLog {
  const log = new QuicLog();
  let ms = 0;
  for (const line of lines) {
    ms = Number(/^I(\d{8})/.exec(line)?.[1] ?? ms);
    log.add(line, 1000.25 + ms * 1.01);
  }
  return log;
}

const close = (name: string) =>
  `I00000004 ${ID} frm rx 0 Initial CONNECTION_CLOSE(0x1c) error_code=${name} frame_type=0 reason_len=0 reason=[]`;

describe('a handshake', () => {
  test('at once: its time is between the milliseconds of the log', () => {
    const log = read(linesOf(BEGIN, COMPLETED('0000002')));
    expect(log.hasSent).toBe(true);
    expect(log.handshakeMs).toBeCloseTo(21 * 1.01, 9);
    expect(log).toMatchObject({ handshakePtos: 0, ptos: 0, isConfirmed: false, reason: null });
    expect(log).toMatchObject({ received: 1, smoothedRttMs: 20, transferMs: null });
    expect(read(linesOf(BEGIN, COMPLETED('0000002'), CONFIRMED)).isConfirmed).toBe(true);
  });

  test('after two probe timeouts; those that follow while nothing is sent do not count', () => {
    const log = read(linesOf(BEGIN, TWO_PTOS, COMPLETED('0000302')));
    expect(log).toMatchObject({ handshakePtos: 2, ptos: 2 });
    expect(log.handshakeMs).toBe(3022);
  });

  test('read late: the log’s milliseconds hold', () => {
    const log = new QuicLog();
    for (const line of linesOf(BEGIN)) log.add(line, 5);
    for (const line of linesOf(COMPLETED('0000002'))) log.add(line, 500);
    expect(log.handshakeMs).toBe(22);
    const early = new QuicLog();
    for (const line of linesOf(BEGIN, COMPLETED('0000002'))) early.add(line, 5);
    expect(early.handshakeMs).toBe(20);
  });
});

describe('no handshake', () => {
  test.each([
    [TIMEOUT, 'timeout'],
    [close('CONNECTION_REFUSED(0x2)'), 'refused'],
    [`${close('CRYPTO_ERROR(0x128)')}\nngtcp2_conn_read_pkt: ERR_DRAINING`, 'error 0x128'],
    ['ngtcp2_conn_read_pkt: ERR_RECV_VERSION_NEGOTIATION', 'ERR_RECV_VERSION_NEGOTIATION'],
    ['getaddrinfo: Name or service not known', 'no such name'],
    ['netlink: Network is unreachable\nCould not get local address', 'unreachable'],
    ['', null],
  ])('%#: %j', (text, reason) => {
    const log = read(linesOf(BEGIN, text));
    expect(log).toMatchObject({ reason, handshakeMs: null, isConfirmed: false });
  });
});

describe('a transfer', () => {
  const begin = linesOf(BEGIN, COMPLETED('0000002'), CONFIRMED);

  test('an upload: all of it, in the time from the request to the end', () => {
    const log = read([...begin, ...linesOf(UPLOADED)]);
    expect(log).toMatchObject({ isClosed: true, status: 200, ptos: 1, handshakePtos: 0 });
    expect(log.transferMs).toBeCloseTo(60 * 1.01, 9);
    expect(log.hasUploaded(1_048_576)).toBe(true);
    expect(log.hasUploaded(1_048_607)).toBe(false);
    expect(log.downloaded).toBe(6);
  });

  test('a download without a length counts what came in the stream', () => {
    const lines = linesOf(UPLOADED).filter((line) => !line.includes('content-length'));
    expect(read([...begin, ...lines]).downloaded).toBe(18);
  });

  test.each([
    ['not to its end', (line: string) => !line.startsWith('HTTP stream')],
    ['without a head', (line: string) => !line.includes(':status')],
  ])('%s', (_, keeps) => {
    const log = read([...begin, ...linesOf(UPLOADED).filter(keeps)]);
    expect(log.hasUploaded(1)).toBe(false);
    expect(log.downloaded).toBe(null);
  });

  test.each([
    ['error code 256', 'error code 258'],
    [':status: 200', ':status: 404'],
  ])('%s, but %s', (good, bad) => {
    const log = read([...begin, ...linesOf(UPLOADED.replace(good, bad))]);
    expect(log.isClosed).toBe(true);
    expect(log.hasUploaded(1)).toBe(false);
    expect(log.downloaded).toBe(null);
  });
});

test('of damaged lines and lines that say nothing no number comes', () => {
  const random = seedrandom('quic-log');
  const lines = linesOf(BEGIN, TWO_PTOS, COMPLETED('0000302'), CONFIRMED, UPLOADED, TIMEOUT);
  for (let i = 0; i < 2_000; i++) {
    const log = new QuicLog();
    for (const line of lines) {
      const at = Math.floor(random() * line.length);
      const kind = Math.floor(random() * 8);
      if (kind === 0) log.add(line.slice(0, at), i);
      else if (kind === 1) log.add(line.slice(at), i);
      else if (kind === 2) log.add(`${line.slice(0, at)}\0é${line.slice(at + 1)}`, i);
      else log.add(line, i);
    }
    for (const ms of [log.handshakeMs, log.transferMs]) {
      expect(ms === null || (Number.isFinite(ms) && ms >= 0)).toBe(true);
    }
    expect(log.ptos).toBeLessThanOrEqual(5);
    expect(Number.isFinite(log.smoothedRttMs)).toBe(true);
    expect(Number.isFinite(log.downloaded ?? 0)).toBe(true);
  }
});
