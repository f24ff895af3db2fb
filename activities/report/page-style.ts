/** The page's style sheet: a paper's appendix on screen (light, dark, phone) and on paper. No font or image
 *  is fetched. */
export const pageStyle = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1b1e; --soft: #5d5d66; --rule: #1b1b1e; --hair: #d9d9de; --shade: #f5f5f3; --link: #1a4f9c;
  --warn: #8a4b00; --warn-bg: #fff4e0; --flow-mle: #b35c00; --nce-standard: #00795c; --nce-matched: #8440a8; --flow-fce: #2478c2; --ebm-fce: #c2183c; --event: #b00020; }
@media (prefers-color-scheme: dark) { :root { --paper: #16171a; --ink: #e6e6e3; --soft: #a2a2ab; --rule: #c9c9c6; --hair: #38393f; --shade: #1f2025; --link: #8ab8ff;
  --warn: #ffc773; --warn-bg: #33270f; --flow-mle: #f2a24d; --nce-standard: #43c99f; --nce-matched: #cf95ee; --flow-fce: #69b4f5; --ebm-fce: #ff6f88; --event: #ff8a80; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 17px/1.55 Charter, "Bitstream Charter", "Sitka Text", Cambria, "Noto Serif", Georgia, serif;
}
main { max-width: 960px; margin: 0 auto; padding: 56px 24px 80px; }
header { text-align: center; margin-bottom: 32px; }
h1 {
  font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; font-weight: 600; text-wrap: balance;
  overflow-wrap: anywhere;
}
h2 { font-size: 1.25rem; margin: 3rem 0 .75rem; font-weight: 600; }
h3 { font-size: 1rem; margin: 1.75rem 0 .5rem; font-weight: 600; }
p { margin: .6rem 0; max-width: 44rem; }
a { color: var(--link); }
.meta { font-size: .9rem; color: var(--soft); margin: 0 auto; }
.abstract {
  max-width: 44rem; margin: 0 auto 1.5rem; text-align: justify; hyphens: auto; overflow-wrap: break-word;
}
.notice {
  max-width: 44rem; margin: 0 auto 1rem; padding: .6rem .9rem; border-left: 3px solid var(--warn);
  background: var(--warn-bg); overflow-wrap: anywhere;
}
.notice b { color: var(--warn); }
figure { margin: 2rem 0; }
figcaption, .caption, .notes { font-size: .88rem; line-height: 1.45; color: var(--ink); }
figcaption { max-width: 46rem; margin: .75rem auto 0; }
.caption { margin: 0 0 .5rem; max-width: 46rem; } sub, sup { line-height: 0; }
.notes { color: var(--soft); } .notes p { margin: .4rem 0; }
.table { margin: 2rem 0; }
.scroll { overflow-x: auto; max-width: 100%; }
table {
  border-collapse: collapse; width: 100%; font-size: .9rem; line-height: 1.4;
  border-bottom: 1.5px solid var(--rule);
}
thead th {
  border-top: 1.5px solid var(--rule); border-bottom: 1px solid var(--rule); font-weight: 600;
  vertical-align: bottom;
}
th, td { padding: .3rem .6rem; text-align: left; vertical-align: top; }
th:first-child, td:first-child { padding-left: .15rem; }
th:last-child, td:last-child { padding-right: .15rem; }
tbody th { font-weight: 400; }
#results tbody th, #further-results tbody th, #paper tbody th, #paper td.num, #paper-bits tbody th, #paper-bits td.num, #normalizers tbody th, #normalizers td.num, #results td.num {
  white-space: nowrap;
}
.long { white-space: normal; }
.num { text-align: right; font-variant-numeric: lining-nums tabular-nums; }
.listing th, .listing td { border-top: 1px solid var(--hair); overflow-wrap: anywhere; }
.listing { table-layout: fixed; }
.listing th:first-child { width: 32%; }
.listing th { font-family: ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, monospace; font-size: .8rem; }
.listing thead th { font-family: inherit; font-size: inherit; border-top: 1.5px solid var(--rule); }
code, pre {
  font-family: ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, monospace; font-size: .82em;
  overflow-wrap: anywhere;
}
pre { background: var(--shade); padding: .7rem .9rem; white-space: pre-wrap; margin: .75rem 0; }
.long { display: block; font-size: .85em; color: var(--soft); }
.details { font-size: .85em; color: var(--soft); margin-top: .15rem; }
.mark { font-family: system-ui, sans-serif; font-size: .72em; color: var(--soft); white-space: nowrap; }
.mark-R { color: var(--warn); font-style: italic; }
details { margin: 1rem 0; }
summary { cursor: pointer; color: var(--link); }
details > :not(summary) { margin-top: .75rem; }
.panels { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 1.25rem 1.5rem; }
.panels[data-count="2"] { grid-template-columns: repeat(2, minmax(0, 20rem)); justify-content: center; }
.panels[data-count="4"] { grid-template-columns: repeat(2, minmax(0, 20rem)); justify-content: center; }
.panel-title { margin-left: 1.5rem; }
.grids .panel-title { margin-left: 0; }
.panel-title, .chart-title {
  font: 600 .85rem/1.4 system-ui, sans-serif; text-align: center; margin-bottom: .3rem;
}
.chart-title span { font-weight: 400; color: var(--soft); }
.square { position: relative; margin: 0 0 1.4rem 1.5rem; aspect-ratio: 1; outline: 1px solid var(--hair); }
.square > img, .square > svg { display: block; width: 100%; height: 100%; }
.tick-x, .tick-y {
  position: absolute; font: 400 .7rem/1 system-ui, sans-serif; color: var(--soft);
  font-variant-numeric: tabular-nums;
}
.tick-x { top: 100%; transform: translate(-50%, 5px); }
.tick-y { right: 100%; transform: translate(-5px, 50%); }
.dots {
  fill: none; stroke-opacity: .6; stroke-width: 2px; stroke-linecap: round;
  vector-effect: non-scaling-stroke;
}
.colour-key span { white-space: nowrap; }
.colour-key {
  display: flex; gap: .5rem; align-items: center; justify-content: center;
  font: .75rem/1 system-ui, sans-serif; color: var(--soft); margin-top: .25rem;
}
.colour-key img { width: min(16rem, 40vw); height: .7rem; outline: 1px solid var(--hair); }
.strip {
  display: grid; grid-template-columns: repeat(var(--columns), minmax(0, 1fr)); gap: .75rem 1rem;
  margin-bottom: 1rem;
}
.strip .panel-title { margin-left: 0; font-weight: 400; }
.strip-title { font: 600 .85rem/1.4 system-ui, sans-serif; text-align: center; margin: 1.25rem 0 .2rem; }
#dataset .panel { max-width: 26rem; margin: 0 auto; } #dataset .panel-title { margin-left: 0; }
.grid-image { width: 100%; height: auto; image-rendering: pixelated; display: block; }
.charts { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 2rem 1.75rem; }
.chart svg, .wide svg, .narrow svg { width: 100%; height: auto; display: block; } .narrow { display: none; }
.legend {
  list-style: none; display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; justify-content: center;
  margin: .35rem 0; padding: 0; font: .8rem/1.5 system-ui, sans-serif;
}
.legend svg { display: inline-block; width: 28px; height: 8px; margin-right: .4rem; vertical-align: middle; }
@media screen and (max-width: 700px) { body { font-size: 16px; }
main { padding: 28px 16px 56px; }
h1 { font-size: 1.45rem; }
.abstract { text-align: left; hyphens: none; }
  .panels, .panels[data-count] { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .75rem .6rem; }
  .charts { grid-template-columns: minmax(0, 1fr); }
  .panels.grids, .panels.grids[data-count] { grid-template-columns: minmax(0, 1fr); gap: 1.5rem; }
  .long { display: none; }
  th, td { padding-inline: .35rem; }
  .num .mark { display: block; white-space: normal; line-height: 1.1; }
  .colour-key img { width: 30vw; }
  .wide { display: none; } .narrow { display: block; } .listing th:first-child { width: 42%; } }
@media print { :root { color-scheme: light; --paper: #fff; --ink: #000; --soft: #444; --rule: #000; --hair: #bbb; --shade: #f4f4f4; --link: #000; --warn: #6a3a00; --warn-bg: #fff;
  --flow-mle: #b35c00; --nce-standard: #00795c; --nce-matched: #8440a8; --flow-fce: #2478c2; --ebm-fce: #c2183c; --event: #b00020; }
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  h2, h3 { break-after: avoid; }
  figure, tr, .chart, .panel, .notice { break-inside: avoid; }
  .scroll { overflow: visible; }
  .square > img, .colour-key img, .legend svg {
    print-color-adjust: exact; -webkit-print-color-adjust: exact;
  }
  details::details-content { content-visibility: visible; display: block; height: auto; } }
`;
