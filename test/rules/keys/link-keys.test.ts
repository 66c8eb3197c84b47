/** Links and what waits before them: `rate`, `trace`, `queue`, `aqm`. */

import { expect, test } from 'vitest';
import { parseRule } from '../../../src/rules/parse.js';
import { canonical, impairmentsOf } from '../../support/rule-values.js';

const PLAIN = { overheadBytes: 0, cellBytes: 0, cellOverheadBytes: 0, burstBytes: 0 };

test.each([
  ['10mbit', { ...PLAIN, bitsPerSecond: 10e6 }],
  ['1.5kbit overhead -20', { ...PLAIN, bitsPerSecond: 1500, overheadBytes: -20 }],
  ['10mbit overhead -0', { ...PLAIN, bitsPerSecond: 10e6 }],
  ['10mbit cell 48 5', { ...PLAIN, bitsPerSecond: 10e6, cellBytes: 48, cellOverheadBytes: 5 }],
  [
    '10mbit cell 48b burst 32kb',
    { ...PLAIN, bitsPerSecond: 10e6, cellBytes: 48, burstBytes: 32e3 },
  ],
])('rate %s', (value, rate) => {
  expect(impairmentsOf(`rate ${value}`).rate).toEqual(rate);
});

test.each([
  ['rate 10000kbit', 'rate 10mbit'],
  ['rate 1mibit', 'rate 1.048576mbit'],
  ['rate 10mbit burst 32768b cell 53 overhead +14', 'rate 10mbit overhead 14 cell 53 burst 32kib'],
  ['rate 10mbit overhead 0 cell 48 0 burst 0', 'rate 10mbit cell 48'],
  ['trace lte.trace ONCE', 'trace lte.trace once'],
  ['rate 1mbit queue 64kb 100p', 'rate 1mbit queue 100p 64kb'],
  ['rate 1mbit queue 50ms 64KB 1PKTS', 'rate 1mbit queue 1p 64kb 50ms'],
  ['rate 1mbit queue 1000p', 'rate 1mbit queue 1000p'],
  ['rate 1mbit queue unlimited', 'rate 1mbit queue unlimited'],
  ['rate 1mbit aqm codel target 5ms interval 100ms', 'rate 1mbit aqm codel'],
  ['rate 1mbit aqm codel interval 50ms target 5ms', 'rate 1mbit aqm codel interval 50ms'],
  ['rate 1mbit aqm pie target 15ms', 'rate 1mbit aqm pie'],
  ['rate 1mbit aqm pie update 30ms target 20ms', 'rate 1mbit aqm pie target 20ms update 30ms'],
  ['rate 1mbit aqm droptail', 'rate 1mbit aqm droptail'],
  ['rate 1mbit aqm drophead queue 5p', 'rate 1mbit queue 5p aqm drophead'],
])('%s → %s', (text, expected) => {
  expect(canonical(text)).toBe(expected);
});

test('a trace holds its times', () => {
  const trace = { file: 'lte.trace', opportunitiesMs: [0, 1, 1, 5], once: false };
  expect(impairmentsOf('trace lte.trace').trace).toEqual(trace);
  expect(impairmentsOf('trace lte.trace once').trace).toEqual({ ...trace, once: true });
});

test('a trace may be called like a direction', () => {
  const files = { read: () => '1\n2\n' };
  const texts = ['udp trace up', 'udp trace out:up', 'udp trace in:up.trace', 'udp trace in.trace'];
  expect(texts.map((text) => parseRule(text, files).text)).toEqual(texts);
});

test.each([
  ['100p', { packets: 100, bytes: null, timeNs: null }],
  ['64kb', { packets: null, bytes: 64_000, timeNs: null }],
  ['50ms', { packets: null, bytes: null, timeNs: 50e6 }],
  ['1h 1mib 5packets', { packets: 5, bytes: 2 ** 20, timeNs: 3600e9 }],
  ['unlimited', { packets: null, bytes: null, timeNs: null }],
])('queue %s', (value, queue) => {
  expect(impairmentsOf(`rate 1mbit queue ${value}`).queue).toEqual(queue);
});

test.each([
  ['droptail', { kind: 'droptail' }],
  ['codel', { kind: 'codel', targetNs: 5e6, intervalNs: 100e6 }],
  ['codel target 1ms', { kind: 'codel', targetNs: 1e6, intervalNs: 100e6 }],
  ['pie', { kind: 'pie', targetNs: 15e6, updateNs: 15e6 }],
  ['pie update 20ms', { kind: 'pie', targetNs: 15e6, updateNs: 20e6 }],
])('aqm %s', (value, aqm) => {
  expect(impairmentsOf(`rate 1mbit aqm ${value}`).aqm).toEqual(aqm);
});
