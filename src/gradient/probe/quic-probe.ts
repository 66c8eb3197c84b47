/**
 * The probe `quic://`: each sample is a handshake of ngtcp2's client, gtlsclient, over a connection of its
 * own, begun by the clock whatever became of those before, and with `bytes` a transfer after it.
 */
import { createSocket } from 'node:dgram';
import { isIP, isIPv6 } from 'node:net';
import { environmentError } from '../../errors.js';
import { findExecutable } from '../../host/executable.js';
import { runProgram } from '../../host/program.js';
import { paced } from './pacing.js';
import type { MakeProbe, SampleSink } from './probe.js';
import { quicMetrics } from './quic-metrics.js';
import { runQuicSample } from './quic-sample.js';
import type { QuicSettings } from './quic-settings.js';
import { Turns } from './quic-turns.js';
import { type ServerEnd, serverEndOf } from './server-end.js';

/** Of each segment: the uploads whose course is kept. */
const WATCHED = 5;

const OVERLAP =
  'transfers overlapped: they shared what limits the path (a lower rate= spaces them)';
const DECLINED =
  'the server ended transfers before they were complete: not every server takes an upload ' +
  '(transfer=download fetches a page of so many bytes)';
/** A wait that the reader of a report should know about. */
const WAIT_MS = 500;
const WAITED =
  'handshakes began late: each waits until the one before has sent, or one of many has ended ' +
  '(a lower rate= spaces them, concurrency= allows more at once)';

export const makeQuicProbe: MakeProbe = (request) => {
  const settings = request.settings as unknown as QuicSettings;
  // Of what it receives the client knows no congestion window.
  const isUpload = settings.bytes > 0 && settings.transfer === 'upload';
  let end: ServerEnd;
  return {
    metrics: quicMetrics(settings),
    async prepare() {
      const program = await clientProgram();
      end = await serverEndOf(request.text, settings.host, settings.port);
      return program;
    },
    async run(segment, sink, signal) {
      if (isIP(settings.host) === 0) sink.note(lookups(settings.host));
      const startMs = performance.now();
      const turns = new Turns(settings.concurrency);
      let isAnswered = false;
      let isSilent = false;
      const sample = async (index: number, dueMs: number, onSent: () => void) => {
        const atMs = performance.now() - startMs;
        if (atMs - dueMs > WAIT_MS) sink.note(WAITED);
        if (turns.running > 1 && settings.bytes > 0) sink.note(OVERLAP);
        const isWatched = isUpload && index < WATCHED;
        const outcome = await runQuicSample({ settings, index, isWatched, signal, onSent });
        if (outcome === null) return;
        isAnswered ||= outcome.isAnswered;
        if (outcome.isDeclined) sink.note(DECLINED);
        isSilent ||= outcome.failure === 'timeout';
        sink.add({ index, atMs, failure: outcome.failure, values: outcome.values });
        if (outcome.series !== null) sink.series(outcome.series);
      };
      const begin = (index: number, dueMs: number) => {
        turns.add((onSent) => sample(index, dueMs, onSent));
      };
      const drop = () => turns.drop();
      signal.addEventListener('abort', drop);
      await paced(segment, settings.rate, begin, sink, signal);
      await turns.none();
      signal.removeEventListener('abort', drop);
      if (isSilent && !isAnswered && !signal.aborted) await noteRefusal(settings.host, end, sink);
    },
    async close() {},
  };
};

/** Its version, where the package's manager knows it: the client does not tell, and its path. */
async function clientProgram(): Promise<string> {
  const path = findExecutable('gtlsclient');
  if (path === null) {
    const mend = 'sudo apt-get install ngtcp2-client';
    throw environmentError('E_PROGRAM', 'quic:// needs ngtcp2’s client, gtlsclient', mend);
  }
  const known = await runProgram('dpkg-query', ['-W', 'ngtcp2-client']).catch(() => '');
  const version = known.trim().split('\t')[1] ?? '';
  return ['gtlsclient', version, `(${path})`].filter((part) => part !== '').join(' ');
}

/** The name goes into the handshake, so gtlsclient needs it, and looks it up itself. */
function lookups(host: string): string {
  return `the client looks ${host} up for each handshake: with an address no DNS is between`;
}

/**
 * gtlsclient does not hear that nobody listens. One datagram tells, after all samples of a segment without
 * any answer, so that it is in nobody's way.
 */
async function noteRefusal(
  host: string,
  { address, port }: ServerEnd,
  sink: SampleSink,
): Promise<void> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  const isRefused = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), 300);
    socket.on('error', ({ message }) => {
      clearTimeout(timer);
      resolve(message.includes('ECONNREFUSED'));
    });
    socket.connect(port, address, () => socket.send(Buffer.of(0)));
  });
  socket.close();
  if (isRefused) sink.note(`nothing listens at ${host} port ${port} (ICMP port unreachable)`);
}
