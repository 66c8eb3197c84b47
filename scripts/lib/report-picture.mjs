/**
 * Makes an SVG of a report's charts: opens the report in Chromium with canvases that write down what is drawn
 * on them (report-picture-canvas.mjs), and puts the charts where the page has them, with titles and legends.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { htmlOf } from '../../dist/gradient/report/html.js';
import { readResult } from '../../dist/gradient/report/json.js';
import { recordCanvases } from './report-picture-canvas.mjs';

const WIDTH = 900;
/** Without titles: so many of the first charts, and the distribution. */
const FIRST = 3;
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'];

const [input, output, ...titles] = process.argv.slice(2);
const result = readResult(readFileSync(input, 'utf8'), input);
const folder = mkdtempSync(join(tmpdir(), 'netemu-picture-'));
try {
  const file = join(folder, 'report.html');
  writeFileSync(file, htmlOf(result));
  const picture = svgOf(await layoutOf(pathToFileURL(file).href));
  writeFileSync(output, picture);
  process.stdout.write(`${output}: ${Math.ceil(picture.length / 1024)} KiB\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function layoutOf(address) {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
  try {
    const page = await browser.newPage({
      colorScheme: 'dark',
      viewport: { width: WIDTH, height: 800 },
    });
    await page.addInitScript(recordCanvases);
    await page.goto(address);
    await page.evaluate(keepFigures, { titles, first: FIRST });
    // The page draws all charts again, now in their new places.
    await page.emulateMedia({ colorScheme: 'light' });
    await page.waitForTimeout(300);
    return await page.evaluate(readLayout);
  } finally {
    await browser.close();
  }
}

/** Runs in the page: leaves a head and the wanted charts, two in a row. */
function keepFigures({ titles, first }) {
  const figures = [...document.querySelectorAll('figure')];
  const titleOf = (figure) => figure.querySelector('h2').textContent;
  const isDistribution = (figure) => titleOf(figure).includes('distribution');
  const wanted =
    titles.length > 0
      ? titles.map((title) => figures.find((figure) => titleOf(figure) === title))
      : [
          ...figures.filter((each) => !isDistribution(each)).slice(0, first),
          ...figures.filter(isDistribution),
        ];
  const missing = titles.filter((_, at) => wanted[at] === undefined);
  if (missing.length > 0) {
    throw new Error(`no chart "${missing[0]}"; there are: ${figures.map(titleOf).join(', ')}`);
  }
  for (const figure of figures) figure.classList.remove('wide');
  document.querySelector('.figures').replaceChildren(...wanted);
  const isKept = (element) => element.matches('header, section:has(figure)');
  for (const element of [...document.querySelector('main').children]) {
    if (!isKept(element)) element.remove();
  }
  for (const element of document.querySelectorAll('.verdict, .facts, .kicker, figcaption p'))
    element.remove();
  const style = document.createElement('style');
  style.textContent =
    'main { padding: 18px 16px 16px } section { margin-top: 14px }' +
    'h1 { font-size: 20px } h2 { font-size: 15px } figure { padding: 12px 12px 4px }' +
    '.legend { gap: 0 } .legend button { font-size: 12px; padding: 2px 3px; gap: 4px }' +
    '.figures { gap: 12px; grid-template-columns: repeat(2, minmax(0, 1fr)) }';
  document.head.append(style);
}

/** Runs in the page: all texts, legends and drawings, with their places. */
function readLayout() {
  const placeOf = (element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return { left: left + scrollX, top: top + scrollY, width, height };
  };
  /** Line by line, as the page has broken them. */
  const linesOf = (element) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const lines = [];
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const { fontSize, fontWeight, color } = getComputedStyle(node.parentElement);
      const looks = { size: Number.parseFloat(fontSize), weight: Number(fontWeight), color };
      const isCode = node.parentElement.matches('code');
      // Parts of one line keep their widths in other fonts too.
      const isPart = element.querySelector('code') !== null;
      const range = document.createRange();
      let last = null;
      for (const word of node.data.matchAll(/\S+/g)) {
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        const place = placeOf(range);
        if (last !== null && Math.abs(last.top - place.top) < 3) {
          last.text += ` ${word[0]}`;
          last.width = place.left + place.width - last.left;
        } else {
          last = { text: word[0], isCode, isPart, ...looks, ...place };
          lines.push(last);
        }
      }
    }
    return lines;
  };
  return {
    height: document.querySelector('main').getBoundingClientRect().height,
    title: document.title,
    texts: [...document.querySelectorAll('h1, .subtitle, h2, .legend button')].flatMap(linesOf),
    figures: [...document.querySelectorAll('figure')].map((figure) => ({
      place: placeOf(figure),
      words: figure.querySelector('.plot').getAttribute('aria-label'),
    })),
    swatches: [...document.querySelectorAll('.legend svg')].map((swatch) => ({
      place: placeOf(swatch),
      content: swatch.innerHTML
        .replaceAll(/ (?:xmlns|aria-hidden)="[^"]*"/g, '')
        .replaceAll(/><\/\w+>/g, '/>'),
    })),
    drawings: [...document.querySelectorAll('canvas')].map((canvas) => ({
      place: placeOf(canvas),
      content: canvas.recorded(),
    })),
  };
}

function svgOf({ height, title, texts, figures, swatches, drawings }) {
  const card = ({ place: { left, top, width, height } }) =>
    `<rect x="${round(left)}" y="${round(top)}" width="${round(width)}" height="${round(height)}" ` +
    'rx="8" fill="#fff" stroke="#d5dae0"/>';
  const moved = ({ place: { left, top }, content }) =>
    `<g transform="translate(${round(left)} ${round(top)})">${content}</g>`;
  const text = ({ text, left, top, width, height, size, weight, color, isCode, isPart }) => {
    const attributes = [
      `x="${round(left)}" y="${round(top + height / 2 + size * 0.35)}" font-size="${round(size)}"`,
      ...(weight > 400 ? ['font-weight="600"'] : []),
      ...(isCode ? ['font-family="ui-monospace,monospace"'] : []),
      ...(isPart ? [`textLength="${round(width)}" lengthAdjust="spacingAndGlyphs"`] : []),
      `fill="${hex(color)}"`,
    ];
    return `<text ${attributes.join(' ')}>${escaped(text)}</text>`;
  };
  const size = `width="${WIDTH}" height="${Math.ceil(height)}"`;
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" ` +
      `viewBox="0 0 ${WIDTH} ${Math.ceil(height)}" ` +
      'font-family="system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif">',
    `<title>${escaped(title)}</title>`,
    `<desc>${escaped(figures.map(({ words }) => words).join(' '))}</desc>`,
    `<rect width="${WIDTH}" height="${Math.ceil(height)}" rx="10" fill="#f6f7f9"/>`,
    ...figures.map(card),
    ...swatches.map(moved),
    ...drawings.map(moved),
    ...texts.map(text),
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

function round(value) {
  return Number(value.toFixed(1));
}

/** `rgb(1, 2, 3)` as `#010203`. */
function hex(color) {
  const parts = color.match(/\d+/g).slice(0, 3);
  return `#${parts.map((part) => Number(part).toString(16).padStart(2, '0')).join('')}`;
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
