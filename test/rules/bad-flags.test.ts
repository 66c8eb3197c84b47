/** What users see for wrong flags: the flag with its value, then the sentence. */

import { expect, test } from 'vitest';
import { ExitCode } from '../../src/errors.js';
import { type RuleFlags, ruleFromFlags } from '../../src/rules/parse.js';
import { errorOf } from '../support/rule-errors.js';

const BAD: readonly [RuleFlags, string][] = [
  [{ loss: ['101%'] }, '--loss 101%: 101% is more than 100%'],
  [{ loss: ['5'] }, '--loss 5: 5 has no unit, did you mean 5%?'],
  [{ loss: ['in:5'] }, '--loss in:5: 5 has no unit, did you mean 5%?'],
  [{ loss: [''] }, '--loss: loss needs a value, as in loss 0.5%'],
  [{ loss: ['1%', '2%'] }, '--loss 2%: loss is given twice'],
  [{ loss: ['out:1%', 'up:2%'] }, '--loss up:2%: loss is given twice for out'],
  [{ loss: ['in:1%', 'in:2%'] }, '--loss in:2%: loss is given twice for in'],
  [
    { loss: ['1% delay 5ms'] },
    '--loss 1% delay 5ms: "delay" is an impairment of its own, give it as --delay',
  ],
  [{ loss: ['1% dir=in'] }, '--loss 1% dir=in: "dir=in" belongs to the match, give it with --flow'],
  [{ loss: ['nth 2, 7'] }, '--loss nth 2, 7: a number is missing in "2,"'],
  [{ loss: ['rx:5%'] }, '--loss rx:5%: unknown direction "rx", did you mean in:5%?'],
  [{ delay: ['10'] }, '--delay 10: 10 has no unit, did you mean 10ms?'],
  [
    { delay: ['10ms 5ms'] },
    '--delay 10ms 5ms: a second time is given by name, did you mean jitter 5ms?',
  ],
  [{ rtt: '10ms 5ms' }, '--rtt 10ms 5ms: "5ms" is not understood there'],
  [{ delay: ['25h'] }, '--delay 25h: 25h is more than 24h, the longest delay'],
  [
    { delay: ['10ms'], rtt: '20ms' },
    '--rtt 20ms: delay and rtt both set the same, give only one of them',
  ],
  [{ rtt: 'in:20ms' }, '--rtt in:20ms: rtt is for both directions, did you mean delay in:…?'],
  [
    { jitter: ['5ms unorderd'] },
    '--jitter 5ms unorderd: "unorderd" is not understood there, did you mean unordered?',
  ],
  [{ partition: ['deny'] }, '--partition deny: unknown kind of partition "deny"'],
  [{ rate: ['10mbps'] }, '--rate 10mbps: tc reads mbps as bytes, did you mean 10mbit or 80mbit?'],
  [{ queue: ['100p'] }, '--queue 100p: a queue forms before a link, and there is no rate or trace'],
  [
    { queue: ['out:9p', 'in:9p'], rate: ['out:1mbit'], aqm: ['out:pie', 'in:codel'] },
    '--aqm in:codel: in: aqm manages the queue before a link, and there is no rate or trace',
  ],
  [{ ecn: '' }, '--ecn: ecn marks what loss or aqm would drop, and there is neither'],
  [{ ecn: 'loss' }, '--ecn loss: "loss" is an impairment of its own, give it as --loss'],
  [
    { compat: 'netem', per: 'flow' },
    '--per flow: tc-netem has no state per flow, so compat netem has none',
  ],
  [{ trace: 'lte.trace' }, '--trace lte.trace: "lte.trace" is a file, and files are not read here'],
  [
    { loss: 'none' },
    '--loss none: none ends an impairment in a schedule only, here leave loss away',
  ],
  [{ partition: ['in'] }, '--partition in: the value is joined to in:, did you mean in:…?'],
  [{ flow: '' }, '--flow: a match is missing, as in udp:53'],
  [{ flow: 'upd:53' }, '--flow upd:53: unknown protocol "upd", did you mean udp?'],
  [{ flow: 'udp:99999' }, '--flow udp:99999: "99999" is more than 65535, the highest port'],
  [
    { flow: 'udp:53 loss 1%' },
    '--flow udp:53 loss 1%: "loss" is an impairment of its own, give it as --loss',
  ],
  [{ flow: 'udp:53 tcp:53' }, '--flow udp:53 tcp:53: "tcp:53" is a second match, a rule has one'],
  [
    { flow: 'udp dir=out', loss: ['in:1%'] },
    '--loss in:1%: in: never applies, as the match has dir=out',
  ],
  [
    { flow: 'udp dir=out', rtt: '20ms' },
    '--rtt 20ms: rtt needs both directions, and the match has dir=out',
  ],
  [{ loss: ['\u001b[2J'] }, '--loss ?[2J: "?[2J" is not a probability, as in 0.5%'],
];

test.each(BAD)('%j', (flags, message) => {
  const error = errorOf(() => ruleFromFlags(flags));
  expect(error.message).toBe(message);
  expect(error.exitCode).toBe(ExitCode.usage);
  expect(error.code).toMatch(/^E_(RULE_[A-Z]+|VALUE|FILE)$/);
});
