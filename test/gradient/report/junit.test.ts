import fc from 'fast-check';
import { expect, test } from 'vitest';
import { junitOf } from '../../../src/gradient/report/junit.js';
import {
  commandResult,
  cutShortResult,
  dnsResult,
  GRADIENT_RESULTS,
} from '../../support/gradient-results.js';

interface Element {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly children: Element[];
  text: string;
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"' };

/** Throws for what is not well-formed (XML 1.0), as far as elements, attributes and text go. */
function parseXml(text: string): Element {
  const legal = /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u;
  if (!legal.test(text)) throw new Error('a character that XML cannot hold');
  const decoded = (raw: string) => {
    if (/[<]|&(?!(?:amp|lt|gt|quot|#\d+);)/.test(raw)) throw new Error(`not escaped: ${raw}`);
    return raw.replace(/&(?:#(\d+)|(\w+));/g, (_all, code: string | undefined, name: string) =>
      code === undefined ? ENTITIES[name]! : String.fromCodePoint(Number(code)),
    );
  };
  const root: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  const body = text.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  const token = /<(\/?)([a-z-]+)((?: [a-z]+="[^"<]*")*)(\/?)>|([^<]+)/y;
  while (token.lastIndex < body.length) {
    const at = token.lastIndex;
    const match = token.exec(body);
    if (match === null) throw new Error(`no markup at ${at}: ${body.slice(at, at + 40)}`);
    const [, closes, name, attributes, isEmpty, characters] = match;
    const parent = open.at(-1)!;
    if (characters !== undefined) parent.text += decoded(characters);
    else if (closes === '/') {
      if (open.pop()?.name !== name || open.length === 0)
        throw new Error(`</${name}> closes nothing`);
    } else {
      const pairs = [...attributes!.matchAll(/ ([a-z]+)="([^"]*)"/g)];
      const names = pairs.map(([, key]) => key);
      if (new Set(names).size !== names.length) throw new Error('an attribute stands twice');
      const values = pairs.map(([, key, value]) => [key!, decoded(value!)]);
      const element = {
        name: name!,
        attributes: Object.fromEntries(values),
        children: [],
        text: '',
      };
      parent.children.push(element);
      if (isEmpty !== '/') open.push(element);
    }
  }
  if (open.length !== 1 || root.children.length !== 1) throw new Error('not one whole element');
  return root.children[0]!;
}

function casesOf(text: string) {
  const suite = parseXml(text).children[0]!;
  return suite.children
    .filter(({ name }) => name === 'testcase')
    .map(({ attributes, children }) => ({
      name: attributes.name,
      group: attributes.classname,
      is: children[0]?.name ?? 'passed',
      message: children[0]?.attributes.message,
      text: children[0]?.text,
    }));
}

test('the checker refuses what is not well-formed', () => {
  for (const text of [
    '<a>',
    '<a></b>',
    '<a/><b/>',
    '<a b="<"/>',
    '<a>&nope;</a>',
    '<a b="1" b="2"/>',
    '<a>\u0001</a>',
    '<a>\ud800</a>',
  ])
    expect(() => parseXml(text)).toThrow();
  expect(parseXml('<a b="&lt;&#10;">x&amp;y<c/></a>')).toMatchObject({
    attributes: { b: '<\n' },
    text: 'x&y',
    children: [{ name: 'c' }],
  });
});

test.each(Object.entries(GRADIENT_RESULTS))('%s is well-formed and counts', (_name, make) => {
  const result = make();
  const root = parseXml(junitOf(result));
  const suite = root.children[0]!;
  const cases = casesOf(junitOf(result));
  expect(cases).toHaveLength(result.assertions.length + 2 * result.steps.length);
  expect(suite.attributes).toMatchObject({
    tests: String(cases.length),
    failures: String(cases.filter(({ is }) => is === 'failure').length),
    skipped: String(cases.filter(({ is }) => is === 'skipped').length),
  });
});

test('assertions pass or fail with all of their reasons', () => {
  expect(casesOf(junitOf(dnsResult())).slice(0, 3)).toEqual([
    {
      name: 'dns.p95 < 200ms at 1%',
      group: 'netemu.gradient.assertion',
      is: 'passed',
      message: undefined,
      text: undefined,
    },
    {
      name: 'dns.late < 1%',
      group: 'netemu.gradient.assertion',
      is: 'failure',
      message: 'at 1%: late is 1.67%, not below 1%',
      text: 'at 1%: late is 1.67%, not below 1%\nat 2.5%: late is 4.17%, not below 1%',
    },
    {
      name: 'realized within 99% at baseline',
      group: 'netemu.gradient.realized',
      is: 'passed',
      message: undefined,
      text: undefined,
    },
  ]);
});

test('properties tell how to measure it again', () => {
  const [properties] = parseXml(junitOf(dnsResult())).children[0]!.children;
  const all = Object.fromEntries(
    properties!.children.map(({ attributes }) => [attributes.name, attributes.value]),
  );
  expect(all).toMatchObject({ seed: '7f3a', rule: 'any delay 10ms', rounds: '2', paired: 'true' });
});

test('a step that was not measured to its end fails, with the reason', () => {
  const cases = casesOf(junitOf(cutShortResult()));
  const failed = cases.filter(({ group, is }) => group!.endsWith('measured') && is === 'failure');
  expect(failed.map(({ name, message }) => [name, message])).toEqual([
    [
      'measured to its end at 0.1%',
      'round 2: the resolver at 198.18.0.2 has gone: connection refused (E_PROBE)',
    ],
    ['measured to its end at 0.5%', 'round 2: ended early, after 11 samples'],
    ['measured to its end at 1%', '1 of 2 rounds were not measured'],
    ['measured to its end at 2.5%', '1 of 2 rounds were not measured'],
    ['measured to its end at 5%', '1 of 2 rounds were not measured'],
  ]);
});

test('what was realized is skipped where it cannot be compared, and fails nothing', () => {
  const skipped = casesOf(junitOf(commandResult())).filter(({ is }) => is === 'skipped');
  expect(skipped.map(({ message }) => message)).toEqual(Array(5).fill('nothing to be compared'));
  const result = dnsResult();
  const steps = result.analysis.steps.map((step) => ({
    ...step,
    realized: step.realized.map((each) => ({ ...each, within99: each.direction === 'in' })),
  }));
  const cases = casesOf(junitOf({ ...result, analysis: { ...result.analysis, steps } }));
  expect(cases.find(({ name }) => name === 'realized within 99% at 5%')).toMatchObject({
    is: 'system-out',
    text: expect.stringMatching(/^out: 5.*% \(99% interval .*%\), configured 5%$/),
  });
});

test('any text is valid XML, and comes back without what XML cannot hold', () => {
  const result = dnsResult();
  const text = fc.string({
    unit: fc.oneof(fc.nat(0xffff), fc.nat(127)).map((n) => String.fromCharCode(n)),
  });
  fc.assert(
    fc.property(text, text, (words, reason) => {
      const assertions = [{ text: words, passed: false, reasons: [reason] }];
      const probe = { ...result.probe, text: words };
      const [read] = casesOf(junitOf({ ...result, probe, assertions }));
      const kept = [...words].filter((each) => !/[\p{Cs}\ufffe\uffff]/u.test(each)).join('');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: those that XML cannot hold
      expect(read!.name).toBe(kept.replace(/[\0-\x08\v\f\x0e-\x1f]/g, ''));
    }),
    { seed: 9, numRuns: 300 },
  );
});
