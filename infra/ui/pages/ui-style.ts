/** Beside the report's style sheet: navigation, buttons, progress. */
export const uiStyle = `
body { font-size: 16px; }
main { padding-top: 28px; } main:focus { outline: none; }
nav {
  display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; align-items: baseline; padding: .6rem 24px;
  border-bottom: 1px solid var(--hair); font: .85rem/1.5 system-ui, sans-serif;
}
nav .home { font-weight: 600; color: var(--ink); text-decoration: none; }
nav .folder { color: var(--soft); overflow-wrap: anywhere; flex: 1 1 8rem; }
#connection { color: var(--warn); }
#connection:empty { display: none; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 8px; top: 8px; background: var(--paper); padding: .3rem .6rem; z-index: 1; }
a:focus-visible, button:focus-visible, summary:focus-visible {
  outline: 3px solid var(--link); outline-offset: 2px;
}
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2.25rem; }
.lead { text-align: left; margin: 0; max-width: none; }
.state { font: 600 1rem/1.4 system-ui, sans-serif; margin: 1rem 0 .4rem; }
.state::before {
  content: ""; display: inline-block; width: .7em; height: .7em; border-radius: 50%; margin-right: .5em;
  background: var(--soft);
}
.state[data-state="completed"]::before { background: #2e8b57; }
.state[data-state="under way"]::before { background: #2478c2; }
.state[data-state="failed"]::before { background: var(--event); }
.state[data-state="idle"]::before, .state[data-state="stuck"]::before, .state[data-state="out of sight"]::before, .state[data-state="cancelled"]::before {
  background: #d08700;
}
.steps { list-style: none; margin: .75rem 0; padding: 0; font: .85rem/1.5 system-ui, sans-serif; }
.steps li {
  display: grid; grid-template-columns: 8rem minmax(6rem, 16rem) 1fr; gap: .25rem 1rem; align-items: center;
  padding: .3rem 0; border-top: 1px solid var(--hair);
}
.steps progress { width: 100%; height: .7rem; accent-color: var(--flow-fce); }
.steps .facts { color: var(--soft); font-variant-numeric: tabular-nums; }
.steps .failed { grid-column: 1 / -1; color: var(--warn); }
.actions {
  display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; margin: 1rem 0;
  font: .9rem/1.4 system-ui, sans-serif;
}
.actions form { margin: 0; }
button, .button {
  font: inherit; padding: .4rem 1rem; border: 1px solid var(--soft); border-radius: 4px;
  background: var(--shade); color: var(--ink); cursor: pointer; text-decoration: none;
  display: inline-block;
}
button:hover, .button:hover { border-color: var(--ink); }
.grave { border-color: var(--event); color: var(--event); }
.listing-table { font-family: system-ui, sans-serif; font-size: .85rem; overflow-wrap: break-word; }
.listing-table th[scope="row"] { font-weight: 400; }
.listing-table time { white-space: nowrap; }
.id { display: inline-flex; max-width: 100%; vertical-align: bottom; white-space: pre; }
.id span:first-child { overflow: hidden; text-overflow: ellipsis; }
td .id { max-width: 16rem; }
.listing-table th[scope="row"]:has(.id) { max-width: 0; width: 36%; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: 1rem; }
.pictures figure { margin: 0; }
.pictures figcaption { text-align: center; margin-top: .3rem; overflow-wrap: anywhere; }
.links {
  display: flex; flex-wrap: wrap; gap: .3rem 1.25rem; padding: 0; list-style: none;
  font: .85rem/1.6 system-ui, sans-serif;
}
@media screen and (max-width: 700px) { nav { padding: .6rem 16px; } .steps li { grid-template-columns: 1fr; }
  .listing-table, .listing-table tbody { display: block; }
  .listing-table thead {
    position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  }
  .listing-table tr { display: flex; flex-wrap: wrap; gap: .1rem .75rem; padding: .45rem 0; }
  .listing-table tbody tr + tr { border-top: 1px solid var(--hair); }
  .listing-table tbody { border-top: 1.5px solid var(--rule); }
  .listing-table th[scope="row"], .listing-table th[scope="row"]:has(.id) {
    flex: 1 0 100%; max-width: none; width: auto; min-width: 0; padding: 0;
  }
  .listing-table td { padding: 0; min-width: 0; font-size: .8rem; overflow-wrap: anywhere; }
  .listing-table .none { display: none; }
  td .id { max-width: 100%; }
  .listing-table [data-label]::before {
    content: attr(data-label) " "; content: attr(data-label) " " / ""; color: var(--soft); }
  }
`;
