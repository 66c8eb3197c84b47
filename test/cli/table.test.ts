import { expect, test } from 'vitest';
import * as table from '../../src/cli/table.js';
import { measuredWith, ruleStatusWith, statusWith } from '../control/fake-instance.js';

const twoRules = statusWith({
  rules: [
    ruleStatusWith({}),
    ruleStatusWith({
      rule: 'tcp:443@192.0.2.0/24 src=198.51.100.7 loss nth 2,7,10-12 delay out:30ms jitter 5ms',
      measured: {
        out: measuredWith({ configured: null, realized: 0.25, ci95: [0.2, 0.3] }),
        in: measuredWith({ configured: null, realized: null, ci95: null }),
      },
    }),
  ],
});

/** In front of the lines, so that a snapshot shows the width that was asked for. */
function ruler(lines: readonly string[], columns: number): string {
  return ['-'.repeat(columns), ...lines].join('\n');
}

test('a wide terminal', () => {
  expect(ruler(table.statusLines(twoRules, 110), 110)).toMatchInlineSnapshot(`
    "--------------------------------------------------------------------------------------------------------------
    rule                                         dir    seen  dropped  delayed  configured  realized  95% interval
    udp:53 loss 0.5% delay 20ms                  out  20,000      103   19,897        0.5%    0.515%  0.420–0.624%
                                                 in        0        0        0        0.5%         –             –
    tcp:443@192.0.2.0/24 src=198.51.100.7 loss…  out  20,000      103   19,897           –     25.0%    20.0–30.0%
                                                 in        0        0        0           –         –             –
    lateness p50 11.3µs, p99 45.1µs, max 1.20ms; overflow 0; held 34"
  `);
});

test('a terminal of 80 columns', () => {
  expect(ruler(table.statusLines(twoRules, 80), 80)).toMatchInlineSnapshot(`
    "--------------------------------------------------------------------------------
    rule                    dir    seen  dropped  configured  realized  95% interval
    udp:53 loss 0.5% dela…  out  20,000      103        0.5%    0.515%  0.420–0.624%
                            in        0        0        0.5%         –             –
    tcp:443@192.0.2.0/24 …  out  20,000      103           –     25.0%    20.0–30.0%
                            in        0        0           –         –             –
    lateness p50 11.3µs, p99 45.1µs, max 1.20ms; overflow 0; held 34"
  `);
});

test('a narrow terminal', () => {
  expect(ruler(table.statusLines(twoRules, 50), 50)).toMatchInlineSnapshot(`
    "--------------------------------------------------
      dir    seen  dropped  realized  95% interval
    udp:53 loss 0.5% delay 20ms
      out  20,000      103    0.515%  0.420–0.624%
      in        0        0         –             –
    tcp:443@192.0.2.0/24 src=198.51.100.7 loss nth 2,…
      out  20,000      103     25.0%    20.0–30.0%
      in        0        0         –             –
    lateness p50 11.3µs, p99 45.1µs, max 1.20ms
    overflow 0
    held 34"
  `);
});

test('a very narrow terminal', () => {
  expect(ruler(table.statusLines(twoRules, 24), 24)).toMatchInlineSnapshot(`
    "------------------------
      dir    seen  realized
    udp:53 loss 0.5% delay …
      out  20,000    0.515%
      in        0         –
    tcp:443@192.0.2.0/24 sr…
      out  20,000     25.0%
      in        0         –
    lateness p50 11.3µs, p9…
    overflow 0
    held 34"
  `);
});

test('no line is ever longer than the terminal', () => {
  for (let columns = 1; columns <= 150; columns++) {
    for (const line of table.statusLines(twoRules, columns)) {
      expect(line.length).toBeLessThanOrEqual(columns);
    }
  }
});

test('what distorts the result is said', () => {
  const status = statusWith({
    rules: [],
    overflow: 1,
    kernelDrops: 1_500,
    stallNs: 2.5e9,
    latenessNs: { p50: 0, p99: 0, p999: 0, max: 0 },
  });
  expect(table.statusLines(status, 200)).toMatchInlineSnapshot(`
    [
      "rule  dir  seen  dropped  delayed  configured  realized  95% interval",
      "lateness –; overflow 1; held 0",
      "note: 1 packet dropped for want of memory, which --memory sets",
      "note: 1,500 packets lost by the kernel on the way to netemu, or not taken back",
      "note: netemu stood still for 2.50s; packets that came meanwhile waited unmeasured",
    ]
  `);
});

test('the summary', () => {
  expect(table.summaryLines(statusWith({}), 100).join('\n')).toMatchInlineSnapshot(`
    "netemu n1 down after 12s
    rule                         dir    seen  dropped  delayed  configured  realized  95% interval
    udp:53 loss 0.5% delay 20ms  out  20,000      103   19,897        0.5%    0.515%  0.420–0.624%
                                 in        0        0        0        0.5%         –             –
    lateness p50 11.3µs, p99 45.1µs, max 1.20ms; overflow 0; held 17"
  `);
});

test('dropped is the sum of all causes', () => {
  const rule = ruleStatusWith({});
  const counts = { ...rule.out, dropped: { loss: 1_000, partition: 200, queue: 20, overflow: 10 } };
  const status = statusWith({ rules: [{ ...rule, out: counts }] });
  expect(table.statusLines(status, 100)[1]).toContain(' 1,230 ');
});

test('the headline names rules, devices and seed', () => {
  const rules = Array.from({ length: 10 }, (_, i) => `udp:${i + 1} loss 1%`);
  expect(table.headline('n1', ['eth0', 'eth1'], 'abc', rules.slice(0, 1))).toBe(
    'netemu n1 up on eth0, eth1, seed abc: udp:1 loss 1%',
  );
  expect(table.headline('n1', ['eth0'], 'a\nb', rules.slice(0, 2), 'blue')).toBe(
    'netemu n1 up on eth0 in blue, seed "a\\nb": udp:1 loss 1%; udp:2 loss 1%',
  );
  expect(table.headline('n1', ['eth0'], 'abc', rules)).toMatch(/; udp:8 loss 1%; and 2 more$/);
});

test('the list of instances', () => {
  const statuses = [
    statusWith({}),
    statusWith({
      name: 'long-name-x',
      pid: 7,
      netns: 'blue',
      devices: ['eth0', 'eth1'],
      rules: [],
    }),
  ];
  expect(table.instanceLines(statuses, 100).join('\n')).toMatchInlineSnapshot(`
    "name          pid   up  devices           seen  dropped  rules
    n1           4711  12s  eth0            20,000      103  udp:53 loss 0.5% delay 20ms
    long-name-x     7  12s  eth0,eth1@blue       0        0"
  `);
});

test('the heading of status', () => {
  expect(table.statusHeading(statusWith({ netns: '/proc/7/ns/net' }))).toBe(
    'netemu n1 up for 12s on eth0 in /proc/7/ns/net, seed 7f3a9c01, pid 4711',
  );
});

test('what was measured besides loss has rows of its own', () => {
  const delay = (configured: number, realized: number) => ({
    configured,
    realized,
    ci95: [realized * 0.99, realized * 1.01] as const,
  });
  const measured = measuredWith(
    { configured: 0.005, realized: 0.00515, ci95: [0.0042, 0.00624] },
    {
      lossBurst: { configured: 1.005, realized: 1.02, ci95: [1, 1.04] },
      rate: { configured: 10e6, realized: 9.98e6, ci95: [9.97e6, 9.99e6] },
      delay: {
        meanNs: delay(20e6, 20.1e6),
        sdNs: delay(5.77e6, 5.7e6),
        p50Ns: delay(20e6, 20.2e6),
        p99Ns: delay(29.8e6, 29.7e6),
      },
    },
  );
  const rule = ruleStatusWith({ measured: { out: measured, in: measuredWith(measured.marks) } });
  const lines = table.statusLines(statusWith({ rules: [rule] }), 100);
  expect(ruler(lines.slice(3, -1), 60)).toMatchInlineSnapshot(`
    "------------------------------------------------------------
    dir  measured    configured    realized           95% interval
    out  loss burst        1.00        1.02              1.00–1.04
    out  rate        10.0Mbit/s  9.98Mbit/s  9.97Mbit/s–9.99Mbit/s
    out  delay mean      20.0ms      20.1ms          19.9ms–20.3ms
    out  delay sd        5.77ms      5.70ms          5.64ms–5.76ms
    out  delay p50       20.0ms      20.2ms          20.0ms–20.4ms
    out  delay p99       29.8ms      29.7ms          29.4ms–30.0ms"
  `);
});
