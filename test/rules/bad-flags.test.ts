/** What users see for wrong flags: the flag with its value, then the sentence. */

import { expect, test } from 'vitest';
import { ExitCode } from '../../src/errors.js';
import { type RuleFlags, ruleFromFlags } from '../../src/rules/parse.js';
import { errorOf } from '../support/rule-errors.js';

const BAD: readonly [RuleFlags, string][] = [
  [{ loss: ['101%'] }, '--loss 101%: 101% is more than 100%'],
  [{ loss: ['5'] }, '--loss 5: 5 has no unit, did you mean 5%?'],
  [{ loss: ['in:5'] }, '--loss in:5: 5 has no unit, did you mean 5%?'],
  [
    { loss: [''] },
    '--loss: loss needs a value, such as 0.5% | nth 2,7,10-12 | first 3 | every 100',
  ],
  [{ loss: ['1%', '2%'] }, '--loss 2%: loss is given twice'],
  [{ loss: ['in:1%', 'in:2%'] }, '--loss in:2%: loss is given twice for in'],
  [
    { loss: ['1% delay 5ms'] },
    '--loss 1% delay 5ms: "delay" is an impairment of its own, give it as --delay',
  ],
  [{ loss: ['1% dir=in'] }, '--loss 1% dir=in: "dir=in" belongs to the match, give it with --flow'],
  [{ loss: ['nth 2, 7'] }, '--loss nth 2, 7: a number is missing in "2,"'],
  [{ loss: ['rx:5%'] }, '--loss rx:5%: unknown direction "rx", did you mean in:5%?'],
  [{ delay: ['10'] }, '--delay 10: 10 has no unit, did you mean 10ms?'],
  [{ delay: ['10ms 5ms'] }, '--delay 10ms 5ms: "5ms" is not understood there'],
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
  [{ partition: ['reject'] }, '--partition reject: unknown kind of partition "reject"'],
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
  expect(error.code).toMatch(/^E_(RULE_[A-Z]+|VALUE)$/);
});
