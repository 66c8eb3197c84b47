/** Rule lines with words at the wrong place, or too few or too many, and what users see. */

import { test } from 'vitest';
import { checkRuleErrors } from '../support/rule-errors.js';

test('a rule', () => {
  checkRuleErrors(
    'E_RULE_SYNTAX',
    `
unknown impairment "los", did you mean loss?
  udp:53 los 5%
         ^
-> impairments: partition, outage, loss, ecn, corrupt, duplicate, rate, trace, queue, aqm, delay, rtt, jitter, reorder, slot, rebind, per, compat, profile

"burst" belongs to loss or rate, as in loss 0.5% burst 4
  udp:53 burst 4
         ^

"53" stands alone, a port is joined to its protocol, as in udp:53
  udp 53 loss 1%
      ^

"@192.0.2.1" stands alone, an address is joined to its protocol, as in udp@192.0.2.1
  udp @192.0.2.1 loss 1%
      ^

"tcp:53" is a second match, a rule has one
  udp:53 tcp:53 loss 1%
         ^
-> make a rule of its own for tcp:53

"--loss" is no impairment, did you mean loss?
  udp:53 --loss 1%
         ^

"loss:1%" is no impairment, did you mean loss 1%?
  udp:53 loss:1%
         ^

in: belongs before the value, as in loss in:…
  udp:53 in:loss 1%
         ^

in: belongs before the value, as in loss in:…
  udp:53 in:1%
         ^

"5%" stands alone, as a value it follows its impairment
  udp:53 5%
         ^
-> loss 5%

"drop" belongs to partition, as in partition drop
  udp:53 drop
         ^

"unordered" belongs to jitter, as in jitter 10ms unordered
  udp:53 unordered 5ms
         ^

"20ms" stands alone, as a value it follows its impairment
  udp:53 20ms
         ^
-> delay 20ms
`,
  );
});

test('partition', () => {
  checkRuleErrors(
    'E_RULE_SYNTAX',
    `
"drop" does not fit there
  udp:53 partition drop drop
                        ^
-> partition: drop | reject

"5s" stands alone, as a value it follows its impairment
  udp partition drop 5s
                     ^
-> delay 5s
`,
  );
});

test('outage', () => {
  checkRuleErrors(
    'E_RULE_SYNTAX',
    `
outage needs a value, as in outage on 5s off 2s
  udp outage
            ^
-> outage: on 5s off 2s | on 5s off 2s times 1 | on 5s off 2s exponential

the time off is missing, as in off 2s
  udp outage on 5s
                  ^

the time on is missing, as in on 5s
  udp outage off 5s
                   ^

on is given twice
  udp outage on 5s off 2s on 5s
                          ^

unknown word "exponentail", did you mean exponential?
  udp outage on 5s off 2s exponentail
                          ^

"3" is one value too many for outage
  udp outage on 5s off 2s exponential 3
                                      ^
-> outage: on 5s off 2s | on 5s off 2s times 1 | on 5s off 2s exponential

the time on is missing, as in on 5s
  udp outage exponential
                        ^

the time off is missing, as in off 2s
  udp outage out:on 5s
                      ^
`,
  );
});

test('loss', () => {
  checkRuleErrors(
    'E_RULE_SYNTAX',
    `
loss needs a value, as in loss 0.5%
  udp:53 loss
             ^
-> loss: 0.5% | 0.5% max 3 | 0.5% burst 4 | 0.5% corr 25% | gemodel 1% 10% 70% 0.1% | state 1% 10% 5% 50% 0.1% | nth 2,7,10-12 | first 3 | every 100 | map FILE

loss needs a value, as in loss 0.5%
  udp:53 loss src=192.0.2.1
              ^
-> loss: 0.5% | 0.5% max 3 | 0.5% burst 4 | 0.5% corr 25% | gemodel 1% 10% 70% 0.1% | state 1% 10% 5% 50% 0.1% | nth 2,7,10-12 | first 3 | every 100 | map FILE

nth needs a list, as in nth 2,7,10-12
  udp:53 loss nth
                 ^

first needs a number, as in first 3
  udp:53 loss first
                   ^

loss is given twice
  udp:53 loss 1% loss 2%
                      ^

loss is given twice for in
  udp:53 loss in:1% in:2%
                    ^

loss is given twice
  udp:53 loss in:1% loss 2%
                         ^

the value is joined to in:, did you mean in:2%?
  udp:53 loss in: 2%
              ^

the value is joined to in:, did you mean in:2%?
  udp:53 loss in 2%
              ^

the value is joined to in:, did you mean in:…?
  udp:53 loss in:
              ^

unknown direction "upp", did you mean up:2%?
  udp:53 loss upp:2%
              ^

unknown direction "donw", did you mean down:2%?
  udp:53 loss up:1% loss donw:2%
                         ^

unknown direction "upload", did you mean up:2%?
  udp:53 loss upload:2%
              ^

loss is given twice for out
  udp:53 loss up:1% out:2%
                    ^

loss is given twice for in
  udp:53 loss in:1% loss down:2%
                         ^

the value is joined to down:, did you mean down:2%?
  udp:53 loss down 2%
              ^

the value is joined to up:, did you mean up:…?
  udp:53 loss up
              ^

up: belongs before the value, as in delay up:…
  udp:53 up:delay 1ms
         ^

unknown direction "egress", did you mean out:2%?
  udp:53 loss egress:2%
              ^

in: never applies, as the match has dir=out
  udp:53 dir=out loss in:1%
                      ^

in: never applies, as the match has dir=out
  udp:53 dir=up loss down:1%
                     ^

first needs a number, as in first 3
  tls loss first
                ^

unknown impairment "dely", did you mean delay?
  udp:53 loss 1% dely 10ms
                 ^
-> impairments: partition, outage, loss, ecn, corrupt, duplicate, rate, trace, queue, aqm, delay, rtt, jitter, reorder, slot, rebind, per, compat, profile

max needs a number, as in max 3
  udp loss 1% max
                 ^

burst needs a mean number of packets, as in burst 4
  udp loss 1% burst
                   ^

corr needs a correlation, as in corr 25%
  udp loss 1% corr
                  ^

a correlation is given by name, did you mean corr 25%?
  udp loss 1% 25%
              ^

burst and corr exclude each other, give only one of them
  udp loss 1% burst 4 corr 25%
                      ^

corr and max exclude each other, give only one of them
  udp loss 1% corr 25% max 3
                       ^

burst is given twice
  udp loss 1% burst 4 burst 5
                      ^

gemodel needs a probability, as in gemodel 1% 10%
  udp loss gemodel
                  ^

"5%" is one value too many for loss
  udp loss gemodel 1% 10% 70% 0.1% 5%
                                   ^
-> loss: 0.5% | 0.5% max 3 | 0.5% burst 4 | 0.5% corr 25% | gemodel 1% 10% 70% 0.1% | state 1% 10% 5% 50% 0.1% | nth 2,7,10-12 | first 3 | every 100 | map FILE

state needs a probability, as in state 1% 10%
  udp loss state
                ^

"5%" is one value too many for loss
  udp loss state 1% 10% 5% 5% 5% 5%
                                 ^
-> loss: 0.5% | 0.5% max 3 | 0.5% burst 4 | 0.5% corr 25% | gemodel 1% 10% 70% 0.1% | state 1% 10% 5% 50% 0.1% | nth 2,7,10-12 | first 3 | every 100 | map FILE

loss needs a probability, as in loss 1%
  udp loss random
                 ^

map needs a file, as in map lost.txt
  udp loss map
              ^

none ends an impairment in a schedule only, here leave loss away
  udp loss none
           ^

"20ms" stands alone, as a value it follows its impairment
  udp loss 1% 20ms
              ^
-> delay 20ms
`,
  );
});

test('ecn', () => {
  checkRuleErrors(
    'E_RULE_SYNTAX',
    `
the value is joined to in:, did you mean in:…?
  udp ecn in: loss 1%
          ^

ecn is given twice
  udp ecn ecn
          ^
`,
  );
});

test('corrupt', () => {
  checkRuleErrors(
    'E_RULE_SYNTAX',
    `
corrupt needs a value, as in corrupt 1%
  udp corrupt
             ^
-> corrupt: 1% | 1% corr 25% | 1% max 3 | 1% first 50 | 1% checksum-ok | 1% anywhere

unknown word "checksum", did you mean checksum-ok?
  udp corrupt 1% checksum
                 ^

first needs a number of bytes, as in first 50
  udp corrupt 1% first
                      ^

first is given twice
  udp corrupt 1% first 50 first 60
                          ^

a correlation is given by name, did you mean corr 25%?
  udp corrupt 1% 25%
                 ^

unknown word "anywere", did you mean anywhere?
  udp corrupt 1% anywere
                 ^
`,
  );
});

test('duplicate', () => {
  checkRuleErrors(
    'E_RULE_SYNTAX',
    `
"max" belongs to loss or corrupt, as in loss 0.5% max 3
  udp duplicate 1% max 3
                   ^

duplicate needs a value, as in duplicate 1%
  udp duplicate
               ^
-> duplicate: 1% | 1% corr 25%

a correlation is given by name, did you mean corr 1%?
  udp duplicate 1% 1%
                   ^

unknown direction "rx", did you mean in:5%?
  udp duplicate rx:5%
                ^
`,
  );
});

test('rate', () => {
  checkRuleErrors(
    'E_RULE_SYNTAX',
    `
rate needs a value, as in rate 10mbit
  udp rate
          ^
-> rate: 10mbit | 10mbit overhead 14 | 10mbit cell 48 5 | 10mbit burst 32kb

overhead needs a number of bytes, as in overhead 14
  udp rate 10mbit overhead
                          ^

cell needs a size in bytes, as in cell 48 5
  udp rate 10mbit cell
                      ^

burst needs a size, as in burst 32kb
  udp rate 10mbit burst
                       ^

"100p" stands alone, as a value it follows its impairment
  udp rate 10mbit 100p
                  ^
-> queue 100p

"20ms" stands alone, as a value it follows its impairment
  udp rate 10mbit 20ms
                  ^
-> delay 20ms

overhead is given twice
  udp rate 10mbit overhead 4 overhead 5
                             ^

"64kb" is one value too many for rate
  udp rate 10mbit 64kb
                  ^
-> rate: 10mbit | 10mbit overhead 14 | 10mbit cell 48 5 | 10mbit burst 32kb

rate is given twice
  udp rate in:1mbit rate 2mbit
                         ^
`,
  );
});

test('trace', () => {
  checkRuleErrors(
    'E_RULE_SYNTAX',
    `
trace needs a value, as in trace FILE
  udp trace
           ^
-> trace: FILE | FILE once

unknown impairment "twice", did you mean trace?
  udp trace lte.trace twice
                      ^
-> impairments: partition, outage, loss, ecn, corrupt, duplicate, rate, trace, queue, aqm, delay, rtt, jitter, reorder, slot, rebind, per, compat, profile

trace is given twice
  udp trace lte.trace trace lte.trace
                            ^
`,
  );
});

test('queue', () => {
  checkRuleErrors(
    'E_RULE_SYNTAX',
    `
queue needs a value, as in queue 100p
  udp rate 1mbit queue
                      ^
-> queue: 100p | 64kb | 50ms | 100p 64kb | unlimited

queue has two limits in packets
  udp rate 1mbit queue 100p 200p
                            ^

queue has two limits in bytes
  udp rate 1mbit queue 64kb 5mb
                            ^

"5p" is one value too many for queue
  udp rate 1mbit queue unlimited 5p
                                 ^
-> queue: 100p | 64kb | 50ms | 100p 64kb | unlimited

queue is given twice for in
  udp queue in:5p in:6p
                  ^

out: never applies, as the match has dir=in
  udp dir=in queue out:5p
                   ^
`,
  );
});

test('aqm', () => {
  checkRuleErrors(
    'E_RULE_SYNTAX',
    `
aqm needs a value, as in aqm droptail
  udp rate 1mbit aqm
                    ^
-> aqm: droptail | drophead | codel | codel target 5ms interval 100ms | pie | pie target 15ms update 15ms

"5ms" is one value too many for aqm
  udp rate 1mbit aqm codel 5ms
                           ^
-> aqm: droptail | drophead | codel | codel target 5ms interval 100ms | pie | pie target 15ms update 15ms

target needs a duration, as in target 5ms
  udp rate 1mbit aqm codel target
                                 ^

"update" does not fit there
  udp rate 1mbit aqm codel update 15ms
                           ^
-> aqm: droptail | drophead | codel | codel target 5ms interval 100ms | pie | pie target 15ms update 15ms

"interval" does not fit there
  udp rate 1mbit aqm pie interval 15ms
                         ^
-> aqm: droptail | drophead | codel | codel target 5ms interval 100ms | pie | pie target 15ms update 15ms

"target" does not fit there
  udp rate 1mbit aqm droptail target 5ms
                              ^
-> aqm: droptail | drophead | codel | codel target 5ms interval 100ms | pie | pie target 15ms update 15ms
`,
  );
});

test('delay', () => {
  checkRuleErrors(
    'E_RULE_SYNTAX',
    `
loss needs a value, as in loss 0.5%
  udp:53 loss delay 10ms
              ^
-> loss: 0.5% | 0.5% max 3 | 0.5% burst 4 | 0.5% corr 25% | gemodel 1% 10% 70% 0.1% | state 1% 10% 5% 50% 0.1% | nth 2,7,10-12 | first 3 | every 100 | map FILE

delay needs a value, as in delay 50ms
  udp:53 delay
              ^

rtt and delay both set the same, give only one of them
  udp:53 rtt 100ms delay 50ms
                         ^

delay is given twice for out
  udp:53 loss 1% delay out:10ms out:20ms
                                ^

a second time is given by name, did you mean jitter 5ms?
  udp delay 10ms 5ms
                 ^

"normal" belongs to jitter, as in jitter 10ms normal
  udp delay 10ms normal
                 ^

a second time is given by name, did you mean jitter 5ms?
  udp delay in:10ms 5ms
                    ^

none ends an impairment in a schedule only, here leave delay away
  udp delay in:none
               ^
`,
  );
});

test('rtt', () => {
  checkRuleErrors(
    'E_RULE_SYNTAX',
    `
rtt is for both directions, did you mean delay in:…?
  udp:53 rtt in:100ms
             ^

rtt needs both directions, and the match has dir=out
  udp:53 dir=out rtt 100ms
                     ^

"10ms" is one value too many for rtt
  udp rtt 100ms 10ms
                ^
-> rtt: 100ms
`,
  );
});

test('jitter', () => {
  checkRuleErrors(
    'E_RULE_SYNTAX',
    `
jitter needs a value, as in jitter 10ms
  udp:53 jitter
               ^
-> jitter: 10ms | 10ms normal | 10ms FILE | 10ms corr 25% | 10ms unordered

unknown word "unorderd", did you mean unordered?
  udp:53 jitter 10ms unorderd
                     ^

corr needs a jitter to correlate, as in jitter 10ms corr 25%
  udp jitter corr 25%
             ^

corr needs a correlation, as in corr 25%
  udp jitter 10ms corr
                      ^

a correlation is given by name, did you mean corr 25%?
  udp jitter 10ms 25%
                  ^

unknown word "norml", did you mean normal?
  udp jitter 10ms norml
                  ^

"pareto" does not fit there
  udp jitter 10ms normal pareto
                         ^
-> jitter: 10ms | 10ms normal | 10ms FILE | 10ms corr 25% | 10ms unordered

"distribution" belongs to slot, as in slot distribution normal 10ms 2ms
  udp jitter 10ms distribution normal
                  ^

unknown impairment "wifi"
  udp jitter 10ms wifi
                  ^
-> a file is given with a slash or an extension, as in ./wifi

unordered is given twice
  udp jitter 10ms unordered unordered
                            ^

corr is given twice
  udp jitter 10ms corr 25% corr 30%
                           ^

"5ms" is one value too many for jitter
  udp jitter 10ms 5ms
                  ^
-> jitter: 10ms | 10ms normal | 10ms FILE | 10ms corr 25% | 10ms unordered
`,
  );
});

test('reorder', () => {
  checkRuleErrors(
    'E_RULE_SYNTAX',
    `
reorder needs a value, as in reorder 5%
  udp reorder
             ^
-> reorder: 5% | 5% corr 25% | 5% gap 5 | 5% by 3

gap and by exclude each other, give only one of them
  udp delay 1ms reorder 5% gap 3 by 3
                                 ^

by needs a number, as in by 3
  udp reorder 5% by
                   ^

a correlation is given by name, did you mean corr 50%?
  udp reorder 5% by 3 50%
                      ^

a correlation is given by name, did you mean corr 50%?
  udp delay 1ms reorder 25% 50%
                            ^
`,
  );
});

test('slot', () => {
  checkRuleErrors(
    'E_RULE_SYNTAX',
    `
slot needs a value, as in slot 10ms
  udp slot
          ^
-> slot: 10ms | 5ms 10ms | 10ms packets 8 | 10ms bytes 64kb | distribution normal 10ms 2ms

"15ms" is one value too many for slot
  udp slot 5ms 10ms 15ms
                    ^
-> slot: 10ms | 5ms 10ms | 10ms packets 8 | 10ms bytes 64kb | distribution normal 10ms 2ms

packets needs a number, as in packets 3
  udp slot 10ms packets
                       ^

packets is given twice
  udp slot 10ms packets 8 packets 9
                          ^

distribution needs a name, as in distribution normal 10ms 2ms
  udp slot distribution
                       ^

a distribution needs a delay and a spread, as in distribution normal 10ms 2ms
  udp slot distribution normal
                              ^

a distribution needs a delay and a spread, as in distribution normal 10ms 2ms
  udp slot distribution normal 10ms
                                   ^
`,
  );
});

test('rebind', () => {
  checkRuleErrors(
    'E_RULE_SYNTAX',
    `
rebind needs a value, as in rebind 5s
  udp rebind
            ^
-> rebind: 5s | 5s first 1s | 5s once | 5s address 198.51.100.0/24

first needs a duration, as in first 1s
  udp rebind 5s first
                     ^

address needs a prefix, as in address 198.51.100.0/24
  udp rebind 5s address
                       ^

unknown impairment "port"
  udp rebind 5s port 53
                ^
-> impairments: partition, outage, loss, ecn, corrupt, duplicate, rate, trace, queue, aqm, delay, rtt, jitter, reorder, slot, rebind, per, compat, profile
`,
  );
});

test('per', () => {
  checkRuleErrors(
    'E_RULE_SYNTAX',
    `
per needs a value, as in per flow
  udp per
         ^
`,
  );
});

test('compat', () => {
  checkRuleErrors(
    'E_RULE_SYNTAX',
    `
compat needs a value, as in compat netem
  udp compat
            ^
`,
  );
});

test('profile', () => {
  checkRuleErrors(
    'E_RULE_SYNTAX',
    `
profile needs a value, as in profile lte
  udp profile
             ^
-> profile: lte | starlink | handshakeloss | blackhole --on=5s --off=2s
`,
  );
});
