import { expect, test } from 'vitest';
import { csvOf } from '../../../src/gradient/report/csv.js';
import type { GradientResult } from '../../../src/gradient/result.js';
import { allFailedResult, dnsResult, GRADIENT_RESULTS } from '../../support/gradient-results.js';

/** A reader of RFC 4180, written from its grammar. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  while (field.lastIndex < text.length) {
    const match = field.exec(text);
    if (match === null) throw new Error(`no field at ${rows.length}:${row.length}`);
    row.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

function tableOf(result: GradientResult): Record<string, string>[] {
  const [header, ...rows] = parseCsv(csvOf(result));
  return rows.map((cells) => Object.fromEntries(header!.map((name, at) => [name, cells[at]!])));
}

test('a row for each step, metric and figure', () => {
  const lines = csvOf(dnsResult()).split('\r\n');
  expect(lines.filter((line) => /^(?:step|3),/.test(line)).join('\n')).toMatchInlineSnapshot(`
    "step,label,stepped,metric,kind,figure,value,low,high,count,prediction,prediction_low,prediction_high,outside,change,ratio,p_value,significant,test
    3,1%,0.01,latency,time,mean,23.4919480166,22.1622805732,24.82161546,600,,,,,,,,,
    3,1%,0.01,latency,time,p50,20.4137613119,20.3642912368,20.4867241636,600,,,,,0.0256031343253,1.00125564214,0.000203468369011,true,"signed rank, paired"
    3,1%,0.01,latency,time,p95,22.0663265846,21.9223481177,22.1787537294,600,,,,,,,,,
    3,1%,0.01,latency,time,p99,120.44611473,120.348306425,121.831590243,600,,,,,,,,,
    3,1%,0.01,latency,time,max,121.847798657,,,600,,,,,,,,,
    3,1%,0.01,late,share,share,0.0283333333333,0.0165899871346,0.0449777263526,600,0.01950399,0.00496096061456,0.0340470193854,false,0.0283333333333,,0.000203468369011,true,"McNemar, paired"
    3,1%,0.01,tries,count,mean,1.02833333333,1.01505670084,1.04160996583,600,,,,,,,,,
    3,1%,0.01,tries,count,p50,1,1,1,600,,,,,0,1,0.000203468369011,true,"signed rank, paired"
    3,1%,0.01,tries,count,p95,1,1,1,600,,,,,,,,,
    3,1%,0.01,tries,count,p99,2,2,2,600,,,,,,,,,
    3,1%,0.01,tries,count,max,2,,,600,,,,,,,,,
    3,1%,0.01,failed,share,share,0,0,0.00612927133067,600,0.00039601,0,0.00248837429482,false,0,,1,false,"McNemar, paired"
    3,1%,0.01,realized,stepped,out,0.0133333333333,0.00763983888154,0.0215624013407,1200,0.01,0.00632548399898,0.0244303687659,false,,,,,
    3,1%,0.01,realized,stepped,in,0.0116666666667,0.00639254779681,0.019497279364,1200,0.01,0.00520693981996,0.0222438061212,false,,,,,"
  `);
});

test.each(Object.entries(GRADIENT_RESULTS))('%s: each row has all columns', (_name, make) => {
  const result = make();
  const [header, ...rows] = parseCsv(csvOf(result));
  expect(new Set(rows.map((row) => row.length))).toEqual(new Set([header!.length]));
  expect(new Set(rows.map(([step]) => Number(step))).size).toBe(result.steps.length);
  expect(csvOf(result)).not.toMatch(/NaN|Infinity|undefined|null/);
});

test('what is beyond every number is Inf, what is not known is empty', () => {
  const rows = tableOf(allFailedResult());
  const p99 = rows.find(({ step, figure }) => step === '2' && figure === 'p99');
  expect(p99).toMatchObject({
    metric: 'latency',
    value: 'Inf',
    low: 'Inf',
    high: 'Inf',
    count: '100',
  });
  expect(p99).toMatchObject({ prediction: '', outside: '', change: '', test: '' });
  expect(rows.filter(({ figure }) => figure === 'max').map(({ metric }) => metric)).not.toContain(
    'latency',
  );
});

test('the mean of one sample has no ends, which are not beyond every number', () => {
  const result = dnsResult();
  const unknown = { value: 6.36, low: null, high: null };
  const steps = result.analysis.steps.map((step) => {
    const latency = step.metrics.latency!;
    if (latency.kind !== 'number') throw new Error('latency is a number');
    const p99 = { value: 6.36, low: 6.1, high: null };
    return { ...step, metrics: { ...step.metrics, latency: { ...latency, mean: unknown, p99 } } };
  });
  const rows = tableOf({ ...result, analysis: { ...result.analysis, steps } });
  const of = (figure: string) =>
    rows.find((row) => row.metric === 'latency' && row.figure === figure);
  expect(of('mean')).toMatchObject({ value: '6.36', low: '', high: '' });
  expect(of('p99')).toMatchObject({ value: '6.36', low: '6.1', high: 'Inf' });
});

test('the numbers are those of the result, to 12 digits', () => {
  const result = dnsResult();
  const step = result.analysis.steps[5]!;
  const late = step.metrics.late!;
  const row = tableOf(result).find((each) => each.step === '5' && each.metric === 'late')!;
  if (late.kind !== 'share') throw new Error('late is a share');
  expect(Number(row.value)).toBeCloseTo(late.share!.value!, 12);
  expect(Number(row.prediction_low)).toBe(Number(late.prediction!.low.toPrecision(12)));
  expect(Number(row.p_value)).toBe(Number(late.change!.pValue.toPrecision(12)));
  const realized = tableOf(result).find((each) => each.step === '5' && each.figure === 'in')!;
  expect(Number(realized.value)).toBeCloseTo(step.realized[1]!.realized!, 12);
  expect([realized.prediction, realized.outside]).toEqual(['0.05', 'false']);
});

test('any label survives', () => {
  const result = dnsResult();
  const label = 'a "quoted", broken\r\nlabel';
  const steps = result.analysis.steps.map((step) => ({ ...step, label }));
  const rows = tableOf({ ...result, analysis: { ...result.analysis, steps } });
  expect(new Set(rows.map((row) => row.label))).toEqual(new Set([label]));
});
