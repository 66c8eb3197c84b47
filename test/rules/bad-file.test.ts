/** Rule lines with files that are missing or wrong, and what users see. */

import { test } from 'vitest';
import { checkRuleErrors } from '../support/rule-errors.js';

test('loss', () => {
  checkRuleErrors(
    'E_FILE',
    `
cannot read "nothing": there is no such file
  udp loss map nothing
               ^

backwards.map:2: the range 9-7 runs backwards, did you mean 7-9?
  udp loss map backwards.map
               ^

zero.map:2: 0 is not the number of a packet, packets are counted from 1
  udp loss map zero.map
               ^

short.map:2: a period of 10 packets is over before packet 20
  udp loss map short.map
               ^
-> period 20

twice.map:2: period is given twice
  udp loss map twice.map
               ^

bare.map:2: "period" is not a period, as in period 1000
  udp loss map bare.map
               ^

empty.txt: it lists no packet, as in 2,7,10-12
  udp loss map empty.txt
               ^

word.txt:1: "5ms" is not the number of a packet, a whole number from 1
  udp loss map word.txt
               ^
`,
  );
});

test('trace', () => {
  checkRuleErrors(
    'E_FILE',
    `
cannot read "dir.trace": it is a directory
  udp trace dir.trace
            ^

cannot read "nothing": there is no such file
  udp trace nothing
            ^

back.trace:3: 5 comes after 7, the times of a trace never go back
  udp trace back.trace
            ^

zero.trace: all times are 0, a trace repeats after its last one
  udp trace zero.trace
            ^

decimal.trace:2: "2.5" is not a time in whole milliseconds, as in a trace of mahimahi
  udp trace decimal.trace
            ^

long.trace:1: 99999999999999 ms is more than 104 days
  udp trace long.trace
            ^

empty.txt:1: "# nothing" is not a time in whole milliseconds, as in a trace of mahimahi
  udp trace empty.txt
            ^
`,
  );
});

test('jitter', () => {
  checkRuleErrors(
    'E_FILE',
    `
cannot read "secret.dist": permission denied
  udp jitter 10ms secret.dist
                  ^

cannot read "./nothing": there is no such file
  udp jitter 10ms ./nothing
                  ^

bad.dist:2: "x" is not a whole number, as the tables of iproute2 have them
  udp jitter 10ms bad.dist
                  ^
-> measured delays stand on a line each

far.dist:2: 40000 is not within -32768 to 32767
  udp jitter 10ms far.dist
                  ^

one.txt: there is one sample only, a distribution needs different ones
  udp jitter 10ms one.txt
                  ^

same.txt: all samples are the same, a distribution needs different ones
  udp jitter 10ms same.txt
                  ^

mixed.txt:3: 7 has no unit, and the lines before it have
  udp jitter 10ms mixed.txt
                  ^

mixed2.txt:2: 7ms has a unit, and the lines before it have none
  udp jitter 10ms mixed2.txt
                  ^

word.txt:2: "slow" is not a duration, as in 20ms
  udp jitter 10ms word.txt
                  ^

empty.txt: there is no number in it
  udp jitter 10ms empty.txt
                  ^
`,
  );
});

test('slot', () => {
  checkRuleErrors(
    'E_FILE',
    `
cannot read "nothing.dist": there is no such file
  udp slot distribution nothing.dist 10ms 2ms
                        ^
`,
  );
});
