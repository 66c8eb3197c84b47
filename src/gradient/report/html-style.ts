/**
 * The page's style sheet: light, dark and paper. Text has a contrast of at least 4.5 with what is behind it,
 * lines and marks at least 3 (WCAG 2.2, 1.4.3 and 1.4.11); the lines' colours differ in brightness too, for
 * those who cannot tell their hues.
 */
const LIGHT = `
  --page: #f6f7f9; --card: #ffffff; --text: #1b1f24; --muted: #59636e; --edge: #d5dae0; --grid: #e7eaee;
  --prediction: #4d5761; --band: rgba(89, 99, 110, 0.16); --knee: #8f2d00;
  --line-1: #0068a8; --line-2: #c4480a; --line-3: #722a8c; --line-4: #00795a;
  --ramp-1: #24359c; --ramp-2: #8a1d9c; --ramp-3: #cc3f70; --ramp-4: #d9661f;
  --good: #116a37; --good-back: #e3f4e8; --bad: #a8151d; --bad-back: #fdeaea;
  --doubtful: #7d4b00; --doubtful-back: #fdf1d8; --plain-back: #eceff3;
`;

const DARK = `
  --page: #101317; --card: #181c21; --text: #e7eaee; --muted: #a3adb8; --edge: #333a43; --grid: #272d34;
  --prediction: #b6bfc9; --band: rgba(182, 191, 201, 0.18); --knee: #ffb48a;
  --line-1: #5db7f5; --line-2: #ff9b57; --line-3: #d3a4f5; --line-4: #45cf9f;
  --ramp-1: #7390ff; --ramp-2: #c583f2; --ramp-3: #ff8fae; --ramp-4: #ffcb74;
  --good: #7ddca0; --good-back: #14311f; --bad: #ff9d9d; --bad-back: #401a1c;
  --doubtful: #f3c66b; --doubtful-back: #38290d; --plain-back: #262c33;
`;

export const STYLE = `
:root { color-scheme: light dark; ${LIGHT} }
@media (prefers-color-scheme: dark) { :root:not(.paper) { ${DARK} } }
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main { max-width: 1180px; margin: 0 auto; padding: 28px 24px 48px; }
code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
  font-size: 0.92em; overflow-wrap: anywhere; unicode-bidi: isolate; }
h1 { margin: 0; font-size: 25px; line-height: 1.3; letter-spacing: -0.01em; }
h1 code { font-size: 1em; }
h2 { margin: 0; font-size: 17px; line-height: 1.35; overflow-wrap: anywhere; }
p { margin: 0; }
ul { margin: 0; }
.kicker { color: var(--muted); font-size: 13px; font-weight: 600; letter-spacing: 0.02em; }
.subtitle { margin-top: 4px; color: var(--muted); }
.subtitle code { color: var(--text); }
.dim { color: var(--muted); }

.verdict { list-style: none; padding: 0; margin-top: 18px; display: grid; gap: 6px; }
.verdict li { padding: 7px 12px; border-left: 4px solid; border-radius: 4px; overflow-wrap: anywhere; }
.verdict .good { color: var(--good); background: var(--good-back); }
.verdict .bad { color: var(--bad); background: var(--bad-back); font-weight: 600; }
.verdict .doubtful { color: var(--doubtful); background: var(--doubtful-back); }
.verdict .plain { color: var(--muted); background: var(--plain-back); }

dl { margin: 0; }
dt { color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; }
.facts { margin-top: 18px; display: grid; gap: 4px 32px;
  grid-template-columns: repeat(auto-fill, minmax(min(340px, 100%), 1fr)); font-size: 14px; }
.facts div { display: grid; grid-template-columns: 76px minmax(0, 1fr); }
.terms { display: grid; gap: 10px; max-width: 78ch; }
.terms dt { font-weight: 600; color: var(--text); }

section { margin-top: 36px; }
section > h2 { margin-bottom: 10px; font-size: 19px; }
.figures { display: grid; gap: 16px; grid-template-columns: repeat(2, minmax(0, 1fr)); }
figure { margin: 0; padding: 16px 16px 10px; background: var(--card); border: 1px solid var(--edge);
  border-radius: 8px; min-width: 0; }
figure.wide { grid-column: 1 / -1; }
figcaption p { color: var(--muted); font-size: 13px; }
.plot { position: relative; min-height: 270px; border-radius: 4px; }
.wide .plot { min-height: 330px; }
.plot:focus-visible, .scroll:focus-visible, button:focus-visible {
  outline: 2px solid var(--line-1); outline-offset: 2px; }
.legend { list-style: none; padding: 0; margin: 8px 0 4px -6px; display: flex; flex-wrap: wrap; gap: 0 4px; }
.legend button { display: inline-flex; align-items: center; gap: 6px; padding: 2px 6px; border: 0;
  border-radius: 4px; background: none; color: inherit; font: inherit; font-size: 13px; cursor: pointer; }
.legend button:hover { background: var(--plain-back); }
.legend button[aria-pressed="false"] { color: var(--muted); text-decoration: line-through; }
.legend button[aria-pressed="false"] svg { opacity: 0.35; }
.uplot { font-family: inherit; }
.u-cursor-x { border-color: var(--muted) !important; }
.tooltip { position: absolute; z-index: 2; pointer-events: none; padding: 6px 10px; font-size: 12.5px;
  line-height: 1.45; background: var(--card); border: 1px solid var(--edge); border-radius: 6px;
  box-shadow: 0 2px 10px rgba(0, 0, 0, 0.18); white-space: nowrap; max-width: 100%; }
.tooltip[hidden] { display: none; }
.tooltip svg { vertical-align: -1px; margin-right: 6px; }
.tooltip span { font-variant-numeric: tabular-nums; }

.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--edge); border-radius: 8px; }
.scroll + .scroll { margin-top: 16px; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: 10px 8px 8px; color: var(--muted); }
caption strong { color: var(--text); }
th, td { padding: 6px 8px; text-align: right; vertical-align: top; white-space: nowrap;
  border-top: 1px solid var(--edge); }
thead th { color: var(--muted); font-weight: 600; }
th:first-child { text-align: left; }
.wordy th:last-child, .wordy td:last-child { text-align: left; }
.wordy td:last-child { white-space: normal; min-width: 170px; }
.whole { white-space: nowrap; }
.interval { display: block; color: var(--muted); font-size: 12px; }
.expected { white-space: normal; width: 15ch; margin-left: auto; }
.mark, .better { display: inline-block; padding: 0 6px; border-radius: 4px; font-size: 12px;
  font-weight: 600; }
.mark { color: var(--bad); background: var(--bad-back); }
.better { color: var(--good); background: var(--good-back); }
.list { padding-left: 20px; display: grid; gap: 6px; overflow-wrap: anywhere; }
.list ul { padding-left: 20px; }

@media (max-width: 820px) {
  main { padding: 20px 14px 32px; }
  .figures { grid-template-columns: minmax(0, 1fr); }
  figure { padding: 12px 10px 6px; }
  h1 { font-size: 21px; }
  .tooltip { white-space: normal; }
}

@page { margin: 14mm 12mm; }
@media print {
  :root { --page: #ffffff; }
  body { font-size: 10.5pt; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  main { max-width: none; padding: 0; }
  .figures { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 10px; }
  figure { padding: 8px; }
  figure, .verdict li, .facts, .terms div, tr, .list > li { break-inside: avoid; }
  h2, caption, thead { break-after: avoid; }
  .plot, .wide .plot { min-height: 0; }
  .plot .uplot { zoom: 0.5; }
  .tooltip, .u-cursor-x, .u-cursor-pt { display: none !important; }
  .legend button { padding: 0 4px 0 0; font-size: 8.5pt; }
  .legend button[aria-pressed="false"] { display: none; }
  .scroll { overflow: visible; border: 0; }
  table { font-size: 7.5pt; }
  th, td { padding: 3px 5px; white-space: normal; }
  .interval, .mark, .better { font-size: 6.5pt; }
  .interval { white-space: nowrap; }
  .expected { white-space: normal; width: auto; }
  a { text-decoration: none; }
}
`;
