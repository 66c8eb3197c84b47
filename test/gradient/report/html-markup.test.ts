/** Text that is put into markup stays text. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { html, jsonMarkup } from '../../../src/gradient/report/html-markup.js';

test('what is put into a template is escaped, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const { text: page } = html`<a title="${text}">${[text]}</a>`;
      expect(page).toMatch(/^<a title="[^"'<>]*">[^"'<>]*<\/a>$/);
      expect(page.replace(/&(?:amp|lt|gt|quot|#39);/g, '')).not.toContain('&');
    }),
    { seed: 6 },
  );
});

test('markup is not escaped again, and nothing comes of null and false', () => {
  const inner = html`<b>${'a & b'}</b>`;
  expect(html`<p>${[inner, inner]}${null}${false}${0}</p>`.text).toBe(
    '<p><b>a &amp; b</b><b>a &amp; b</b>0</p>',
  );
});

test('texts keep to one line and have no characters that turn or hide others', () => {
  expect(html`${'a\n\u202eb\u0000c'}`.text).toBe('a ?b?c');
});

test('data can be read back and never ends its script', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (data) => {
      const { text } = jsonMarkup({ data, script: '</script><!--' });
      expect(text).not.toContain('<');
      expect(JSON.parse(text)).toEqual(
        JSON.parse(JSON.stringify({ data, script: '</script><!--' })),
      );
    }),
    { seed: 6 },
  );
});
