/** Rule lines with wrong values, and what users see. */

import { test } from 'vitest';
import { checkRuleErrors } from '../support/rule-errors.js';

test('values and units', () => {
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
-> loss: 0.5% | nth 2,7,10-12 | first 3 | every 100

unknown kind of loss "nht", did you mean nth?
  udp:53 loss nht 3
              ^
-> loss: 0.5% | nth 2,7,10-12 | first 3 | every 100

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

100 has no unit, did you mean 100ms?
  udp:53 rtt 100
             ^
-> units of time: ns, us, ms, s, min, h

10 has no unit, did you mean 10ms?
  udp:53 jitter 10
                ^
-> units of time: ns, us, ms, s, min, h

"normal" is not a duration, as in 20ms
  udp:53 jitter normal
                ^

unknown kind of partition "rejct"
  udp:53 partition rejct
                   ^
-> partition: drop

unknown kind of partition "drp", did you mean drop?
  udp:53 partition drp
                   ^
-> partition: drop
`,
  );
});
