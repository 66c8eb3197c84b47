/** Schedules that are wrong, and what users see. */

import { test } from 'vitest';
import { checkScenarioErrors } from '../support/scenario-errors.js';

const RULES = `rules: [udp, {match: tcp:443 dir=out, name: web}, tcp:80, tcp:80]
schedule:
`;

test('entries and changes', () => {
  checkScenarioErrors(
    `
  at: 10s
=> s.yaml:3:3: schedule is a list, each item begins with -, this is a map
    at: 10s
    ^

  - at: 10s
=> s.yaml:3:5: an entry of a schedule has rules: [{match: udp:53, loss: 5%}]
    - at: 10s
      ^

  - 10s
=> s.yaml:3:5: an entry of a schedule is a map with at: and rules:, this is "10s"
    - 10s
      ^

  - {rules: [{match: udp, loss: 1%}]}
=> s.yaml:3:5: an entry of a schedule says when: at: 10s, or every: 30s
    - {rules: [{match: udp, loss: 1%}]}
      ^

  - {at: 10, rules: [{match: udp, loss: 1%}]}
=> s.yaml:3:10: 10 has no unit, did you mean 10s?
    - {at: 10, rules: [{match: udp, loss: 1%}]}
           ^
-> units of time: ns, us, ms, s, min, h

  - {at: , rules: [{match: udp, loss: 1%}]}
=> s.yaml:3:10: at needs a time, as in 30s
    - {at: , rules: [{match: udp, loss: 1%}]}
           ^

  - {at: 10s, every: 30s, rules: [{match: udp, loss: 1%}]}
=> s.yaml:3:15: at and every exclude each other, every begins with from
    - {at: 10s, every: 30s, rules: [{match: udp, loss: 1%}]}
                ^

  - {at: 10s, from: 30s, rules: [{match: udp, loss: 1%}]}
=> s.yaml:3:15: from belongs to every, did you mean at?
    - {at: 10s, from: 30s, rules: [{match: udp, loss: 1%}]}
                ^

  - {every: 30s, rules: [{match: udp, loss: 1%}]}
=> s.yaml:3:6: every needs for, how long it lasts each time
    - {every: 30s, rules: [{match: udp, loss: 1%}]}
       ^
-> for: 2s

  - {every: 30s, for: 30s, rules: [{match: udp, loss: 1%}]}
=> s.yaml:3:23: for: 30s is not shorter than every: 30s
    - {every: 30s, for: 30s, rules: [{match: udp, loss: 1%}]}
                        ^

  - {every: 1ms, for: 1us, rules: [{match: udp, loss: 1%}]}
=> s.yaml:3:13: every: 1ms is too often, the limit is 10ms
    - {every: 1ms, for: 1us, rules: [{match: udp, loss: 1%}]}
              ^

  - {at: 10s, for: 0s, rules: [{match: udp, loss: 1%}]}
=> s.yaml:3:20: a change for no time is none
    - {at: 10s, for: 0s, rules: [{match: udp, loss: 1%}]}
                     ^

  - {at: 10s, rules: []}
=> s.yaml:3:22: rules is empty, nothing would change
    - {at: 10s, rules: []}
                       ^

  - {at: 10s, rules: udp loss 1%}
=> s.yaml:3:22: rules is a list, each item begins with -, this is "udp loss 1%"
    - {at: 10s, rules: udp loss 1%}
                       ^

  - {at: 10s, rules: [udp loss 1%]}
=> s.yaml:3:23: a rule of a schedule is a map, of which the keys given change
    - {at: 10s, rules: [udp loss 1%]}
                        ^
-> as in {match: udp:53, loss: 5%}

  - {at: 10s, rules: [{loss: 1%}]}
=> s.yaml:3:23: which rule is meant? Say it by its match, or its name
    - {at: 10s, rules: [{loss: 1%}]}
                        ^

  - {at: 10s, rules: [{match: udp}]}
=> s.yaml:3:23: nothing would change, as in {match: udp:53, loss: 5%}
    - {at: 10s, rules: [{match: udp}]}
                        ^

  - {at: 10s, rules: [{match: upd, loss: 1%}]}
=> s.yaml:3:31: there is no rule "upd", did you mean udp?
    - {at: 10s, rules: [{match: upd, loss: 1%}]}
                                ^
-> there are: udp, web, tcp:443 dir=out, tcp:80

  - {at: 10s, rules: [{match: tcp, loss: 1%}]}
=> s.yaml:3:31: there is no rule "tcp"
    - {at: 10s, rules: [{match: tcp, loss: 1%}]}
                                ^
-> there are: udp, web, tcp:443 dir=out, tcp:80

  - {at: 10s, rules: [{match: "udp:53:5", loss: 1%}]}
=> s.yaml:3:36: "53:5" is not a port, an address comes after @
    - {at: 10s, rules: [{match: "udp:53:5", loss: 1%}]}
                                     ^
-> udp:53@192.0.2.1

  - {at: 10s, rules: [{match: udp, name: web, loss: 1%}]}
=> s.yaml:3:36: match and name exclude each other here, both say which rule is meant
    - {at: 10s, rules: [{match: udp, name: web, loss: 1%}]}
                                     ^

  - {at: 10s, rules: [{name: wbe, loss: 1%}]}
=> s.yaml:3:30: there is no rule "wbe", did you mean web?
    - {at: 10s, rules: [{name: wbe, loss: 1%}]}
                               ^
-> there are: udp, web, tcp:443 dir=out, tcp:80

  - {at: 10s, rules: [{match: udp, loss: 1%}, {match: udp, delay: 1ms}]}
=> s.yaml:3:47: "udp" is changed twice in this entry
    - {at: 10s, rules: [{match: udp, loss: 1%}, {match: udp, delay: 1ms}]}
                                                ^

  - {at: 10s, rules: [{match: udp, los: 1%}]}
=> s.yaml:3:36: unknown key "los", did you mean loss:?
    - {at: 10s, rules: [{match: udp, los: 1%}]}
                                     ^

  - {at: 10s, when: 5s, rules: [{match: udp, loss: 1%}]}
=> s.yaml:3:15: unknown key "when"
    - {at: 10s, when: 5s, rules: [{match: udp, loss: 1%}]}
                ^
-> an entry of a schedule has: at, every, from, for, rules

  - {at: 10s, rules: [{match: udp, loss: 1}]}
=> s.yaml:3:42: 1 has no unit, did you mean 1%?
    - {at: 10s, rules: [{match: udp, loss: 1}]}
                                           ^

  - {at: 20s, rules: [{match: udp, loss: 1%}]}
  - {at: 10s, rules: [{match: udp, loss: 2%}]}
=> s.yaml:4:10: at: 10s stands behind at: 20s, entries follow each other in time
    - {at: 10s, rules: [{match: udp, loss: 2%}]}
           ^

  - {at: 10s, rules: [{match: udp, loss: 0% -> 5%}]}
=> s.yaml:3:45: a ramp says how long it takes, as in 0% -> 5% over 60s
    - {at: 10s, rules: [{match: udp, loss: 0% -> 5%}]}
                                              ^

  - {at: 10s, rules: [{match: udp, loss: 5% over 60s}]}
=> s.yaml:3:45: a ramp is written 0% -> 5% over 60s
    - {at: 10s, rules: [{match: udp, loss: 5% over 60s}]}
                                              ^

  - {at: 10s, rules: [{match: udp, loss: 0% -> 5 over 60s}]}
=> s.yaml:3:48: 5 has no unit, did you mean 5%?
    - {at: 10s, rules: [{match: udp, loss: 0% -> 5 over 60s}]}
                                                 ^

  - {at: 10s, rules: [{match: udp, loss: 0% -> 5% over 60}]}
=> s.yaml:3:56: 60 has no unit, did you mean 60s?
    - {at: 10s, rules: [{match: udp, loss: 0% -> 5% over 60}]}
                                                         ^
-> units of time: ns, us, ms, s, min, h

  - {at: 10s, rules: [{match: udp, loss: 0 -> 5% burst 4 over 60s}]}
=> s.yaml:3:47: the two ends of a ramp differ in numbers only, as in loss 0% -> 5% over 60s
    - {at: 10s, rules: [{match: udp, loss: 0 -> 5% burst 4 over 60s}]}
                                                ^

  - {at: 10s, rules: [{match: udp, delay: none -> 5ms over 60s}]}
=> s.yaml:3:43: a ramp goes from number to number, as in delay 0ms -> 50ms over 60s
    - {at: 10s, rules: [{match: udp, delay: none -> 5ms over 60s}]}
                                            ^

  - {at: 10s, rules: [{match: udp, partition: drop -> reject over 60s}]}
=> s.yaml:3:55: the two ends of a ramp differ in numbers only
    - {at: 10s, rules: [{match: udp, partition: drop -> reject over 60s}]}
                                                        ^

  - {at: 10s, rules: [{match: udp, loss: 0% -> 5% over 0s}]}
=> s.yaml:3:56: a ramp takes some time
    - {at: 10s, rules: [{match: udp, loss: 0% -> 5% over 0s}]}
                                                         ^

  - {at: 10s, for: 5s, rules: [{match: udp, loss: 0% -> 5% over 60s}]}
=> s.yaml:3:32: a ramp over 1min does not end within for: 5s
    - {at: 10s, for: 5s, rules: [{match: udp, loss: 0% -> 5% over 60s}]}
                                 ^

  - {at: 10s, rules: [{match: udp, delay: 5ms, rtt: 10ms}]}
=> s.yaml:3:48: delay and rtt both set the same, give only one of them
    - {at: 10s, rules: [{match: udp, delay: 5ms, rtt: 10ms}]}
                                                 ^

  - {at: 10s, rules: [{match: udp, queue: 5p}]}
=> s.yaml:3:23: a queue forms before a link, and there is no rate or trace
    - {at: 10s, rules: [{match: udp, queue: 5p}]}
                        ^
-> rate 10mbit queue 100p

  - {at: 10s, rules: [{match: udp, rate: 5mbit, trace: x.up}]}
=> s.yaml:3:23: a trace says itself how fast the link is, and cannot have a rate
    - {at: 10s, rules: [{match: udp, rate: 5mbit, trace: x.up}]}
                        ^
-> leave rate or trace away

  - {at: 10s, rules: [{match: udp, rate: 5mbit}]}
  - {at: 20s, rules: [{match: udp, trace: x.up}]}
=> s.yaml:4:23: a trace says itself how fast the link is, and cannot have a rate
    - {at: 20s, rules: [{match: udp, trace: x.up}]}
                        ^
-> leave rate or trace away

  - {at: 10s, rules: [{match: web, loss: {in: 5%}}]}
=> s.yaml:3:47: in: never applies, as the match has dir=out
    - {at: 10s, rules: [{match: web, loss: {in: 5%}}]}
                                                ^

  - {at: 10s, rules: [{match: web, loss: down:5%}]}
=> s.yaml:3:42: in: never applies, as the match has dir=out
    - {at: 10s, rules: [{match: web, loss: down:5%}]}
                                           ^

  - {at: 10s, rules: [{match: udp, loss: {in: 5%, down: 5%}}]}
=> s.yaml:3:51: loss is given twice for in
    - {at: 10s, rules: [{match: udp, loss: {in: 5%, down: 5%}}]}
                                                    ^

  - {at: 10s, rules: [{match: udp, loss: up:0% -> none over 3s}]}
=> s.yaml:3:51: a ramp goes from number to number, as in loss 0% -> 5% over 60s
    - {at: 10s, rules: [{match: udp, loss: up:0% -> none over 3s}]}
                                                    ^

  - {at: 10s, rules: [{match: web, loss: in:5%}]}
=> s.yaml:3:42: in: never applies, as the match has dir=out
    - {at: 10s, rules: [{match: web, loss: in:5%}]}
                                           ^

  - {at: 10s, rules: [{match: web, rtt: 5ms}]}
=> s.yaml:3:41: rtt needs both directions, and the match has dir=out
    - {at: 10s, rules: [{match: web, rtt: 5ms}]}
                                          ^

  - {at: 10s, rules: [{match: tcp:80, loss: 5%}]}
=> s.yaml:3:31: 2 rules have the match "tcp:80"
    - {at: 10s, rules: [{match: tcp:80, loss: 5%}]}
                                ^
-> give each a name: of its own, and say that here

  - {at: 10s, rules: [{match: udp, loss: {out: in:0% -> 5% over 3s}}]}
=> s.yaml:3:48: the direction is given twice, here it is out already
    - {at: 10s, rules: [{match: udp, loss: {out: in:0% -> 5% over 3s}}]}
                                                 ^

  - {at: 10s, rules: [{match: udp, loss: 5%, profile: none}]}
=> s.yaml:3:55: profile is no impairment that could end
    - {at: 10s, rules: [{match: udp, loss: 5%, profile: none}]}
                                                        ^
-> end what it stands for, as in rate: none

  - {at: 10s, rules: [{match: udp, loss: none 5%}]}
=> s.yaml:3:47: "5%" is not understood there
    - {at: 10s, rules: [{match: udp, loss: none 5%}]}
                                                ^
`,
    RULES,
  );
});

test('loops', () => {
  checkScenarioErrors(`
rules: [udp]
schedule: []
=> s.yaml:2:11: schedule is empty, as in - {at: 10s, rules: [{match: udp:53, loss: 5%}]}
  schedule: []
            ^

rules: [udp]
schedule: [{at: 5s, rules: [{match: udp, loss: 1%}]}]
loop: 1ms
=> s.yaml:3:7: loop: 1ms is too often, the limit is 10ms
  loop: 1ms
        ^

rules: [udp]
schedule: [{at: 5s, rules: [{match: udp, loss: 1%}]}]
loop: 5s
=> s.yaml:2:12: 5s never comes, the loop begins anew after 5s
  schedule: [{at: 5s, rules: [{match: udp, loss: 1%}]}]
             ^

rules: [udp]
schedule: [{at: 5s, for: 5s, rules: [{match: udp, loss: 1%}]}]
loop: 8s
=> s.yaml:2:12: this ends at 10s, and the loop begins anew after 8s
  schedule: [{at: 5s, for: 5s, rules: [{match: udp, loss: 1%}]}]
             ^

rules: [udp]
schedule: [{at: 5s, rules: [{match: udp, loss: 1% -> 2% over 5s}]}]
loop: 8s
=> s.yaml:2:29: a ramp over 5s does not end within the loop of 8s
  schedule: [{at: 5s, rules: [{match: udp, loss: 1% -> 2% over 5s}]}]
                              ^

rules: [udp]
schedule: [{at: 5s, rules: [{match: udp, loss: 1%}]}]
loop: 5
=> s.yaml:3:7: 5 has no unit, did you mean 5s?
  loop: 5
        ^
-> units of time: ns, us, ms, s, min, h
`);
});
