import { expect, test } from 'vitest';
import { formatSetting, readSetting } from '../../src/rules/settings.js';
import { errorOf, shown } from '../support/rule-errors.js';
import { RULE_FILES } from '../support/rule-files.js';

const files = RULE_FILES;

test.each([
  ['loss', '1%', [{ loss: random(0.01) }, { loss: random(0.01) }]],
  ['loss', 'in:1%', [{}, { loss: random(0.01) }]],
  ['LOSS', ' out:1%  in:2% ', [{ loss: random(0.01) }, { loss: random(0.02) }]],
  ['ecn', '', [{ ecn: true }, { ecn: true }]],
  ['rtt', '5ns', [{ delayNs: 2 }, { delayNs: 3 }]],
  ['loss', 'none', [{ loss: null }, { loss: null }]],
  ['delay', 'out:none', [{ delayNs: 0 }, {}]],
  ['ecn', 'in:None', [{}, { ecn: false }]],
  ['rtt', 'none', [{ delayNs: 0 }, { delayNs: 0 }]],
  ['partition', 'out:none in:drop', [{ partition: null }, { partition: 'drop' }]],
])('%s %j', (key, text, setting) => {
  expect(readSetting(key, text, { files, allowNone: true })).toEqual(setting);
});

test.each([
  ['los', '1%', 'unknown impairment "los", did you mean loss?', 0],
  ['loss', '1% x', '"x" is not understood there', 3],
  ['loss', '1% bust 4', '"bust" is not understood there, did you mean burst?', 3],
  ['loss', 'in:5', '5 has no unit, did you mean 5%?', 3],
  ['loss', '', 'loss needs a value, as in loss 0.5%', 0],
  ['loss', '1% none', '"none" is not understood there', 3],
  ['trace', 'nothing', 'cannot read "nothing": there is no such file', 0],
])('%s %j: %s', (key, text, message, at) => {
  const error = errorOf(() => readSetting(key, text, { files, allowNone: true }));
  expect(error).toMatchObject({ message, at });
});

test('none has to be allowed', () => {
  expect(shown(errorOf(() => readSetting('loss', 'none')))).toBe(
    'none ends an impairment in a schedule only, here leave loss away',
  );
});

test.each([
  ['loss', 'none', 'loss none'],
  ['loss', 'in:none', 'loss in:none'],
  ['loss', 'in:none out:1%', 'loss out:1% in:none'],
  ['delay', '0ms', 'delay none'],
  ['rtt', '5ns', 'delay out:2ns in:3ns'],
  ['ecn', '', 'ecn'],
  ['ecn', 'none', 'ecn none'],
  ['trace', 'lte.trace once', 'trace lte.trace once'],
  ['per', 'flow', 'per flow'],
])('%s %j → %s', (key, text, expected) => {
  const setting = readSetting(key, text, { files, allowNone: true });
  expect(formatSetting(setting)).toBe(expected);
});

test('several keys in canonical order, and nothing at all', () => {
  const loss = readSetting('loss', '1%');
  const delay = readSetting('delay', 'in:5ms');
  const both = [
    { ...delay[0], ...loss[0] },
    { ...delay[1], ...loss[1] },
  ] as const;
  expect(formatSetting(both)).toBe('loss 1% delay in:5ms');
  expect(formatSetting([{}, {}])).toBe('');
});

function random(probability: number) {
  return { kind: 'random', probability, runMax: null };
}
