/** Where the page of the runs is unless told otherwise: workflows name it to Temporal's own user
 *  interface. */
export const uiPort = 8642;

/** In Markdown, as Temporal's own user interface shows it beside a workflow. */
export const pageLink = (kind: 'runs' | 'sweeps', id: string): string =>
  `[${id} in Counterflow](http://127.0.0.1:${uiPort}/${kind}/${id}), while \`counterflow ui\` is open`;
