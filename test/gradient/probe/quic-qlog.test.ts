/** The qlog of gtlsclient 0.12.1, in real records, whole and cut. */
import { expect, test } from 'vitest';
import { QuicQlog } from '../../../src/gradient/probe/quic-qlog.js';

const HEAD = `{"qlog_format":"JSON-SEQ","qlog_version":"0.3","trace":{"vantage_point":{"name":"ngtcp2","type":"client"}}}`;
const SENT = `{"time":0,"name":"transport:packet_sent","data":{"frames":[{"frame_type":"crypto","offset":0,"length":371},{"frame_type":"padding"}],"header":{"packet_type":"initial","packet_number":0},"raw":{"length":1200}}}`;
const GUESSED = `{"time":0,"name":"recovery:metrics_updated","data":{"smoothed_rtt":333,"latest_rtt":0,"rtt_variance":166,"pto_count":0,"congestion_window":14520,"bytes_in_flight":1200}}`;
const LOST = `{"time":24,"name":"recovery:packet_lost","data":{"header":{"packet_type":"1RTT","packet_number":5}}}`;

function measured(time: number, cwnd: number, rtt: number, inFlight: number): string {
  const data = `"min_rtt":1,"smoothed_rtt":${rtt},"latest_rtt":1,"rtt_variance":0,"pto_count":0`;
  const window = `"congestion_window":${cwnd},"bytes_in_flight":${inFlight},"ssthresh":62172`;
  return `{"time":${time},"name":"recovery:metrics_updated","data":{${data},${window}}}`;
}

function read(lines: readonly string[]): QuicQlog {
  const qlog = new QuicQlog();
  for (const line of lines) qlog.add(`\x1e${line}`);
  return qlog;
}

test('the last window and RTT, what was lost, and the course', () => {
  const course = [measured(1, 15720, 1, 0), measured(1, 15720, 1, 102), measured(24, 17823, 2, 0)];
  const qlog = read([HEAD, SENT, GUESSED, course[0], LOST, LOST, ...course.slice(1)]);
  expect(qlog).toMatchObject({ cwndBytes: 17823, rttMs: 2, lost: 2 });
  expect(qlog.series(7)).toEqual({
    index: 7,
    atMs: [0, 1, 24],
    columns: {
      cwndBytes: [14520, 15720, 17823],
      // What is guessed is no RTT.
      rttMs: [null, 1, 2],
      inFlightBytes: [1200, 102, 0],
    },
  });
});

test('a handshake that nobody answered, and an empty file', () => {
  const qlog = read([HEAD, SENT, GUESSED]);
  expect(qlog).toMatchObject({ cwndBytes: 14520, rttMs: null, lost: 0 });
  expect(qlog.series(0)).toBe(null);
  expect(read([])).toMatchObject({ cwndBytes: null, rttMs: null, lost: 0 });
});

test('a long course keeps its ends and so many points, evenly', () => {
  const qlog = new QuicQlog();
  for (let ms = 0; ms <= 20_000; ms++) qlog.add(measured(ms, 1000 + ms, 20, ms));
  const { atMs, columns } = qlog.series(0)!;
  expect(atMs.length).toBeGreaterThan(150);
  expect(atMs.length).toBeLessThan(400);
  expect(atMs[0]).toBe(0);
  expect(columns.cwndBytes.at(-1)).toBe(21_000);
  const gaps = atMs.slice(1).map((ms, i) => ms - atMs[i]);
  expect(Math.max(...gaps)).toBeLessThan(4 * Math.min(...gaps));
});

test('a record that is cut anywhere, and garbage, are skipped', () => {
  const good = measured(1, 15720, 1, 0);
  const bad = measured(24, 17823, 2, 0);
  for (let length = 0; length < bad.length; length++) {
    expect(read([good, bad.slice(0, length)]).cwndBytes).toBe(15720);
  }
  const garbage = [
    '{"time":1}',
    '{"time":null,"name":1,"data":[]}',
    '{"time":1,"name":"x","data":null}',
  ];
  const odd = `{"time":3,"name":"recovery:metrics_updated","data":{"min_rtt":1,"smoothed_rtt":"x"}}`;
  const qlog = read([good, ...garbage, 'null', '[]', '\0\0', odd]);
  expect(qlog).toMatchObject({ cwndBytes: null, rttMs: null, lost: 0 });
  expect(qlog.series(0)!.columns.cwndBytes).toEqual([15720, null]);
});
