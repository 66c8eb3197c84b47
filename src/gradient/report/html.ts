/**
 * report.html: one file that needs no network, now or in ten years. Its charts are uPlot's; its own script is
 * compiled from the folder `page` for browsers and read from beside this module.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { GradientResult } from '../result.js';
import { type Assets, documentOf } from './html-document.js';

/** Read when a report is written, not when netemu starts. In the order in which they use each other. */
const PAGE_SCRIPTS = [
  new URL('./page/look.js', import.meta.url),
  new URL('./page/ticks.js', import.meta.url),
  new URL('./page/shapes.js', import.meta.url),
  new URL('./page/axes.js', import.meta.url),
  new URL('./page/legend.js', import.meta.url),
  new URL('./page/steps-drawing.js', import.meta.url),
  new URL('./page/steps-chart.js', import.meta.url),
  new URL('./page/curves-chart.js', import.meta.url),
  new URL('./page/main.js', import.meta.url),
];

export function htmlOf(result: GradientResult): string {
  return documentOf(result, readAssets());
}

function readAssets(): Assets {
  const folder = dirname(createRequire(import.meta.url).resolve('uplot/package.json'));
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return {
    scripts: [
      read('dist/uPlot.iife.min.js'),
      ...PAGE_SCRIPTS.map((file) => readFileSync(file, 'utf8')),
    ],
    styles: [read('dist/uPlot.min.css')],
    notice: `The charts are drawn by uPlot:\n${read('LICENSE')}`,
  };
}
