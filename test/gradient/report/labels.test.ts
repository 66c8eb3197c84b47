import { expect, test } from 'vitest';
import { documentOf } from '../../../src/gradient/report/html-document.js';
import { eachOnce } from '../../../src/gradient/report/labels.js';
import { reportLines } from '../../../src/gradient/report/terminal.js';
import { dnsResult } from '../../support/gradient-results.js';

const NO_ASSETS = { scripts: [], styles: [], notice: '' };

const steps = ['baseline', '1%', '2%'].map((label) => ({ label }));

test('a text is said once, of its steps or of all', () => {
  const said = [
    ['baseline', ['busy']],
    ['1%', ['busy', 'cut']],
    ['2%', ['busy', 'cut']],
    ['2%', ['cut']],
  ] as const;
  expect(eachOnce(said, steps)).toEqual([
    { text: 'busy', labels: 'all steps' },
    { text: 'cut', labels: '1%, 2%' },
  ]);
  expect(eachOnce([['1%', ['busy']]], [{ label: '1%' }])).toEqual([{ text: 'busy', labels: '1%' }]);
});

test('terminal and page say what holds for all steps in two words', () => {
  const result = dnsResult();
  const busy = result.analysis.steps.map((step) => ({ ...step, warnings: ['busy'] }));
  const of = { ...result, analysis: { ...result.analysis, steps: busy } };
  expect(reportLines(of, 80)).toContain('warning: at all steps: busy');
  expect(documentOf(of, NO_ASSETS)).toContain('<span class="dim">all steps:</span> busy');
});
