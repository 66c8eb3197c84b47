/** Impairments that are right alone and do not go together, and what users see. */

import { test } from 'vitest';
import { checkRuleErrors } from '../support/rule-errors.js';

test('what does not go together', () => {
  checkRuleErrors(
    'E_RULE_SYNTAX',
    `
a queue forms before a link, and there is no rate or trace
  udp queue 100p
            ^
-> rate 10mbit queue 100p

aqm manages the queue before a link, and there is no rate or trace
  udp aqm codel
          ^
-> rate 10mbit aqm codel

out: a queue forms before a link, and there is no rate or trace
  udp rate in:1mbit queue out:100p
                          ^
-> rate 10mbit queue 100p

out: aqm manages the queue before a link, and there is no rate or trace
  udp rate in:1mbit aqm out:codel
                        ^
-> rate 10mbit aqm codel

a trace says itself how fast the link is, and cannot have a rate
  udp rate 1mbit trace lte.trace
                       ^
-> leave rate or trace away

out: a trace says itself how fast the link is, and cannot have a rate
  udp rate out:1mbit trace lte.trace
                           ^
-> leave rate or trace away

a trace says itself how fast the link is, and cannot have a rate
  udp rate 1mbit burst 32kb trace lte.trace
                                  ^
-> leave rate or trace away

reordered packets skip the delay, and there is no delay or jitter
  udp reorder 5%
              ^
-> delay 10ms reorder 5%, or without a delay: reorder 5% by 3

in: reordered packets skip the delay, and there is no delay or jitter
  udp delay out:5ms reorder in:5%
                            ^
-> delay 10ms reorder 5%, or without a delay: reorder 5% by 3

reordered packets skip the delay, and there is no delay or jitter
  udp delay 0ms reorder 5%
                        ^
-> delay 10ms reorder 5%, or without a delay: reorder 5% by 3

slots keep the order of packets, and cannot have a jitter that is unordered
  udp slot 5ms jitter 1ms unordered
           ^
-> leave slot or unordered away

in: slots keep the order of packets, and cannot have a jitter that is unordered
  udp slot in:5ms jitter 1ms unordered
           ^
-> leave slot or unordered away

ecn marks what loss or aqm would drop, and there is neither
  udp ecn
      ^
-> loss 1% ecn

in: ecn marks what loss or aqm would drop, and there is neither
  udp ecn in:on loss out:1%
          ^
-> loss 1% ecn

ecn marks what loss or aqm would drop, and there is neither
  udp rate 1mbit ecn
                 ^
-> loss 1% ecn

tc-netem has no partition reject, so compat netem has none
  udp compat netem partition reject
                             ^
-> leave compat netem or partition reject away

tc-netem has no outage, so compat netem has none
  udp compat netem outage on 1s off 1s
                          ^
-> leave compat netem or outage away

tc-netem has no loss with max, so compat netem has none
  udp compat netem loss 1% max 3
                        ^
-> leave compat netem or max away

tc-netem has no loss burst, so compat netem has none
  udp compat netem loss 1% burst 3
                        ^
-> leave compat netem or loss burst away

tc-netem has no loss nth, so compat netem has none
  udp compat netem loss nth 3
                        ^
-> leave compat netem or loss nth away

tc-netem has no loss first, so compat netem has none
  udp compat netem loss first 3
                        ^
-> leave compat netem or loss first away

tc-netem has no loss every, so compat netem has none
  udp compat netem loss every 3
                        ^
-> leave compat netem or loss every away

tc-netem has no loss map, so compat netem has none
  udp compat netem loss map lost.map
                        ^
-> leave compat netem or loss map away

tc-netem has no corrupt with max, so compat netem has none
  udp compat netem corrupt 1% max 3
                           ^
-> leave compat netem or max away

tc-netem has no corrupt with first, so compat netem has none
  udp compat netem corrupt 1% first 5
                           ^
-> leave compat netem or first away

tc-netem has no corrupt with checksum-ok, so compat netem has none
  udp compat netem corrupt 1% checksum-ok
                           ^
-> leave compat netem or checksum-ok away

tc-netem has no rate with burst, so compat netem has none
  udp compat netem rate 1mbit burst 3kb
                        ^
-> leave compat netem or burst away

tc-netem has no trace, so compat netem has none
  udp compat netem trace lte.trace
                         ^
-> leave compat netem or trace away

tc-netem has no queue before its rate, so compat netem has none
  udp compat netem rate 1mbit queue 5p
                                    ^
-> leave compat netem or queue away

tc-netem has no aqm, so compat netem has none
  udp compat netem rate 1mbit aqm codel
                                  ^
-> leave compat netem or aqm away

tc-netem has no reorder by, so compat netem has none
  udp compat netem reorder 5% by 3
                           ^
-> leave compat netem or reorder by away

tc-netem has no rebind, so compat netem has none
  udp compat netem rebind 5s
                          ^
-> leave compat netem or rebind away

tc-netem has no state per flow, so compat netem has none
  udp compat netem per flow
                       ^
-> leave compat netem or per flow away

in: tc-netem has no state per flow, so compat netem has none
  udp compat in:netem per flow
                          ^
-> leave compat netem or per flow away
`,
  );
});
