/** The whole page: its structure whatever the texts are, and that it is complete for every kind of result. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { metricsOf } from '../../../src/gradient/analysis/samples.js';
import { type Assets, documentOf } from '../../../src/gradient/report/html-document.js';

import type { GradientResult } from '../../../src/gradient/result.js';
import * as results from '../../support/gradient-results.js';

const ASSETS: Assets = {
  scripts: ['first();', 'second();'],
  styles: ['.a {}'],
  notice: 'N -- --> N',
};

function page(result: GradientResult): string {
  return documentOf(result, ASSETS);
}

describe('hostile texts', () => {
  const plain = structureOf(page(poisoned(results.dnsResult(), 'plain')));

  test.each([
    '</script><script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '" onfocus="alert(1)" autofocus="',
    "' style='x",
    '--><b>',
    '</title></style></textarea><svg onload=alert(1)>',
    '\u0000<\u0000script>',
    '&lt;script&gt;',
    ']]><!--',
  ])('%j adds neither elements nor attributes', (text) => {
    expect(structureOf(page(poisoned(results.dnsResult(), text)))).toEqual(plain);
  });

  test('of any kind add neither elements nor attributes', () => {
    const nasty = fc.stringMatching(/^[<>"'&/=!a-c -]{0,20}$/);
    fc.assert(
      fc.property(nasty, (text) => {
        expect(structureOf(page(poisoned(results.dnsResult(), `${text}!`)))).toEqual(plain);
      }),
      { seed: 6, numRuns: 25 },
    );
  });

  test('the check sees an element, an attribute and a text that breaks out', () => {
    const before = structureOf('<p>a</p>');
    expect(structureOf('<p>a<b></p>')).not.toEqual(before);
    expect(structureOf('<p id="x">a</p>')).not.toEqual(before);
    expect(() => structureOf('<p>a < b</p>')).toThrow();
  });
});

describe('the page', () => {
  test('refers to nothing outside of it', () => {
    const text = page(results.dnsResult());
    expect(text).not.toMatch(/https?:|\bsrc=|@import|url\(/);
    expect([...text.matchAll(/href="([^"]*)"/g)].map((match) => match[1])).toEqual(['data:,']);
    expect(text).toContain(
      'content="default-src &#39;none&#39;; script-src &#39;unsafe-inline&#39;; ',
    );
  });

  test('has its scripts in order, its styles and the notice', () => {
    const text = page(results.dnsResult());
    expect(text).toContain('<script>(() => {\nfirst();\nsecond();\n})();</script>');
    expect(text).toContain('<style>.a {}\n');
    expect(text).toContain('<!--\nN - - - -> N\n-->');
    expect(documentOf(results.dnsResult(), { ...ASSETS, scripts: ["'</script>'"] })).toContain(
      "'<\\/script>'",
    );
  });

  test.each(Object.keys(results.GRADIENT_RESULTS))('of %s has all metrics at all steps', (name) => {
    const result = results.GRADIENT_RESULTS[name]!();
    const text = page(result);
    const tables = [...text.matchAll(/<table.*?<\/table>/gs)].map(([table]) => table);
    const { length } = result.analysis.steps;
    for (const metric of metricsOf(result).map(({ name }) => name)) {
      const table = tables.find((each) => each.includes(`<strong>${metric}</strong>`));
      expect([...table!.matchAll(/<tr>/g)], metric).toHaveLength(length + 1);
    }
    expect([...tables[0]!.matchAll(/<tr>/g)]).toHaveLength(length + 1);
    for (const { label } of result.analysis.steps) expect(tables[0]).toContain(`>${label}<`);
    expect(textOf(text)).not.toMatch(/undefined|NaN|\[object|null/);
  });

  test('says what came of it', () => {
    const text = textOf(page(results.dnsResult()));
    expect(text).toContain('1 of 2 assertions failed: dns.late < 1%');
    expect(text).toContain('Knee: latency p99 departs from its trend at 1%');
    expect(text).toContain('As theory expects: all 12 predictions hold');
    expect(text).toContain('Realized loss is as configured at every step');
    expect(text).toContain('each of 2 tries is lost unless query and answer both pass');
    expect(text).toContain('the emulator released packets late: 1.2ms at p99');
    expect(text).toContain('Udp.RcvbufErrors');
    expect(text).toContain('at 1%: late is 1.67%, not below 1%');
    expect(text).toContain('netemu 0.1.0, Node v20.19.0, Linux 6.8.0');
    expect(text).toContain('7f3a, paired');
  });

  test('says what was cut short and why', () => {
    const text = textOf(page(results.cutShortResult()));
    expect(text).toContain('Cut short: 7 of 12 parts were measured to the end.');
    expect(text).toContain('ended by E_PROBE: the resolver at 198.18.0.2 has gone');
    expect(text).toContain('ended before it was complete');
  });

  test('marks what lies outside of predictions, and what failed for which reason', () => {
    const text = textOf(page(results.infiniteP99Result()));
    expect(text).toMatch(/Not as theory expects \(\d of 12 predictions\): failed at 0\.1%/);
    expect(text).toMatch(/expected 0\.01% \(0–[\d.]+\) outside/);
    expect(text).toContain('servfail');
    expect(text).toMatch(/failed \(\d+ms–∞\)/);
  });

  test('of a result in which nothing was measured is a page', () => {
    const result = results.dnsResult();
    const empty = {
      ...result,
      complete: false,
      segments: [],
      assertions: [],
      analysis: { steps: [], knees: [] },
      plan: { steps: [], totalMs: null },
    };
    const text = textOf(page(empty));
    expect(text).toContain('Cut short: 0 of 12 parts');
    expect(text).toContain('How to read this');
  });

  test('says where the traffic is', () => {
    const place = (change: Partial<GradientResult['place']>) => {
      const result = results.dnsResult();
      return textOf(page({ ...result, place: { ...result.place, ...change } }));
    };
    expect(textOf(page(results.commandResult()))).toContain('eth9, wlan9 in the namespace lab');
    expect(place({ kind: 'run', isPrivate: true })).toContain('a namespace without a way out');
    expect(place({ kind: 'run', isPrivate: false })).toContain('a namespace of its own');
    expect(place({ kind: 'up', devices: ['eth9'] })).toContain('Placeeth9');
  });
});

/** Element and attribute names in their order; throws for a bracket that belongs to no element. */
function structureOf(text: string): string[] {
  const body = text
    .replace(/<!--.*?-->/gs, '')
    .replace(/<(style|script)([^>]*)>.*?<\/\1>/gs, '<$1$2></$1>');
  const tag = /<(\/?[a-z][a-z0-9]*|!doctype)((?:\s+[\w-]+(?:="[^"<>]*")?)*)\s*>/g;
  const stray = /.{0,40}[<>].{0,40}/.exec(body.replace(tag, ''));
  if (stray !== null) throw new Error(`a bracket in a text: ${stray[0]}`);
  return [...body.matchAll(tag)].map(([, name, attributes = '']) => {
    const names = [...attributes.matchAll(/([\w-]+)(?:="[^"]*")?/g)].map((match) => match[1]);
    return [name, ...names].join(' ');
  });
}

/** What a reader sees, without charts. */
function textOf(page: string): string {
  return page
    .replace(/<(style|script)[^>]*>.*?<\/\1>|<!--.*?-->/gs, '')
    .replace(/<[^>]*>/g, '')
    .replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => CHARACTERS[name]!);
}

const CHARACTERS: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  amp: '&',
};

/** With the text in the place of every text that comes from elsewhere. */
function poisoned(result: GradientResult, text: string): GradientResult {
  const { probe, analysis } = result;
  return {
    ...result,
    netemu: text,
    seed: text,
    rule: text,
    ladder: text,
    steppedKey: text,
    machine: { ...result.machine, cpuModel: text, kernel: text, node: text },
    place: { kind: 'up', devices: [text], netns: text, isPrivate: false },
    probe: {
      ...probe,
      text,
      program: text,
      settings: { [text]: text },
      metrics: probe.metrics.map((spec) => ({ ...spec, says: text })),
    },
    steps: result.steps.map((step) => ({ ...step, label: text, rule: text })),
    segments: result.segments.map((segment) => ({
      ...segment,
      failureReasons: segment.failureReasons.map(() => text),
      notes: [text],
    })),
    analysis: {
      knees: analysis.knees.map((knee) => ({ ...knee, says: text })),
      steps: analysis.steps.map((step) => ({
        ...step,
        label: text,
        failures: { [text]: 1 },
        system: { [text]: 1 },
        warnings: [text],
      })),
    },
    assertions: [{ text, passed: false, reasons: [text] }],
  };
}
