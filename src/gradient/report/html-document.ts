/**
 * The page from its head to its end. All that it says is plain HTML, which needs no script; scripts draw the
 * charts. Its Content-Security-Policy forbids every request, so that opening a report tells nobody.
 */
import { metricsOf } from '../analysis/samples.js';
import type { GradientResult } from '../result.js';
import { figuresOf } from './html-charts.js';
import {
  assertionsMarkup,
  countersMarkup,
  failuresMarkup,
  modelsMarkup,
  planMarkup,
  section,
  warningsMarkup,
} from './html-details.js';
import { html, jsonMarkup, Markup } from './html-markup.js';
import type { PageData } from './html-page-data.js';
import type { Figure } from './html-parts.js';
import { STYLE } from './html-style.js';
import { summaryMarkup } from './html-summary.js';
import { metricMarkup, overviewMarkup } from './html-tables.js';
import { termsMarkup } from './html-terms.js';

/** What the page takes from files beside the program. */
export interface Assets {
  /** In the order in which they run; they share one scope. */
  readonly scripts: readonly string[];
  readonly styles: readonly string[];
  /** What must be told of those who wrote the foreign ones. */
  readonly notice: string;
}

const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; " +
  "base-uri 'none'; form-action 'none'";

export function documentOf(result: GradientResult, assets: Assets): string {
  const figures = figuresOf(result);
  const data: PageData = { charts: figures.map(({ chart }) => chart) };
  const notice = assets.notice.replaceAll('--', '- -').trim();
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${`${result.probe.text}: ${result.ladder}`}</title>
<link rel="icon" href="data:,">
<style>${new Markup([...assets.styles, STYLE].join('\n'))}</style>
</head>
<body>
<main>
${summaryMarkup(result)}
${figures.length > 0 && figuresMarkup(figures)}
${section('All steps', overviewMarkup(result))}
${assertionsMarkup(result)}
${warningsMarkup(result)}
${failuresMarkup(result)}
${section('Each metric', new Markup(metricTables(result)))}
${modelsMarkup(result)}
${countersMarkup(result)}
${planMarkup(result)}
${section('How to read this', termsMarkup(result))}
</main>
<script type="application/json" id="data">${jsonMarkup(data)}</script>
<!--
${new Markup(notice)}
-->
${scriptMarkup(assets.scripts)}
</body>
</html>
`.text;
}

function figuresMarkup(figures: readonly Figure[]): Markup {
  return html`<section aria-label="Charts">
<p id="no-charts">The charts need scripts; all numbers are in the tables below.</p>
<div class="figures">
${figures.map(
  ({ title, says, words, isWide }, at) => html`<figure${isWide && html` class="wide"`}>
<figcaption><h2>${title}</h2><p>${says}</p></figcaption>
<div class="plot" data-chart="${at}" role="img" tabindex="0" aria-label="${`${title}. ${words}`}"></div>
</figure>
`,
)}</div>
</section>
`;
}

function metricTables(result: GradientResult): string {
  return metricsOf(result)
    .map((spec) => metricMarkup(result, spec).text)
    .join('');
}

/** One function around all, so that their names are nobody else's. */
function scriptMarkup(scripts: readonly string[]): Markup {
  const code = scripts.join('\n').replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
  return new Markup(`<script>(() => {\n${code}\n})();</script>`);
}
