/** Sweeps as people read them in a terminal. */
import { bestOfSweep, configurationsOf } from '../../../activities/sweep/configurations.ts';
import type { RecordedTrial, RungResult, Sweep, SweepRecord } from '../../../activities/sweep/contracts.ts';
import { failedOf } from '../../../activities/sweep/sweep-record.ts';
import { duration, localTime, number } from '../../base/format.ts';
import { invocation } from '../../base/invocation.ts';
import { rankedTrials } from '../../client/sweeps/ranking.ts';
import { shortNames } from '../../client/sweeps/short-names.ts';
import type { Colors } from './colors.ts';
import { columns } from './columns.ts';
import { valueText } from '../../client/sweeps/texts.ts';
import { bestLines, configurationLines } from './configuration-lines.ts';
import { statusText } from './status-text.ts';

export function sweepTable(
  records: readonly SweepRecord[],
  idle: ReadonlySet<string>,
  colors: Colors,
): string[] {
  const head = ['sweep', 'experiment', 'status', 'trials', 'best', 'started'].map(colors.dim);
  return columns(
    [
      head,
      ...records.map((record) => {
        const [{ sweep, status, trials }, best] = [record, bestOfSweep(record)];
        const value = best === null ? '-' : `${best.seeds === undefined ? '' : 'mean '}${number(best.value)}`;
        return [
          sweep.id,
          sweep.base.experiment,
          statusText(status, idle.has(sweep.id), colors),
          `${trials.length}/${sweep.trials}`,
          value,
          localTime(sweep.base.startedAt),
        ];
      }),
    ],
    [3, 4],
  );
}

/** `most`: rows of the table of trials. */
export function sweepLines(record: SweepRecord, idle: boolean, most: number, colors: Colors): string[] {
  const { sweep, status, trials, failure, repeatable, projected } = record;
  const best = bestOfSweep(record);
  const configurations = configurationsOf(record) ?? [];
  const {
    objective: { metric, goal },
    sampler,
    halving,
  } = sweep;
  const failed = failedOf(trials);
  const ranked = rankedTrials(record);
  return [
    `${colors.bold(sweep.id)}  ${statusText(status, idle, colors)}`,
    ...columns([
      ['started', localTime(sweep.base.startedAt)],
      ['command', sweep.command],
      ['experiment', sweep.base.experiment],
      [
        'trials',
        `${trials.length} of `
          + `${sweep.trials}${failed === 0 ? '' : `, ${colors.red(`${failed} failed`)}`}, `
          + `${sampler.kind}, seed ${sweep.seed}, ${sweep.concurrent} at once`,
      ],
      ['objective', `${goal} ${metric}`],
      ...(halving === null
        ? []
        : [
            [
              'halving',
              `${halving.kind}, rungs ${[...halving.rungs, 'all'].join(', ')}, ${number(halving.keep)} go on`,
            ],
          ]),
      ...(projected
        ? [
            [
              'projected',
              `${duration(projected.seconds)}${projected.load?.beside ? `, ${colors.yellow('measured beside others')}` : ''}`,
            ],
          ]
        : []),
      ...(repeatable
        ? []
        : [
            [
              '',
              colors.yellow(
                'the order in which trials ended decided which went on: another sweep may end otherwise',
              ),
            ],
          ]),
      ...(failure === null ? [] : [['failure', colors.red(failure)]]),
    ]).map((line) => `  ${line}`),
    ...(configurations.length === 0
      ? []
      : ['', ...configurationLines(configurations, metric, colors).map((line) => `  ${line}`)]),
    ...(ranked.length === 0
      ? []
      : ['', ...trialTable(sweep, ranked.slice(0, most), colors).map((line) => `  ${line}`)]),
    ...(ranked.length > most ? [colors.dim(`  ... and ${ranked.length - most} more; --all shows them`)] : []),
    ...failureLines(record, ranked.slice(0, most), colors),
    ...(best === null ? [] : ['', ...bestLines(best, metric, colors)]),
    ...(trials.length === 0 ? ['', 'No trial has ended yet.'] : []),
    ...(idle
      ? ['', `Nobody works on this sweep: \`${invocation} sweep resume ${sweep.id}\` goes on where it was.`]
      : []),
  ];
}

/** Why trials of the table have no result, and what does them again. */
function failureLines(
  { sweep: { id }, status, trials }: SweepRecord,
  shown: readonly RecordedTrial[],
  colors: Colors,
): string[] {
  const reasons = shown.flatMap(({ trial, runId, rungs }) => {
    const { failure } = rungs.find(({ value }) => value === null) ?? {};
    return failure
      ? [`trial ${trial}: ${failure.message.split('\n')[0]} \`${invocation} show ${runId}\` has its record.`]
      : [];
  });
  if (failedOf(trials) === 0) return [];
  return [
    '',
    colors.bold('Failed'),
    ...reasons.map((line) => `  ${line}`),
    ...(status === 'running' ? [] : [`  \`${invocation} sweep resume ${id} --failed\` does them again.`]),
  ];
}

function trialTable(
  { parameters, objective: { metric }, halving }: Sweep,
  trials: readonly RecordedTrial[],
  colors: Colors,
): string[] {
  const paths = Object.keys(parameters);
  const rungs = Array.from({ length: (halving?.rungs.length ?? 0) + 1 }, (_, rung) => rung);
  const names = [
    ...shortNames(paths),
    ...rungs.map((rung) => (halving === null ? metric : `${metric} ${halving.rungs[rung] ?? 'all'}`)),
  ];
  const rows = trials.map(({ trial, runId, values, rungs: results }) => [
    String(trial),
    ...paths.map((path) => valueText(values[path])),
    ...rungs.map((rung) =>
      resultText(
        results.find((one) => one.rung === rung),
        colors,
      ),
    ),
    duration(results.reduce((sum, { seconds }) => sum + seconds, 0)),
    runId,
  ]);
  return columns(
    [['trial', ...names, 'time', 'run'].map(colors.dim), ...rows],
    Array.from({ length: names.length + 2 }, (_, i) => i),
  );
}

function resultText(result: RungResult | undefined, colors: Colors): string {
  if (result === undefined) return '-';
  return result.value === null ? colors.red(result.failure?.type ?? result.status) : number(result.value);
}
