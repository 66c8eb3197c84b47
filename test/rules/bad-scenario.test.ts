/** Scenario files that are wrong, and what users see: YAML, the top level, and rules. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NetemuError } from '../../src/errors.js';
import { NO_FILES } from '../../src/rules/files/rule-files.js';
import { parseScenario } from '../../src/rules/scenario/scenario.js';
import { checkScenarioErrors, scenarioError } from '../support/scenario-errors.js';

test('what is no YAML, or YAML that means nothing here', () => {
  checkScenarioErrors(String.raw`
rules:
	- udp
=> s.yaml:2:1: a tab is no indentation in YAML, use blanks
   - udp
  ^

rules: [udp
=> s.yaml:1:12: the closing ] is missing
  rules: [udp
             ^

rules: {a: 1
=> s.yaml:1:13: the closing } is missing
  rules: {a: 1
              ^

rules: "udp
=> s.yaml:1:12: the closing " is missing
  rules: "udp
             ^

rules: 'udp
=> s.yaml:1:12: the closing ' is missing
  rules: 'udp
             ^

rules: [udp]]
=> s.yaml:1:13: nothing that could be closed was opened
  rules: [udp]]
              ^

rules:
  - match: udp: 53
=> s.yaml:2:12: a key and its value begin inside of a value
    - match: udp: 53
             ^
-> indent them below it, or put a value that has ": " in it in quotes

rules:
  - match: udp
    loss: 1%
   delay: 5ms
=> s.yaml:4:1: the indentation does not fit what stands above
     delay: 5ms
  ^
-> in a list each item begins with -

rules:
- match: udp
  loss: @x
=> s.yaml:3:9: a value that begins with @ needs quotes
    loss: @x
          ^

rules:
- match: udp
  loss: %5
=> s.yaml:3:9: a value that begins with % needs quotes
    loss: %5
          ^

rules: [udp]
---
rules: [tcp]
=> s.yaml:2:1: a scenario is one document, and here a second one begins
  ---
  ^

rules: [!foo udp]
=> s.yaml:1:9: tags have no meaning here
  rules: [!foo udp]
          ^

rules: [*x]
=> s.yaml:1:9: there is no anchor &x before this
  rules: [*x]
          ^

rules: &x [*x]
=> s.yaml:1:12: there is no anchor &x before this
  rules: &x [*x]
             ^

rules: ["\q"]
=> s.yaml:1:10: unknown escape sequence
  rules: ["\q"]
           ^
-> between '…' nothing is an escape sequence

rules: [udp]
seed 7
=> s.yaml:2:1: a key has no value, after a key stands a colon
  seed 7
  ^

rules: - udp
=> s.yaml:1:8: the first - of a list stands on a line of its own
  rules: - udp
         ^

? [a]
: b
=> s.yaml:1:3: a key is a word, such as match or loss
  ? [a]
    ^

%FOO
---
rules: [udp]
=> s.yaml:1:1: a line that begins with % is a directive to YAML, and there is none of that name
  %FOO
  ^

rules: "udp" tcp
=> s.yaml:1:14: after the value the line ends
  rules: "udp" tcp
               ^

rules: [udp]
rules: [tcp]
=> s.yaml:2:1: rules is given twice
  rules: [tcp]
  ^

rules:
  - {match: udp, loss: 1%, loss: 2%}
=> s.yaml:2:28: loss is given twice
    - {match: udp, loss: 1%, loss: 2%}
                             ^

rules:
  - <<: udp
    match: tcp
=> s.yaml:2:9: "udp" is no map, << merges maps
    - <<: udp
          ^

rules: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]
=> s.yaml:1:9: a rule is a line of text or a map, not a list
  rules: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]
          ^
`);
});

test('the top level', () => {
  checkScenarioErrors(`
udp:53 loss 1%
=> s.yaml:1:1: a scenario is a map with rules:, this is "udp:53 loss 1%"
  udp:53 loss 1%
  ^

- udp:53 loss 1%
=> s.yaml:1:1: a scenario is a map with rules:, this is a list
  - udp:53 loss 1%
  ^

seed: 7
=> s.yaml:1:1: a scenario has rules:, a list of them
  seed: 7
  ^

rules:
=> s.yaml:1:7: rules is a list, each item begins with -, this is nothing
  rules:
        ^

rules: []
=> s.yaml:1:8: rules is empty, as in - udp:53 loss 0.5%
  rules: []
         ^

rules: udp:53
=> s.yaml:1:8: rules is a list, each item begins with -, this is "udp:53"
  rules: udp:53
         ^

rules: {match: udp}
=> s.yaml:1:8: rules is a list, each item begins with -, this is a map
  rules: {match: udp}
         ^

rulez: [udp]
=> s.yaml:1:1: unknown key "rulez", did you mean rules:?
  rulez: [udp]
  ^

rules: [udp]
steps: []
=> s.yaml:2:1: unknown key "steps", did you mean schedule:?
  steps: []
  ^

rules: [udp]
loop: 5s
=> s.yaml:2:1: loop needs a schedule, which it repeats
  loop: 5s
  ^

rules: [udp]
seed:
=> s.yaml:2:6: seed has no value, as in seed: 7
  seed:
       ^

rules: [udp]
seed: [7]
=> s.yaml:2:7: seed is a text, this is a list
  seed: [7]
        ^

rules: [udp]
duration: 7s
=> s.yaml:2:1: unknown key "duration"
  duration: 7s
  ^
-> a scenario has: rules, schedule, loop, seed
`);
});

test('rules', () => {
  checkScenarioErrors(String.raw`
rules: [udp:53 loss 5]
=> s.yaml:1:21: 5 has no unit, did you mean 5%?
  rules: [udp:53 loss 5]
                      ^

rules:
  - udp:53 loss 0.5%
  - udp:53 los 5%
=> s.yaml:3:12: unknown impairment "los", did you mean loss?
    - udp:53 los 5%
             ^
-> impairments: partition, outage, loss, ecn, corrupt, duplicate, rate, trace, queue, aqm, delay, rtt, jitter, reorder, slot, rebind, per, compat, profile

rules:
  - ""
=> s.yaml:2:6: the rule is empty, as in: udp:53 loss 0.5%
    - ""
       ^

rules:
  -
  - udp
=> s.yaml:2:4: the rule is empty, as in: udp:53 loss 0.5%
    -
     ^

rules: [[udp]]
=> s.yaml:1:9: a rule is a line of text or a map, not a list
  rules: [[udp]]
          ^

rules: [{loss: 1%}]
=> s.yaml:1:9: a rule needs match:, as in match: udp:53, or match: any for all packets
  rules: [{loss: 1%}]
          ^

rules: [{match: }]
=> s.yaml:1:17: a rule needs match:, as in match: udp:53, or match: any for all packets
  rules: [{match: }]
                  ^

rules: [{match: [udp]}]
=> s.yaml:1:17: match is a text, this is a list
  rules: [{match: [udp]}]
                  ^

rules: [{match: upd:53}]
=> s.yaml:1:17: unknown protocol "upd", did you mean udp?
  rules: [{match: upd:53}]
                  ^
-> protocols: any, tcp, udp, icmp, sctp, quic, dns, tls

rules: [{match: udp loss 1%}]
=> s.yaml:1:21: "loss" is an impairment, in a map it is a key of its own
  rules: [{match: udp loss 1%}]
                      ^
-> loss: …

rules: [{match: udp:53 tcp}]
=> s.yaml:1:24: "tcp" is a second match, a rule has one
  rules: [{match: udp:53 tcp}]
                         ^
-> make a rule of its own for tcp

rules: [{match: udp, loss: 5}]
=> s.yaml:1:28: 5 has no unit, did you mean 5%?
  rules: [{match: udp, loss: 5}]
                             ^

rules:
  - match: udp
    loss: 5
=> s.yaml:3:11: 5 has no unit, did you mean 5%?
      loss: 5
            ^

rules:
  - match: udp
    loss:
=> s.yaml:3:10: loss needs a value, as in loss 0.5%
      loss:
           ^
-> loss: 0.5% | 0.5% max 3 | 0.5% burst 4 | 0.5% corr 25% | gemodel 1% 10% 70% 0.1% | state 1% 10% 5% 50% 0.1% | nth 2,7,10-12 | first 3 | every 100 | map FILE

rules:
  - match: udp
    profile: drop-rate --rate_to_client=10 --rate_to_servr=10
=> s.yaml:3:44: profile drop-rate has no --rate_to_servr, did you mean --rate_to_server?
      profile: drop-rate --rate_to_client=10 --rate_to_servr=10
                                             ^
-> drop-rate: --delay --bandwidth --queue --rate_to_client --rate_to_server --burst_to_client --burst_to_server

rules:
  - match: udp
    loss: [1%]
=> s.yaml:3:11: a list is no value of loss, give it as text
      loss: [1%]
            ^
-> loss: 0.5%

rules:
  - match: udp
    loss: {both: 1%}
=> s.yaml:3:12: loss has a value, or one for out and one for in, not for both
      loss: {both: 1%}
             ^
-> loss: {out: 0.5%, in: 0.5%}

rules:
  - match: udp
    loss: {upp: 1%}
=> s.yaml:3:12: loss has a value, or one for out and one for in, not for upp, did you mean up?
      loss: {upp: 1%}
             ^
-> loss: {out: 0.5%, in: 0.5%}

rules:
  - match: udp
    loss: {up: 1%, down: 1%, out: 2%}
=> s.yaml:3:30: loss is given twice for out
      loss: {up: 1%, down: 1%, out: 2%}
                               ^

rules:
  - match: udp
    loss: {}
=> s.yaml:3:11: loss has no value, as in out: 0.5%
      loss: {}
            ^

rules:
  - match: udp
    loss: {out: 5}
=> s.yaml:3:17: 5 has no unit, did you mean 5%?
      loss: {out: 5}
                  ^

rules:
  - match: udp
    loss: {out: {in: 5%}}
=> s.yaml:3:17: a map is no value of loss, give it as text
      loss: {out: {in: 5%}}
                  ^
-> loss: 0.5%

rules:
  - match: udp
    loss: {out: in:5%}
=> s.yaml:3:17: the direction is given twice, here it is out already
      loss: {out: in:5%}
                  ^

rules:
  - match: udp
    loss: {up: " down:5%"}
=> s.yaml:3:16: the direction is given twice, here it is up already
      loss: {up: " down:5%"}
                 ^

rules:
  - match: udp
    rtt: {up: 5ms}
=> s.yaml:3:11: rtt is for both directions, did you mean delay: {up: …}?
      rtt: {up: 5ms}
            ^

rules:
  - match: udp
    rtt: {out: 5ms}
=> s.yaml:3:11: rtt is for both directions, did you mean delay: {out: …}?
      rtt: {out: 5ms}
            ^

rules:
  - match: udp
    los: 5%
=> s.yaml:3:5: unknown key "los", did you mean loss:?
      los: 5%
      ^

rules:
  - match: udp
    flow: 5%
=> s.yaml:3:5: unknown key "flow", did you mean match:?
      flow: 5%
      ^

rules:
  - flow: udp:53
    loss: 5%
=> s.yaml:2:5: unknown key "flow", did you mean match:?
    - flow: udp:53
      ^

rules:
  - {match: udp, loss: nth 2,7}
=> s.yaml:2:30: "7" is no key
    - {match: udp, loss: nth 2,7}
                               ^
-> between { } a value with a comma needs quotes

rules:
  - {match: udp, loss: 1%, latency: 5ms}
=> s.yaml:2:28: unknown key "latency", did you mean delay:?
    - {match: udp, loss: 1%, latency: 5ms}
                             ^

rules:
  - match: udp
    Loss: 5%
=> s.yaml:3:5: unknown key "Loss", did you mean loss:?
      Loss: 5%
      ^

rules:
  - match: udp
    loss: "5\u0025 brust 4"
=> s.yaml:3:11: "brust" is not understood there
      loss: "5\u0025 brust 4"
            ^

rules:
  - match: udp dir=out
    loss: {in: 5%}
=> s.yaml:3:16: in: never applies, as the match has dir=out
      loss: {in: 5%}
                 ^

rules:
  - match: udp dir=out
    rtt: 5ms
=> s.yaml:3:10: rtt needs both directions, and the match has dir=out
      rtt: 5ms
           ^

rules:
  - match: udp
    delay: 5ms
    rtt: 10ms
=> s.yaml:4:10: delay and rtt both set the same, give only one of them
      rtt: 10ms
           ^

rules:
  - match: udp
    queue: 100p
=> s.yaml:3:12: a queue forms before a link, and there is no rate or trace
      queue: 100p
             ^
-> rate 10mbit queue 100p

rules:
  - match: udp
    rate: 1mbit
    trace: x.up
=> s.yaml:4:12: a trace says itself how fast the link is, and cannot have a rate
      trace: x.up
             ^
-> leave rate or trace away

rules:
  - match: udp
    trace: nosuch.up
=> s.yaml:3:12: cannot read "nosuch.up": there is no such file
      trace: nosuch.up
             ^

rules:
  - udp trace nosuch.up
=> s.yaml:2:15: cannot read "nosuch.up": there is no such file
    - udp trace nosuch.up
                ^

rules:
  - match: udp
    delay: none
=> s.yaml:3:12: none ends an impairment in a schedule only, here leave delay away
      delay: none
             ^

rules:
  - match: udp
    loss: 0% -> 5% over 3s
=> s.yaml:3:14: a ramp belongs into the schedule, a rule says what holds at the start
      loss: 0% -> 5% over 3s
               ^

rules:
  - match: udp
    profile: ltd
=> s.yaml:3:14: unknown profile "ltd", did you mean lte?
      profile: ltd
               ^
-> netemu profiles lists them

rules:
  - {match: udp, name: a b}
=> s.yaml:2:24: "a b" is no name: letters, digits, "_", "." and "-"
    - {match: udp, name: a b}
                         ^

rules:
  - {match: udp, name: a}
  - {match: tcp, name: a}
=> s.yaml:3:24: two rules have the name "a"
    - {match: tcp, name: a}
                         ^

rules:
  - match: udp
    loss: true
=> s.yaml:3:11: unknown kind of loss "true"
      loss: true
            ^
-> loss: 0.5% | 0.5% max 3 | 0.5% burst 4 | 0.5% corr 25% | gemodel 1% 10% 70% 0.1% | state 1% 10% 5% 50% 0.1% | nth 2,7,10-12 | first 3 | every 100 | map FILE

rules:
  - match: udp
    loss: |
      1% burst x
=> s.yaml:3:11: "x" is not a mean number of packets, as in burst 4
      loss: |
            ^

rules:
  - udp:53 loss 0.5% delay 10ms jitter 3ms normal corr 25% reorder 5% gap 3 duplicate 1% corupt 2%
=> s.yaml:2:90: unknown impairment "corupt", did you mean corrupt?
  orr 25% reorder 5% gap 3 duplicate 1% corupt 2%
                                        ^
-> impairments: partition, outage, loss, ecn, corrupt, duplicate, rate, trace, queue, aqm, delay, rtt, jitter, reorder, slot, rebind, per, compat, profile
`);
});

test('files without anything', () => {
  for (const text of ['', '\n\n', '# nothing\n', '---\n']) {
    expect(scenarioError(text).message).toMatch(/^s\.yaml:1:1: the file is empty/);
  }
});

test('too much of anything', () => {
  const rules = Array.from({ length: 257 }, (_, i) => `udp:${i + 1}`).join(', ');
  const entry = '{at: 1s, rules: [{match: udp, loss: 1%}]}';
  const many = (count: number) => Array.from({ length: count }, () => entry).join(', ');
  const messageOf = (text: string) => scenarioError(text).message.split('\n')[0];
  expect(messageOf(`rules: [${rules}]`)).toBe(
    's.yaml:1:8: 257 rules are too many, the limit is 256',
  );
  expect(messageOf(`rules: [udp]\nschedule: [${many(257)}]`)).toBe(
    's.yaml:2:11: 257 entries of a schedule are too many, the limit is 256',
  );
  expect(messageOf('x'.repeat(2 ** 20 + 1))).toBe(
    's.yaml:1:1: the file has 1048577 characters, the limit is 1048576',
  );
  expect(messageOf(`rules: [udp ${'loss 1% '.repeat(600)}]`)).toMatch(
    /^s\.yaml:1:9: a rule of 4803 characters is too long, the limit is 4096$/,
  );
});

test('nesting that the parser would not survive', () => {
  const stairs = Array.from({ length: 100 }, (_, i) => `${' '.repeat(i)}a:`).join('\n');
  for (const text of ['['.repeat(5000), '{a: '.repeat(5000), '- '.repeat(5000), stairs]) {
    expect(scenarioError(text).message).toMatch(
      /^s\.yaml:\d+:\d+: this is nested too deep for a scenario\n/,
    );
  }
  // As deep as it goes.
  expect(scenarioError(`${'['.repeat(64)}${']'.repeat(64)}`).message).toContain('this is a list');
});

test('a caret far to the right', () => {
  const name = 'a'.repeat(100);
  expect(scenarioError(`rules:\n  - {match: udp, name: ${name}}`).message).toBe(
    `s.yaml:2:24: "${name.slice(0, 39)}…" is no name: letters, digits, "_", "." and "-"\n` +
      `    - {match: udp, name: ${'a'.repeat(53)}\n${' '.repeat(25)}^`,
  );
  expect(scenarioError(`rules: [${'udp:53, '.repeat(12)}upd]`).message).toBe(
    's.yaml:1:105: unknown protocol "upd", did you mean udp?\n' +
      `  p:53, ${'udp:53, '.repeat(4)}upd]\n${' '.repeat(40)}^`,
  );
});

test('what stands in the file is shown harmlessly', () => {
  expect(scenarioError('rules: [udp loss \u001b[31m]').message).not.toContain('\u001b');
});

const RIGHT = `rules:
  - &a {match: udp:53, loss: {out: 1%, in: 2% burst 4}}
  - {<<: *a, match: tcp, name: web, rtt: "20ms"}
schedule:
  - at: 10s
    rules:
      - match: web
        loss: 0% -> 5% over 60s
  - {every: 30s, for: 2s, rules: [{match: udp:53, partition: drop}]}
loop: 120s
`;

test('no slip of the pen is met with anything but an error that points at a place', () => {
  expect(parseScenario(RIGHT, 's.yaml', NO_FILES).rules).toHaveLength(2);
  const piece = fc.oneof(
    fc.constantFrom(...'-:[]{}&*<%"\'>|?!@,#\t\n 0', '->', ': ', '- ', 'none', 'out:', '<<'),
    fc.string({ maxLength: 3 }),
  );
  const slip = fc.tuple(fc.nat(RIGHT.length), fc.nat(4), piece);
  fc.assert(
    fc.property(fc.array(slip, { minLength: 1, maxLength: 3 }), (slips) => {
      let text = RIGHT;
      for (const [at, length, inserted] of slips) {
        text = text.slice(0, at) + inserted + text.slice(at + length);
      }
      try {
        parseScenario(text, 's.yaml', NO_FILES);
      } catch (error) {
        if (!(error instanceof NetemuError)) throw error;
        expect(error.message).toMatch(/^s\.yaml:\d+:\d+: \S/);
        expect(error.exitCode).toBe(2);
      }
    }),
    { seed: 7, numRuns: 600 },
  );
});
