/** RESULTS.md: a line for each row of the fault tests, the newest result of each. */
import type { LogLine } from './fault-row.ts';

export interface Tested {
  readonly row: string;
  readonly commit: string;
  readonly date: string;
  readonly minutes: number;
  readonly log: readonly LogLine[];
}

const heading = `# Faults

What \`npm run test:faults\` found, row by row. Recovery is the time from the fault to the first sign that the work goes on, seconds. Rows keep
their last result until they are run again; each names its commit.

| row | fault | must hold | trials | passed | recovery, median / worst | counts | minutes | commit | date |
|---|---|---|---|---|---|---|---|---|---|
`;

type TrialLine = Extract<LogLine, { kind: 'trial' }>;

export function resultLine({ row, commit, date, minutes, log }: Tested): string {
  const about = log.findLast((line) => line.kind === 'row');
  if (about === undefined)
    return cells([row, 'the file failed before its first trial', '', '0', '0', '', '', '', commit, date]);
  const last = new Map<number, TrialLine>();
  for (const line of log) if (line.kind === 'trial') last.set(line.number, line);
  const trials = [...last.values()].slice(0, about.planned);
  const passed = trials.filter(({ failure }) => failure === null);
  const seconds = passed.flatMap(({ outcome }) => outcome.recoveryS ?? []).sort((a, b) => a - b);
  const recovery =
    seconds.length === 0
      ? ''
      : `${seconds[Math.floor((seconds.length - 1) / 2)]!.toFixed(1)} / ${seconds.at(-1)!.toFixed(1)}`;
  const verdict =
    about.skip === false
      ? `${passed.length}${passed.length === about.planned ? '' : ' **(not all)**'}`
      : `skipped: ${about.skip}`;
  return cells([
    row,
    about.fault,
    about.mustHold,
    String(about.planned),
    verdict,
    recovery,
    counts(passed),
    minutes.toFixed(1),
    commit,
    date,
  ]);
}

/** The table with the row's line replaced or added; lines are in the order of their names. */
export function renderResults(before: string, row: string, line: string): string {
  const nameOf = (text: string): string => text.split('|')[1]?.trim() ?? '';
  const kept = before
    .split('\n')
    .filter((text) => text.startsWith('| ') && !['row', row].includes(nameOf(text)));
  return `${heading}${[...kept, line].sort((a, b) => nameOf(a).localeCompare(nameOf(b))).join('\n')}\n`;
}

function counts(trials: readonly TrialLine[]): string {
  const sums = new Map<string, number>();
  for (const { outcome } of trials)
    for (const [name, value] of Object.entries(outcome.counts ?? {}))
      sums.set(name, (sums.get(name) ?? 0) + value);
  return [...sums]
    .map(([name, value]) => `${name}: ${Number.isInteger(value) ? value : value.toFixed(1)}`)
    .join(', ');
}

const cells = (texts: readonly string[]): string =>
  `| ${texts.map((text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
