/** Scenario files that are right, and the rules they mean. */

import { describe, expect, test } from 'vitest';
import { NO_FILES, type RuleFiles } from '../../src/rules/files/rule-files.js';
import { parseRules } from '../../src/rules/parse.js';
import { matchOfRule } from '../../src/rules/scenario/match-text.js';
import { parseScenario } from '../../src/rules/scenario/scenario.js';
import { impairmentsAt } from '../../src/rules/schedule.js';

const S = 1e9;

function parse(text: string, files: RuleFiles = NO_FILES) {
  return parseScenario(text, 'scenario.yaml', files);
}

function texts(text: string): readonly string[] {
  return parse(text).rules.map((rule) => rule.text);
}

/** The schedule of the only rule, as it is written. */
function schedule(entries: string, rule = 'udp:53'): string {
  const text = `rules: [${rule}]\nschedule:\n${entries}`;
  return parse(text).rules[0].schedule!.text;
}

const WHOLE = `
# yaml-language-server: $schema=schema/scenario.schema.json
rules:
  - udp:53 loss 0.5% delay 20ms            # a one-line rule
  - match: tcp:443@192.0.2.0/24            # or a map
    name: web
    loss: {out: 1%, in: 2% burst 4}
    rtt: 100ms
  - match: quic
    profile: lte
schedule:
  - at: 10s
    rules:
      - {match: udp:53, loss: 5%}
      - match: web
        loss: 0% -> 5% over 60s
        delay: none
  - every: 30s
    for: 2s
    rules: [{match: web, partition: drop}]
loop: 120s
seed: 7
`;

test('a scenario with everything in it', () => {
  const { rules, seed } = parse(WHOLE);
  expect(rules.map(({ text }) => text)).toEqual([
    'udp:53 loss 0.5% delay 20ms [at 10s loss 5%; loop 2min]',
    'tcp:443@192.0.2.0/24 loss out:1% in:2% burst 4 delay 50ms [' +
      'at 10s delay none loss 0% -> 5% over 1min; every 30s for 2s partition drop; loop 2min]',
    'quic rate 12mbit queue 50p delay 35ms',
  ]);
  expect(seed).toBe('7');
  const [dns, web] = rules;
  expect(dns.schedule!.steps).toEqual([
    {
      ...{ atNs: 10 * S, everyNs: 0, forNs: null, overNs: 0 },
      from: dns.schedule!.steps[0].to,
      to: Array(2).fill({ loss: { kind: 'random', probability: 0.05, runMax: null } }),
    },
  ]);
  expect(dns.schedule!.loopNs).toBe(120 * S);
  expect([0, 9, 10, 119, 120, 130].map((s) => lossAt(dns, s))).toEqual([
    ...[0.005, 0.005, 0.05, 0.05, 0.005, 0.05],
  ]);
  expect([0, 10, 40, 70, 119].map((s) => lossAt(web, s))).toEqual([0.01, 0, 0.025, 0.05, 0.05]);
  expect([0, 10].map((s) => impairmentsAt(web, s * S)[0].delayNs)).toEqual([50e6, 0]);
  const cut = [0, 29, 30, 31, 32, 60, 119, 120, 150].filter(
    (s) => impairmentsAt(web, s * S)[1].partition === 'drop',
  );
  expect(cut).toEqual([30, 31, 60, 150]);
});

function lossAt(rule: Parameters<typeof impairmentsAt>[0], seconds: number): number | undefined {
  const { loss } = impairmentsAt(rule, seconds * S)[0];
  return loss !== null && 'probability' in loss ? loss.probability : undefined;
}

describe('rules', () => {
  test('a line and a map that say the same are the same rule', () => {
    const pairs = [
      ['udp:53 loss 0.5% delay 20ms', '{match: udp:53, delay: 20ms, loss: 0.5%}'],
      ['any', 'match: any'],
      [
        'tcp:443@192.0.2.0/24 dir=out loss 1% ecn jitter 3ms normal corr 25%',
        `
    match: tcp:443@192.0.2.0/24 dir=out
    loss: 1%
    ecn: true
    jitter: '3ms normal corr 25%'`,
      ],
      [
        'quic loss out:nth 2,7,10-12 in:every 3 rate in:10mbit queue in:100p 64kb rtt 10ms',
        `
    match: quic
    loss: {out: "nth 2,7,10-12", in: every 3}
    rate: in:10mbit
    queue:
      in: |
        100p 64kb
    rtt: 10ms`,
      ],
      ['udp:53 partition reject', '{match: udp:53, partition: reject}'],
      ['dns compat netem loss 1% corr 20%', '{match: dns, compat: netem, loss: 1% corr 20%}'],
    ];
    const byLine = parseRules(pairs.map(([line]) => line));
    const maps = pairs.map(([, map]) => `  - ${map}\n`).join('');
    expect(parse(`rules:\n${maps}`).rules).toEqual(byLine);
    const lines = pairs.map(([line]) => `  - ${line}\n`).join('');
    expect(parse(`rules:\n${lines}`).rules).toEqual(byLine);
    // The second rule of one match has a name of its own, as on the command line.
    expect(byLine.map(({ name }) => name)).toContain('udp:53#2');
  });

  test('a direction may be called up or down', () => {
    expect(texts('rules: [{match: udp dir=up, loss: {up: 1%}}]')).toEqual([
      'udp dir=out loss out:1%',
    ]);
    expect(texts('rules: [{match: udp, loss: {Down: 2%, out: 1%}, delay: up:5ms}]')).toEqual([
      'udp loss out:1% in:2% delay out:5ms',
    ]);
  });

  test('values that need none may be true, false or empty', () => {
    const rule = (ecn: string) => texts(`rules: [{match: udp, loss: 1%, ecn: ${ecn}}]`)[0];
    for (const yes of ['true', 'yes', 'on', '', 'True']) expect(rule(yes)).toBe('udp loss 1% ecn');
    for (const no of ['false', 'no', 'off']) expect(rule(no)).toBe('udp loss 1%');
    expect(texts('rules: [{match: udp, partition: }]')).toEqual(['udp partition drop']);
    expect(texts('rules: [{match: udp, loss: 1%, ecn: {out: true, in: off}}]')).toEqual([
      'udp loss 1% ecn out:on',
    ]);
  });

  test('0 needs no unit', () => {
    expect(texts('rules: [{match: udp, loss: 0, delay: 0}]')).toEqual(['udp loss 0%']);
  });

  test('anchors, aliases and merge keys', () => {
    const text = `
rules:
  - &base {match: udp:1, loss: &half 0.5%, delay: 10ms}
  - {<<: *base, match: udp:2, delay: 20ms}
  - {match: udp:3, loss: *half}
  - match: udp:4
    <<: [{rate: 1mbit}, {rate: 2mbit, jitter: 1ms}]
`;
    expect(texts(text)).toEqual([
      'udp:1 loss 0.5% delay 10ms',
      'udp:2 loss 0.5% delay 20ms',
      'udp:3 loss 0.5%',
      'udp:4 rate 1mbit jitter 1ms',
    ]);
  });

  test('JSON is YAML; so are a byte order mark, CRLF and document marks', () => {
    expect(texts('{"rules": [{"match": "udp:53", "loss": "1%"}], "seed": 7}')).toEqual([
      'udp:53 loss 1%',
    ]);
    expect(texts('\ufeffrules:\r\n  - match: udp:53\r\n    loss: 1%\r\n')).toEqual([
      'udp:53 loss 1%',
    ]);
    expect(texts('---\nrules: [udp:53]\n...\n')).toEqual(['udp:53']);
    expect(texts('%YAML 1.1\n---\nrules: [{match: udp, outage: on 1s off 1s}]')).toEqual([
      'udp outage on 1s off 1s',
    ]);
  });

  test('a seed is any text', () => {
    const seed = (text: string) => parse(`rules: [udp]\nseed: ${text}`).seed;
    expect(['7', '"7"', '007', 'a b', '1e3'].map(seed)).toEqual(['7', '7', '007', 'a b', '1e3']);
    expect(parse('rules: [udp]').seed).toBeNull();
  });

  test('files are asked for as they are spelled', () => {
    const asked: string[] = [];
    const files: RuleFiles = {
      read: (path) => {
        asked.push(path);
        return '1\n2\n';
      },
    };
    const { rules } = parse('rules: [{match: udp, trace: ../a.up}, tcp trace b.up]', files);
    expect(asked).toEqual(['../a.up', 'b.up']);
    expect(rules.map(({ text }) => text)).toEqual(['udp trace ../a.up', 'tcp trace b.up']);
  });
});

describe('schedules', () => {
  test.each([
    ['  - {at: 10s, rules: [{match: udp:53, loss: 5%}]}', 'at 10s loss 5%'],
    ['  - {at: 0, rules: [{match: udp:53, loss: 5%}]}', 'at 0ms loss 5%'],
    ['  - {at: 1.5s, for: 500ms, rules: [{match: udp:53, loss: 5%}]}', 'at 1.5s for 500ms loss 5%'],
    [
      '  - {every: 30s, for: 2s, rules: [{match: udp:53, partition: drop}]}',
      'every 30s for 2s partition drop',
    ],
    [
      '  - {every: 30s, from: 0s, for: 2s, rules: [{match: udp:53, partition: }]}',
      'every 30s from 0ms for 2s partition drop',
    ],
    [
      '  - {at: 1s, rules: [{match: udp:53, delay: {out: 5ms}}]}\n  - {at: 2s, rules: [{match: udp:53, delay: none}]}',
      'at 1s delay out:5ms; at 2s delay none',
    ],
    [
      '  - {at: 1s, rules: [{match: udp:53, loss: out:1% in:2%, rtt: 3ms}]}',
      'at 1s loss out:1% in:2% delay 1.5ms',
    ],
    [
      '  - {at: 1s, rules: [{match: udp:53, rate: 10mbit -> 1mbit over 30s}]}',
      'at 1s rate 10mbit -> 1mbit over 30s',
    ],
    [
      '  - {at: 1s, rules: [{match: udp:53, delay: 0ms→50ms over 1min}]}',
      'at 1s delay 0ms -> 50ms over 1min',
    ],
    [
      '  - {at: 1s, rules: [{match: udp:53, rtt: 20ms -> 40ms over 1s}]}',
      'at 1s delay 10ms -> 20ms over 1s',
    ],
    [
      '  - {at: 1s, rules: [{match: udp:53, loss: {out: 0% -> 5% over 1s, in: 1%}, ecn: true}]}',
      'at 1s loss in:1% ecn loss out:0% -> 5% over 1s',
    ],
    [
      '  - {at: 1s, rules: [{match: udp:53, loss: out:0% -> 5% over 1s}]}',
      'at 1s loss out:0% -> 5% over 1s',
    ],
    [
      '  - {at: 1s, rules: [{match: udp:53, loss: {up: 0% -> 5% over 1s, in: 1%}, delay: up:1ms -> 2ms over 1s}]}',
      'at 1s loss in:1% loss out:0% -> 5% over 1s delay out:1ms -> 2ms over 1s',
    ],
    ['  - {at: 1s, rules: [{match: udp:53, loss: 1%, ecn: false}]}', 'at 1s loss 1% ecn none'],
    [
      '  - {at: 1s, rules: [{match: udp:53, profile: lte, delay: 1ms}]}',
      'at 1s rate 12mbit queue 50p delay 1ms',
    ],
    [
      '  - {at: 1s, rules: [{match: udp:53, profile: lte -> 3g over 10s}]}',
      'at 1s rate out:12mbit -> 768kbit over 10s in:12mbit -> 1.6mbit over 10s ' +
        'queue 50p delay 35ms -> 150ms over 10s',
    ],
  ])('%s', (entries, text) => {
    expect(schedule(entries)).toBe(text);
  });

  test('a rule is meant by its name, or by its match in any spelling', () => {
    const text = (which: string) => `
rules:
  - udp:53 loss 1%
  - {match: "tcp:443 dir=out src=192.0.2.0/24", name: web}
  - {match: tcp:80, name: a}
  - {match: tcp:80, name: b}
schedule: [{at: 1s, rules: [{${which}, delay: 5ms}]}]
`;
    const changed = (which: string) => parse(text(which)).rules.findIndex((rule) => rule.schedule);
    expect(changed('match: udp:53')).toBe(0);
    expect(changed('match: UDP:53')).toBe(0);
    expect(changed('match: web')).toBe(1);
    expect(changed('name: web')).toBe(1);
    expect(changed('match: tcp:443 src=192.0.2.77/24 dir=out')).toBe(1);
    expect(changed('match: b')).toBe(3);
  });

  test('a change in one entry may need what another one brings', () => {
    // Without a rate for a time, the queue is without effect but no slip.
    const text = `
rules: [udp rate 1mbit queue 100p]
schedule:
  - {at: 1s, for: 1s, rules: [{match: udp, rate: none}]}
`;
    expect(texts(text)).toEqual(['udp rate 1mbit queue 100p [at 1s for 1s rate none]']);
  });

  test('what has begun is undone by the loop', () => {
    const { rules } = parse(`
rules: [udp]
schedule: [{at: 1s, rules: [{match: udp, delay: 0ms -> 10ms over 2s}]}]
loop: 3s`);
    const delays = [0, 1, 2, 2.999, 3, 5].map((s) => impairmentsAt(rules[0], s * S)[0].delayNs);
    expect(delays).toEqual([0, 0, 5e6, 9.95e6, 0, 5e6]);
  });

  test('the match of a rule can be read from its text', () => {
    const [rule] = parse(
      `
rules: [{match: "udp:53@192.0.2.0/24 dir=out", trace: x.up}]
schedule: [{at: 1s, rules: [{match: "udp:53@192.0.2.0/24 dir=out", loss: 1%}]}]`,
      {
        read: () => '1\n',
      },
    ).rules;
    expect(rule.text).toMatch(/ trace x\.up \[at 1s loss 1%\]$/);
    expect(matchOfRule(rule.text)).toEqual(rule.match);
    expect(matchOfRule('any')).toEqual(parseRules(['any'])[0].match);
    expect(matchOfRule('any [at 1s loss 1%]')).toEqual(parseRules(['any'])[0].match);
  });
});
