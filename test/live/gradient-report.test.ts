/**
 * report.html in a browser, as a user opens it: from a file, without a network. Each page must draw its
 * charts without an error or a request, in light, dark, on paper and on a phone.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GradientResult } from '../../src/gradient/result.js';
import { type Color, contrastOf, luminanceOf, openBrowser, pictureOf } from '../support/browser.js';
import { GRADIENT_RESULTS } from '../support/gradient-results.js';

const folder = mkdtempSync(join(tmpdir(), 'netemu-report-'));
let browser: Browser;
let context: BrowserContext;
let htmlOf: (result: GradientResult) => string;

beforeAll(async () => {
  const built = pathToFileURL(resolve('dist/gradient/report/html.js')).href;
  [browser, { htmlOf }] = await Promise.all([openBrowser(), import(built)]);
  context = await browser.newContext({ viewport: { width: 1_000, height: 800 } });
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Opened {
  readonly page: Page;
  readonly address: string;
  /** Errors, warnings and requests, as they come. */
  readonly said: string[];
}

async function open(
  result: GradientResult,
  colorScheme: 'light' | 'dark' = 'light',
  within = context,
): Promise<Opened> {
  const path = join(folder, 'report.html');
  writeFileSync(path, htmlOf(result));
  const address = pathToFileURL(path).href;
  const page = await within.newPage();
  await page.emulateMedia({ colorScheme });
  const said: string[] = [];
  page.on('console', (message) => said.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => said.push(`error: ${error.message}`));
  page.on('request', (request) => said.push(`request: ${request.url()}`));
  await page.goto(address);
  return { page, address, said };
}

function dns(): GradientResult {
  return GRADIENT_RESULTS.dns!();
}

/** How many colours each canvas has; an empty one has a single one. */
function colorCounts(page: Page): Promise<number[]> {
  return page.evaluate(`[...document.querySelectorAll('canvas')].map((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
  })`);
}

/** Every text that is too faint for what is behind it, with its contrast. */
async function faintTexts(page: Page): Promise<string[]> {
  const texts: { text: string; color: string; back: string }[] = await page.evaluate(`
    [...document.querySelectorAll('main *')].flatMap((element) => {
      const text = [...element.childNodes].filter(({ nodeType }) => nodeType === 3)
        .map(({ data }) => data.trim()).join('');
      if (text === '' || element.getClientRects().length === 0) return [];
      let behind = element;
      const backOf = (of) => getComputedStyle(of).backgroundColor;
      while (backOf(behind) === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
      return [{ text, color: getComputedStyle(element).color, back: backOf(behind) }];
    })`);
  expect(texts.length).toBeGreaterThan(100);
  return texts.flatMap(({ text, color, back }) => {
    const contrast = contrastOf(rgbOf(color), rgbOf(back));
    return contrast < 4.5 ? [`${contrast.toFixed(2)}: ${text}`] : [];
  });
}

function rgbOf(css: string): Color {
  const [red, green, blue] = css.match(/\d+/g)!.map(Number);
  return [red!, green!, blue!];
}

/** What the canvases show, to be compared. */
async function drawings(page: Page): Promise<string[]> {
  const urls: string[] = await page.evaluate(
    `[...document.querySelectorAll('canvas')].map((each) => each.toDataURL())`,
  );
  return urls.map((url) => createHash('sha1').update(url).digest('hex'));
}

describe('the report of', () => {
  test.each(Object.keys(GRADIENT_RESULTS))(
    '%s draws its charts and asks for nothing',
    async (name) => {
      const { page, address, said } = await open(GRADIENT_RESULTS[name]!());
      const counts = await colorCounts(page);
      expect(counts.length).toBeGreaterThanOrEqual(2);
      expect(counts).toHaveLength(await page.locator('[data-chart]').count());
      for (const count of counts) expect(count).toBeGreaterThan(20);
      expect(said).toEqual([`request: ${address}`]);
      await page.close();
    },
  );
});

describe('the page', () => {
  test('is light or dark as the reader likes it, legible in both, and follows a change', async () => {
    const { page } = await open(dns());
    const light = pictureOf(await page.screenshot());
    expect(luminanceOf(light.at(2, 2))).toBeGreaterThan(0.85);
    expect(await faintTexts(page)).toEqual([]);
    const before = await drawings(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    const unchanged = async () => {
      const after = await drawings(page);
      return before.filter((drawing, at) => after[at] === drawing);
    };
    await expect.poll(unchanged).toEqual([]);
    const dark = pictureOf(await page.screenshot());
    expect(luminanceOf(dark.at(2, 2))).toBeLessThan(0.05);
    expect(await faintTexts(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'light' });
    await expect.poll(() => drawings(page)).toEqual(before);
    await page.close();
  });

  test('shows the numbers at the cursor, of a mouse as of the keyboard', async () => {
    const { page } = await open(dns());
    const plot = page.locator('[data-chart]').first();
    const tooltip = plot.locator('.tooltip');
    expect(await tooltip.isVisible()).toBe(false);
    await plot.locator('.u-over').hover({ position: { x: 5, y: 60 } });
    await tooltip.waitFor({ state: 'visible' });
    expect(await tooltip.textContent()).toMatch(/^baselinep50: 20\.\dms \(.*\)p95: .*p99: /);
    await page.mouse.move(2, 2);
    await tooltip.waitFor({ state: 'hidden' });
    await plot.focus();
    await page.keyboard.press('End');
    expect(await tooltip.textContent()).toMatch(/^5%p50: /);
    await page.keyboard.press('ArrowLeft');
    expect(await tooltip.textContent()).toMatch(/^2\.5%p50: /);
    await page.keyboard.press('Escape');
    expect(await tooltip.isVisible()).toBe(false);
    await page.close();
  });

  test('hides a line whose name in the legend is pressed', async () => {
    const { page } = await open(dns());
    const [before] = await drawings(page);
    const name = page.locator('.legend button').first();
    await name.click();
    expect(await name.getAttribute('aria-pressed')).toBe('false');
    expect((await drawings(page))[0]).not.toBe(before);
    await name.click();
    expect((await drawings(page))[0]).toBe(before);
    await page.close();
  });

  test('prints its charts on white, whole, and goes back to the screen', async () => {
    const { page, said } = await open(dns(), 'dark');
    const before = await drawings(page);
    await page.evaluate(`addEventListener('beforeprint', () => {
      window.onPaper = getComputedStyle(document.querySelector('figure')).backgroundColor;
      window.widths = [...document.querySelectorAll('canvas')].map(({ width }) => width);
    })`);
    const pdf = await page.pdf({ format: 'A4', printBackground: true });
    expect(pdf.toString('latin1', 0, 5)).toBe('%PDF-');
    expect(await page.evaluate('window.onPaper')).toBe('rgb(255, 255, 255)');
    expect(Math.min(...(await page.evaluate<number[]>('window.widths')))).toBeGreaterThan(600);
    await expect.poll(() => drawings(page)).toEqual(before);
    await page.evaluate(
      `document.querySelectorAll('[data-chart]').forEach((each) => each.remove())`,
    );
    const without = await page.pdf({ format: 'A4', printBackground: true });
    expect(pdf.length - without.length).toBeGreaterThan(20_000);
    expect(said).toHaveLength(1);
    await page.close();
  });

  test('fits its window, also after that has changed', async () => {
    const { page } = await open(GRADIENT_RESULTS.tcp!());
    for (const width of [1_400, 700, 340]) {
      await page.setViewportSize({ width, height: 700 });
      const wide: string[] = await page.evaluate(`new Promise((done) => {
        const look = () => done([...document.querySelectorAll('figure, main, .uplot, .legend')]
          .filter((element) => element.getBoundingClientRect().right > innerWidth)
          .map(({ className, tagName }) => tagName + className));
        requestAnimationFrame(() => requestAnimationFrame(look));
      })`);
      expect(wide).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    }
    await page.close();
  });

  test('does nothing that texts of the measurement tell it', async () => {
    const evil = '</script><img src=x onerror="window.evil=1"><script>window.evil=1</script>';
    const result = dns();
    const { page, said } = await open({
      ...result,
      ladder: evil,
      steppedKey: evil,
      probe: { ...result.probe, text: evil },
      analysis: {
        ...result.analysis,
        steps: result.analysis.steps.map((step) => ({ ...step, label: evil, warnings: [evil] })),
      },
    });
    expect(await page.locator('h1').textContent()).toBe(evil);
    await page.locator('[data-chart]').first().focus();
    await page.keyboard.press('End');
    expect(await page.locator('.tooltip:visible strong').textContent()).toBe(evil);
    expect(await page.evaluate('window.evil')).toBeUndefined();
    expect(said).toHaveLength(1);
    await page.close();
  });

  test('has all its numbers without scripts', async () => {
    const scriptless = await browser.newContext({ javaScriptEnabled: false });
    const { page } = await open(dns(), 'light', scriptless);
    expect(await page.getByText('The charts need scripts').isVisible()).toBe(true);
    const rows = page.locator('table').first().locator('tbody tr');
    expect(await rows.count()).toBe(6);
    expect(await rows.last().textContent()).toContain('20.5ms');
    await page.close();
  });
});
