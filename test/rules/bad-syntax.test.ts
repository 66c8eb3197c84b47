/** Rule lines with words at the wrong place, and what users see. */

import { test } from 'vitest';
import { checkRuleErrors } from '../support/rule-errors.js';

test('what stands where', () => {
  checkRuleErrors(
    'E_RULE_SYNTAX',
    `
unknown impairment "los", did you mean loss?
  udp:53 los 5%
         ^
-> impairments: loss, delay, rtt, jitter, partition

unknown impairment "burst"
  udp:53 burst 4
         ^
-> impairments: loss, delay, rtt, jitter, partition

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

loss needs a value, such as 0.5% | nth 2,7,10-12 | first 3 | every 100
  udp:53 loss
             ^

loss needs a value, such as 0.5% | nth 2,7,10-12 | first 3 | every 100
  udp:53 loss delay 10ms
              ^

loss needs a value, such as 0.5% | nth 2,7,10-12 | first 3 | every 100
  udp:53 loss src=192.0.2.1
              ^

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

unknown direction "up", did you mean out:2%?
  udp:53 loss up:2%
              ^

unknown direction "egress", did you mean out:2%?
  udp:53 loss egress:2%
              ^

delay needs a value, such as 50ms
  udp:53 delay
              ^

rtt is for both directions, did you mean delay in:…?
  udp:53 rtt in:100ms
             ^

rtt and delay both set the same, give only one of them
  udp:53 rtt 100ms delay 50ms
                         ^

rtt needs both directions, and the match has dir=out
  udp:53 dir=out rtt 100ms
                     ^

in: never applies, as the match has dir=out
  udp:53 dir=out loss in:1%
                      ^

jitter needs a value, such as 10ms | 10ms unordered
  udp:53 jitter
               ^

unknown word "unorderd", did you mean unordered?
  udp:53 jitter 10ms unorderd
                     ^

"drop" belongs to partition, as in partition drop
  udp:53 partition drop drop
                        ^

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

first needs a number, as in first 3
  tls loss first
                ^

unknown impairment "rate"
  udp rate 10mbit
      ^
-> impairments: loss, delay, rtt, jitter, partition

unknown impairment "dely", did you mean delay?
  udp:53 loss 1% dely 10ms
                 ^
-> impairments: loss, delay, rtt, jitter, partition

delay is given twice for out
  udp:53 loss 1% delay out:10ms out:20ms
                                ^
`,
  );
});
