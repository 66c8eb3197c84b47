/** Rule lines with wrong values of each impairment, and what users see. */

import { test } from 'vitest';
import { checkRuleErrors } from '../support/rule-errors.js';

test('partition', () => {
  checkRuleErrors(
    'E_VALUE',
    `
unknown kind of partition "rejct", did you mean reject?
  udp:53 partition rejct
                   ^
-> partition: drop | reject

unknown kind of partition "drp", did you mean drop?
  udp:53 partition drp
                   ^
-> partition: drop | reject

unknown kind of partition "50%"
  udp partition 50%
                ^
-> partition: drop | reject
`,
  );
});

test('outage', () => {
  checkRuleErrors(
    'E_VALUE',
    `
an outage says how long the link is on and off
  udp outage 5s
             ^
-> outage on 5s off 2s

a link that is never on is a partition
  udp outage on 0s off 2s
                ^
-> partition drop

a link that is never off has no outage
  udp outage on 5s off 0
                       ^

5 has no unit, did you mean 5s?
  udp outage on 5 off 2s
                ^
-> units of time: ns, us, ms, s, min, h

25h is more than 24h, the limit
  udp outage on 25h off 2s
                ^
`,
  );
});

test('loss', () => {
  checkRuleErrors(
    'E_VALUE',
    `
5 has no unit, did you mean 5%?
  udp:53 loss 5
              ^

0.5 has no unit, did you mean 0.5% or 50%?
  udp:53 loss 0.5
              ^

101% is more than 100%
  udp:53 loss 101%
              ^

"-1%" is negative
  udp:53 loss -1%
              ^

"+1%" has a sign, write 1%
  udp:53 loss +1%
              ^

"0,5%" is not a number, did you mean 0.5%?
  udp:53 loss 0,5%
               ^

5 has no unit, did you mean 5%?
  udp:53 loss 5 %
              ^

unknown unit "%%", a probability is in %, as in 0.5%
  udp:53 loss 5%%
               ^

unknown unit "ms", a probability is in %, as in 0.5%
  udp:53 loss 5ms
               ^

"1.2.3%" is not a probability, as in 0.5%
  udp:53 loss 1.2.3%
              ^

unknown kind of loss "five"
  udp:53 loss five
              ^
-> loss: 0.5% | 0.5% max 3 | 0.5% burst 4 | 0.5% corr 25% | gemodel 1% 10% 70% 0.1% | state 1% 10% 5% 50% 0.1% | nth 2,7,10-12 | first 3 | every 100 | map FILE

unknown kind of loss "nht", did you mean nth?
  udp:53 loss nht 3
              ^
-> loss: 0.5% | 0.5% max 3 | 0.5% burst 4 | 0.5% corr 25% | gemodel 1% 10% 70% 0.1% | state 1% 10% 5% 50% 0.1% | nth 2,7,10-12 | first 3 | every 100 | map FILE

0 is not the number of a packet, packets are counted from 1
  udp:53 loss nth 0
                  ^

a number is missing in "2,,3"
  udp:53 loss nth 2,,3
                    ^
-> a list has no blanks: 2,7,10-12

a number is missing in "2,"
  udp:53 loss nth 2, 3
                    ^
-> a list has no blanks: 2,7,10-12

the range 5-3 runs backwards, did you mean 3-5?
  udp:53 loss nth 5-3
                  ^

the range "3-" has no end, as in 10-12
  udp:53 loss nth 3-
                    ^

"x" is not the number of a packet, a whole number from 1
  udp:53 loss nth x
                  ^

0 is not a number of packets, packets are counted from 1
  udp:53 loss first 0
                    ^

"2.5" is not a number of packets, a whole number from 1
  udp:53 loss first 2.5
                    ^

0 is not a number of packets, packets are counted from 1
  udp:53 loss every 0
                    ^

"99999999999999999999" is more than 2^53
  udp:53 loss every 99999999999999999999
                    ^

max follows a probability, as in loss 0.5% max …
  udp loss max 3
           ^
-> loss: 0.5% | 0.5% max 3 | 0.5% burst 4 | 0.5% corr 25% | gemodel 1% 10% 70% 0.1% | state 1% 10% 5% 50% 0.1% | nth 2,7,10-12 | first 3 | every 100 | map FILE

burst follows a probability, as in loss 0.5% burst …
  udp loss burst 4
           ^
-> loss: 0.5% | 0.5% max 3 | 0.5% burst 4 | 0.5% corr 25% | gemodel 1% 10% 70% 0.1% | state 1% 10% 5% 50% 0.1% | nth 2,7,10-12 | first 3 | every 100 | map FILE

0 is not a number of packets, packets are counted from 1
  udp loss 1% max 0
                  ^

a burst has at least 1 packet, not 0.5
  udp loss 1% burst 0.5
                    ^

"x" is not a mean number of packets, as in burst 4
  udp loss 1% burst x
                    ^

"-3" is not a mean number of packets, as in burst 4
  udp loss 1% burst -3
                    ^

"5%" is not a mean number of packets, as in burst 4
  udp loss 1% burst 5%
                    ^

2000000 is more than 1000000 packets, the longest burst
  udp loss 1% burst 2000000
                    ^

to lose 90% bursts are 9 packets or longer
  udp loss 90% burst 4
                     ^
-> burst 9

to lose 99% bursts are 99 packets or longer
  udp loss 99% burst 4
                     ^
-> burst 99

where everything is lost a burst has no end
  udp loss 100% burst 4
                      ^
-> loss 100%

with a correlation of 100% the first packet decides for all others
  udp loss 1% corr 100%
                   ^

25 has no unit, did you mean 25%?
  udp loss 1% corr 25
                   ^

101% is more than 100%
  udp loss 1% corr 101%
                   ^

1 has no unit, did you mean 1%?
  udp loss gemodel 1
                   ^

"x" is not a probability, as in 0.5%
  udp loss gemodel x
                   ^

101% is more than 100%
  udp loss gemodel 1% 101%
                      ^

"p" is not a probability, as in 0.5%
  udp loss gemodel p 1%
                   ^

1 has no unit, did you mean 1%?
  udp loss state 1 10
                 ^

P13 and P14 leave state 1, together at most 100% and not 110%
  udp loss state 60% 20% 10% 10% 50%
                                 ^

P31 and P32 leave state 3, together at most 100% and not 120%
  udp loss state 1% 60% 60%
                        ^

unknown kind of loss "gmodel", did you mean gemodel?
  udp loss gmodel 1%
           ^
-> loss: 0.5% | 0.5% max 3 | 0.5% burst 4 | 0.5% corr 25% | gemodel 1% 10% 70% 0.1% | state 1% 10% 5% 50% 0.1% | nth 2,7,10-12 | first 3 | every 100 | map FILE

"five" is not a probability, as in 0.5%
  udp loss random five
                  ^

the range "2-" has no end, as in 10-12
  udp loss nth 1,2-
                   ^

"2-3" is not the number of a packet, a whole number from 1
  udp loss nth 1-2-3
                 ^

"-3" is not a number of packets, a whole number from 1
  udp loss first -3
                 ^

"1.5" is not a number of packets, a whole number from 1
  udp loss every 1.5
                 ^
`,
  );
});

test('ecn', () => {
  checkRuleErrors(
    'E_VALUE',
    `
unknown value of ecn "5%"
  udp ecn 5%
          ^
-> ecn: on

unknown value of ecn "yes"
  udp ecn yes loss 1%
          ^
-> ecn: on
`,
  );
});

test('corrupt', () => {
  checkRuleErrors(
    'E_VALUE',
    `
5 has no unit, did you mean 5%?
  udp corrupt 5
              ^

"checksum-ok" is not a probability, as in 0.5%
  udp corrupt checksum-ok
              ^

"0" is not a number of bytes, from 1
  udp corrupt 1% first 0
                       ^

"x" is not a size, as in 64kb
  udp corrupt 1% first x
                       ^

"-5" is negative
  udp corrupt 1% first -5
                       ^

"x" is not a number of packets, a whole number from 1
  udp corrupt 1% max x
                     ^
`,
  );
});

test('duplicate', () => {
  checkRuleErrors(
    'E_VALUE',
    `
"two" is not a probability, as in 0.5%
  udp duplicate two
                ^

with a correlation of 100% the first packet decides for all others
  udp duplicate 1% corr 100%
                        ^

101% is more than 100%
  udp duplicate 101%
                ^
`,
  );
});

test('rate', () => {
  checkRuleErrors(
    'E_VALUE',
    `
"fast" is not a rate, as in 10mbit
  udp rate fast
           ^

10 has no unit, did you mean 10mbit?
  udp rate 10
           ^
-> units of rate: bit, kbit, mbit, gbit, tbit (powers of 1000), kibit, mibit, gibit

nothing ever leaves a link with a rate of 0
  udp rate 0
           ^
-> partition drop

nothing ever leaves a link with a rate of 0
  udp rate 0mbit
           ^
-> partition drop

"-10mbit" is negative
  udp rate -10mbit
           ^

tc reads mbps as bytes, did you mean 10mbit or 80mbit?
  udp rate 10mbps
             ^
-> units of rate: bit, kbit, mbit, gbit, tbit (powers of 1000), kibit, mibit, gibit

tc reads mbps as bytes, did you mean 1.5mbit or 12mbit?
  udp rate 1.5mbps
              ^
-> units of rate: bit, kbit, mbit, gbit, tbit (powers of 1000), kibit, mibit, gibit

tc reads kbps as bytes, did you mean 100kbit or 800kbit?
  udp rate 100kbps
              ^
-> units of rate: bit, kbit, mbit, gbit, tbit (powers of 1000), kibit, mibit, gibit

"mb" are bytes, did you mean 10mbit or 80mbit?
  udp rate 10MB
             ^
-> units of rate: bit, kbit, mbit, gbit, tbit (powers of 1000), kibit, mibit, gibit

"mb/s" are bytes, did you mean 10mbit or 80mbit?
  udp rate 10mb/s
             ^
-> units of rate: bit, kbit, mbit, gbit, tbit (powers of 1000), kibit, mibit, gibit

unknown unit "mbit/s" of rate, did you mean 10mbit?
  udp rate 10mbit/s
             ^
-> units of rate: bit, kbit, mbit, gbit, tbit (powers of 1000), kibit, mibit, gibit

unknown unit "m" of rate, did you mean 10mbit?
  udp rate 10m
             ^
-> units of rate: bit, kbit, mbit, gbit, tbit (powers of 1000), kibit, mibit, gibit

unknown unit "mbits" of rate, did you mean 10mbit?
  udp rate 10mbits
             ^
-> units of rate: bit, kbit, mbit, gbit, tbit (powers of 1000), kibit, mibit, gibit

unknown unit "mbt" of rate, did you mean mbit?
  udp rate 10mbt
             ^
-> units of rate: bit, kbit, mbit, gbit, tbit (powers of 1000), kibit, mibit, gibit

unknown unit "ms" of rate
  udp rate 10ms
             ^
-> units of rate: bit, kbit, mbit, gbit, tbit (powers of 1000), kibit, mibit, gibit

0.1bit is less than a bit per second
  udp rate 0.1bit
           ^

2tbit is more than 1tbit, the fastest link
  udp rate 2tbit
           ^

10 has no unit, did you mean 10mbit?
  udp rate 10 mbit
           ^
-> units of rate: bit, kbit, mbit, gbit, tbit (powers of 1000), kibit, mibit, gibit

"x" is not a whole number of bytes, as in 14 or -20
  udp rate 10mbit overhead x
                           ^

"14b" is not a whole number of bytes, as in 14 or -20
  udp rate 10mbit overhead 14b
                           ^

5000 is not within ±1500 bytes, the limit
  udp rate 10mbit overhead 5000
                           ^

"0" is not a number of bytes, from 1
  udp rate 10mbit cell 0
                       ^

100000 is more than 65535 bytes, the limit
  udp rate 10mbit cell 100000
                       ^

a cell of 48 with an overhead of -48 has no bytes
  udp rate 10mbit cell 48 -48
                          ^

32 has no unit, did you mean 32mb or 32b?
  udp rate 10mbit burst 32
                        ^
-> units of size: b, kb, mb, gb (powers of 1000), kib, mib, gib (powers of 1024)

unknown unit "kbit" of size
  udp rate 10mbit burst 32kbit
                          ^
-> units of size: b, kb, mb, gb (powers of 1000), kib, mib, gib (powers of 1024)

1.5b is not a whole number of bytes
  udp rate 10mbit burst 1.5b
                        ^
`,
  );
});

test('queue', () => {
  checkRuleErrors(
    'E_VALUE',
    `
"100" has no unit, did you mean 100p?
  udp rate 1mbit queue 100
                       ^
-> units of a queue: p (packets), b kb mb (bytes), ms s (time), as in 100p

0 is not a number of packets, packets are counted from 1
  udp rate 1mbit queue 0p
                       ^

a queue of 0ms holds nothing, not even to send it
  udp rate 1mbit queue 0ms
                       ^

"5m" could be megabytes or minutes
  udp rate 1mbit queue 5m
                       ^
-> 5mb or 5min

unknown unit "mbit" of a queue
  udp rate 1mbit queue 5mbit
                        ^
-> units of a queue: p (packets), b kb mb (bytes), ms s (time), as in 100p

"big" is not the limit of a queue, as in 100p
  udp rate 1mbit queue big
                       ^
-> units of a queue: p (packets), b kb mb (bytes), ms s (time), as in 100p

"1.5" is not a number of packets, a whole number from 1
  udp rate 1mbit queue 1.5p
                       ^

"-5" is not a number of packets, a whole number from 1
  udp rate 1mbit queue -5p
                       ^

25h is more than 24h, the longest queue
  udp rate 1mbit queue 25h
                       ^

unknown unit "px" of a queue
  udp rate 1mbit queue 100px
                          ^
-> units of a queue: p (packets), b kb mb (bytes), ms s (time), as in 100p

0.5b is not a whole number of bytes
  udp rate 1mbit queue 0.5b
                       ^

"unlimted" is not the limit of a queue, did you mean unlimited?
  udp rate 1mbit queue unlimted
                       ^
-> units of a queue: p (packets), b kb mb (bytes), ms s (time), as in 100p
`,
  );
});

test('aqm', () => {
  checkRuleErrors(
    'E_VALUE',
    `
unknown kind of queue management "red"
  udp rate 1mbit aqm red
                     ^
-> aqm: droptail | drophead | codel | pie

unknown kind of queue management "codle", did you mean codel?
  udp rate 1mbit aqm codle
                     ^
-> aqm: droptail | drophead | codel | pie

codel cannot work with a time of 0
  udp rate 1mbit aqm codel target 0
                                  ^

5 has no unit, did you mean 5ms?
  udp rate 1mbit aqm codel target 5
                                  ^
-> units of time: ns, us, ms, s, min, h

pie cannot work with a time of 0
  udp rate 1mbit aqm pie update 0ms
                                ^

unknown kind of queue management "drop"
  udp rate 10mbit aqm drop
                      ^
-> aqm: droptail | drophead | codel | pie
`,
  );
});

test('delay', () => {
  checkRuleErrors(
    'E_VALUE',
    `
10 has no unit, did you mean 10ms?
  udp:53 delay 10
               ^
-> units of time: ns, us, ms, s, min, h

unknown unit "mss" of time, did you mean ms?
  udp:53 delay 10mss
                 ^
-> units of time: ns, us, ms, s, min, h

10 has no unit, did you mean 10ms?
  udp:53 delay 10 ms
               ^
-> units of time: ns, us, ms, s, min, h

"ms" is not a duration, as in 20ms
  udp:53 delay ms
               ^

"-5ms" is negative
  udp:53 delay -5ms
               ^

unknown unit "e3ms" of time
  udp:53 delay 1e3ms
                ^
-> units of time: ns, us, ms, s, min, h

25h is more than 24h, the longest delay
  udp:53 delay 25h
               ^

0.1ns is less than a nanosecond
  udp:53 delay 0.1ns
               ^

9999999h is more than 104 days
  udp:53 delay 9999999h
               ^

"111111111111111111111111111111111111111…" has too many digits
  udp:53 delay 1111111111111111111111111111111111111111111ms
               ^
`,
  );
});

test('rtt', () => {
  checkRuleErrors(
    'E_VALUE',
    `
100 has no unit, did you mean 100ms?
  udp:53 rtt 100
             ^
-> units of time: ns, us, ms, s, min, h

25h is more than 24h, the longest rtt
  udp rtt 25h
          ^
`,
  );
});

test('jitter', () => {
  checkRuleErrors(
    'E_VALUE',
    `
10 has no unit, did you mean 10ms?
  udp:53 jitter 10
                ^
-> units of time: ns, us, ms, s, min, h

"normal" is not a duration, as in 20ms
  udp:53 jitter normal
                ^

with a correlation of 100% the first packet decides for all others
  udp jitter 10ms corr 100%
                       ^

"wifi.dist" is not a duration, as in 20ms
  udp jitter in:wifi.dist
                ^
`,
  );
});

test('reorder', () => {
  checkRuleErrors(
    'E_VALUE',
    `
5 has no unit, did you mean 5%?
  udp reorder 5
              ^

"by" is not a probability, as in 0.5%
  udp reorder by 3
              ^

0 is not a number of packets, packets are counted from 1
  udp delay 1ms reorder 5% gap 0
                               ^

"x" is not a number of packets, a whole number from 1
  udp delay 1ms reorder 5% gap x
                               ^

0 is not a number of packets, packets are counted from 1
  udp reorder 5% by 0
                    ^

"2000" is more than 1000, the limit
  udp reorder 5% by 2000
                    ^

"1.5" is not a number of packets, a whole number from 1
  udp reorder 5% by 1.5
                    ^
`,
  );
});

test('slot', () => {
  checkRuleErrors(
    'E_VALUE',
    `
slots that follow at once are none
  udp slot 0
           ^
-> leave slot away

slots that follow at once are none
  udp slot 5ms 0
               ^
-> leave slot away

the slots run backwards, did you mean 5ms 10ms?
  udp slot 10ms 5ms
                ^

10 has no unit, did you mean 10ms?
  udp slot 10
           ^
-> units of time: ns, us, ms, s, min, h

0 is not a number of packets, packets are counted from 1
  udp slot 10ms packets 0
                        ^

"0" is not a number of bytes, from 1
  udp slot 10ms bytes 0
                      ^

unknown unit "kbit" of size
  udp slot 10ms bytes 5kbit
                       ^
-> units of size: b, kb, mb, gb (powers of 1000), kib, mib, gib (powers of 1024)

unknown distribution "norml", did you mean normal?
  udp slot distribution norml 10ms 2ms
                        ^
-> distributions: uniform, normal, pareto, paretonormal, or a file, as in ./FILE

unknown distribution "10ms"
  udp slot distribution 10ms 2ms
                        ^
-> distributions: uniform, normal, pareto, paretonormal, or a file, as in ./FILE

slots that follow at once are none
  udp slot distribution normal 0 2ms
                               ^
-> leave slot away

unknown unit "mb" of time, did you mean ms?
  udp slot 10ms 5mb
                 ^
-> units of time: ns, us, ms, s, min, h
`,
  );
});

test('rebind', () => {
  checkRuleErrors(
    'E_VALUE',
    `
a rebinding every 0 s would never end
  udp rebind 0s
             ^

5 has no unit, did you mean 5s?
  udp rebind 5
             ^
-> units of time: ns, us, ms, s, min, h

before anything was sent nothing is bound
  udp rebind 5s first 0
                      ^

300 is more than 255 in "10.0.0.300"
  udp rebind 5s address 10.0.0.300
                               ^

an IPv4 prefix is at most /32, not /33
  udp rebind 5s address 10.0.0.0/33
                                 ^

"example.com" is not an IP address
  udp rebind 5s address example.com
                        ^
-> names are not resolved: give the address
`,
  );
});

test('per', () => {
  checkRuleErrors(
    'E_VALUE',
    `
unknown value of per "packet"
  udp per packet
          ^
-> per: flow

unknown value of per "flwo", did you mean flow?
  udp per flwo
          ^
-> per: flow
`,
  );
});

test('compat', () => {
  checkRuleErrors(
    'E_VALUE',
    `
unknown value of compat "tc"
  udp compat tc
             ^
-> compat: netem

unknown value of compat "netm", did you mean netem?
  udp compat netm
             ^
-> compat: netem
`,
  );
});
