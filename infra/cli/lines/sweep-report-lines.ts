/** What came of a sweep, as people read it in a terminal; and as CSV, a row for each trial. */
import { stringify } from 'csv-stringify/sync';
import type { SweptConfiguration } from '../../../activities/sweep/configurations.ts';
import { chanceText, type SweepResult } from '../../../activities/report/sweep/sweep-result.ts';
import type { Colors } from './colors.ts';
import { columns } from './columns.ts';
import { duration, number } from '../../base/format.ts';
import { invocation } from '../../base/invocation.ts';
import { bestLines, configurationLines } from './configuration-lines.ts';

/** `idle`: it is recorded as running, but nobody works on it. */
export function sweepReportLines(result: SweepResult, idle: boolean, colors: Colors): string[] {
  const { sweep, experiment, status, objective, planned, best, configurations, trials, importance } = result;
  const title =
    `${colors.bold(sweep)}  ${experiment}, ${idle ? colors.yellow(`${status}, idle`) : status}, `
    + `${trials.length} of ${planned} trials, ${objective.goal} ${objective.metric}`;
  if (trials.length === 0) return [title, '', emptySentence(result, idle)];
  const names = [...new Set(trials.flatMap(({ values }) => Object.keys(values)))];
  const head = ['trial', objective.metric, 'rung', ...names, 'time', 'status', 'run'].map(colors.dim);
  const rows = trials.map((one) => [
    String(one.trial),
    one.objective === null ? '-' : number(one.objective),
    String(one.rung),
    ...names.map((name) => text(one.values[name])),
    duration(one.seconds),
    one.status,
    one.runId,
  ]);
  const numeric = Array.from({ length: names.length + 4 }, (_, index) => index);
  return [
    title,
    ...(configurations === null || configurations.length === 0
      ? []
      : ['', ...configurationLines(configurations, objective.metric, colors)]),
    '',
    ...columns([head, ...rows], numeric),
    '',
    colors.bold('Importance'),
    importance.method,
    ...columns(
      importance.parameters.map(({ name, share, correlation }) => [
        `  ${name}`,
        `${Math.round(100 * share)} %`,
        correlation === null ? '' : `correlation ${correlation.toFixed(2)}`,
      ]),
      [1],
    ),
    ...(importance.chance === null ? [] : [`  ${chanceText(importance.chance)}`]),
    ...(best === null
      ? ['', 'No trial has an objective yet.']
      : best.seeds === undefined
        ? [
            '',
            colors.bold(`Best: trial ${best.trial}, ${objective.metric} ${number(best.value)}`),
            best.command,
          ]
        : ['', ...bestLines(best, objective.metric, colors)]),
  ];
}

/** Of one without a single trial that has ended, and what to do. */
export function emptySentence(
  { sweep, status }: Pick<SweepResult, 'sweep' | 'status'>,
  idle: boolean,
): string {
  const others = `\`${invocation} sweep list\` names the others.`;
  const goesOn = `\`${invocation} sweep resume ${sweep}\` goes on with it`;
  if (status !== 'running')
    return `No trial of ${sweep} has ended: there is nothing to report. ${goesOn}; ${others}`;
  return (
    `No trial of ${sweep} has ended yet: there is nothing to report so far. `
    + `${idle ? `Nobody works on it: ${goesOn}; ${others}` : others}`
  );
}

/** `searched`: paths of its parameters. */
export function sweepCsv({ trials }: SweepResult, searched: readonly string[]): string {
  const names = [...new Set([...searched, ...trials.flatMap(({ values }) => Object.keys(values))])];
  return stringify([
    ['trial', 'run', 'status', 'rung', 'objective', 'seconds', ...names],
    ...trials.map(({ trial, runId, status, rung, objective, seconds, values }) => [
      trial,
      runId,
      status,
      rung,
      objective ?? '',
      seconds,
      ...names.map((name) => text(values[name])),
    ]),
  ]);
}

/** A row for each configuration, the best first. `searched`: paths of the parameters without the seed. */
export function sweptConfigurationsCsv(
  configurations: readonly SweptConfiguration[],
  searched: readonly string[],
): string {
  const names = [...new Set([...searched, ...Object.keys(configurations[0]?.values ?? {})])];
  return stringify([
    [...names, 'seeds', 'n', 'mean', 'deviation', 'low95', 'high95', 'missing'],
    ...configurations.map(({ values, trials, objective: { n, mean, deviation, interval, missing } }) => [
      ...names.map((name) => text(values[name])),
      trials.map(({ seed }) => seed).join(' '),
      n,
      mean ?? '',
      deviation ?? '',
      interval?.[0] ?? '',
      interval?.[1] ?? '',
      missing.join(', '),
    ]),
  ]);
}

const text = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
