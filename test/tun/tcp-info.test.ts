/** TCP_INFO through a socket's descriptor, beside what `ss` says of the same connection. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { tcpInfo } from '../../src/tun/tcp-info.js';
import { destroyByReset } from '../../src/tun/tcp-reset.js';
import { TcpClient, tcpServer, until } from '../far/peers.js';

/** `rtt:0.034/0.02 cwnd:10 …` of the only connection from this port. */
function shownBySs(port: number): Map<string, string> {
  const filter = ['-tiHn', 'state', 'established', `sport = :${port}`];
  const text = execFileSync('ss', filter, { encoding: 'utf8', timeout: 20_000 });
  const pairs = text.matchAll(/(?<=\s)([a-z_]+):([\d./]+)(?=\s)/g);
  return new Map([...pairs].map(([, name, value]) => [name!, value!]));
}

test.each(['127.0.0.1', '::1'])('agrees with ss (%s)', async (host) => {
  const server = await tcpServer(
    (socket) => socket.on('data', () => socket.write('x'.repeat(999))),
    host,
  );
  const client = new TcpClient(server, host);
  client.socket.write('y'.repeat(100_000));
  await client.gets(999);
  let seen = tcpInfo(client.socket)!;
  let shown = new Map<string, string>();
  // Until the connection has come to rest, so that both look at the same.
  await until(() => {
    seen = tcpInfo(client.socket)!;
    shown = shownBySs(client.socket.localPort!);
    return shown.get('bytes_received') === `${seen.bytesReceived}` && seen.unacked === 0;
  });
  const [rtt, rttvar] = shown.get('rtt')!.split('/').map(Number);
  expect(seen).toMatchObject({
    state: 1,
    rttMs: rtt,
    rttvarMs: rttvar,
    mss: Number(shown.get('mss')),
    cwndPackets: Number(shown.get('cwnd')),
    cwndBytes: Number(shown.get('mss')) * Number(shown.get('cwnd')),
    bytesAcked: Number(shown.get('bytes_acked')),
    segmentsOut: Number(shown.get('segs_out')),
    lost: Number(shown.get('lost') ?? 0),
    bytesRetransmitted: Number(shown.get('bytes_retrans') ?? 0),
    outOfOrder: Number(shown.get('rcv_ooopack') ?? 0),
  });
  // A busy machine's loopback has retransmissions (tail loss probes); ss does not show what is 0.
  const retransmitted = `${seen.retransmitted}/${seen.retransmittedTotal}`;
  expect(retransmitted).toBe(shown.get('retrans') ?? '0/0');
  // ss rounds it to whole milliseconds, towards 0.
  expect(Math.floor(seen.rtoMs)).toBe(Number(shown.get('rto')));
  expect(seen.ssthreshPackets).toBe(shown.has('ssthresh') ? Number(shown.get('ssthresh')) : null);
  expect([seen.bytesAcked, (seen.bytesReceived ?? 0) >= 999]).toEqual([100_001, true]);
});

test('is null where there is no connection, or no more', async () => {
  const { socket } = new TcpClient(await tcpServer(() => {}));
  await once(socket, 'connect');
  expect(tcpInfo(socket)?.state).toBe(1);
  socket.destroy();
  expect(tcpInfo(socket)).toBeNull();
  expect(tcpInfo({} as Socket)).toBeNull();
  // A descriptor that is none of TCP's.
  expect(tcpInfo({ _handle: { fd: 0 } } as unknown as Socket)).toBeNull();
});

test('a reset ends a connection at the other end too, whatever is still to be sent', async () => {
  let server: Socket | null = null;
  const port = await tcpServer((socket) => {
    server = socket.pause();
  });
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.end(Buffer.alloc(20_000_000));
  await until(() => server !== null);
  destroyByReset(socket);
  await once(socket, 'close');
  // 7: closed; a FIN would have left it at 8, and waiting behind the bytes.
  await until(() => tcpInfo(server!)?.state !== 1);
  expect(tcpInfo(server!)?.state).toBe(7);
});

test('a reset may follow a FIN at once', async () => {
  // Node's own resetAndDestroy fails with EINVAL here, and never closes.
  const socket = connect(await tcpServer(() => {}), '127.0.0.1');
  await once(socket, 'connect');
  socket.end('x');
  destroyByReset(socket);
  await once(socket, 'close');
  expect(tcpInfo(socket)).toBeNull();
});

test('a reset of what is not connected sends nothing and does not wait', async () => {
  const socket = connect(await tcpServer(() => {}), '127.0.0.1');
  destroyByReset(socket);
  await once(socket, 'close');
  expect(socket.destroyed).toBe(true);
});
