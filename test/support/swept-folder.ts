/** The folder of a sweep that was never run: 24 trials of an objective that is known, with curves, as a sweep
 *  would leave them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SweepRecord } from '../../activities/sweep/contracts.ts';
import { sweepText } from '../../activities/sweep/sweep-record.ts';
import type { ReportedSweep, ReportedTrial } from '../../activities/report/sweep/sweep-result.ts';
import { uniform } from '../../models/core/random.ts';
import { valueAt, type Parameter } from '../../models/search/parameter.ts';

export const parameters = {
  'contrast.ebm.learningRate': { kind: 'logUniform', min: 1e-4, max: 1e-2, points: 5 },
  'contrast.turn.threshold': { kind: 'uniform', min: 0.5, max: 0.7, points: 5 },
  'models.flow.couplings': { kind: 'int', min: 4, max: 12, points: null },
  'contrast.objective': { kind: 'choice', values: ['value', 'non-saturating'] },
} as const satisfies Readonly<Record<string, Parameter>>;

/** Least at a learning rate of 1e-3 whatever the others, but for the number of couplings, which counts a
 *  little. */
const objectiveOf = (values: Readonly<Record<string, unknown>>): number =>
  0.01
  + Math.log10(Number(values['contrast.ebm.learningRate']) / 1e-3) ** 2
  + 0.01 * Number(values['models.flow.couplings']);

export function sweptFolder(out: string, id: string): ReportedSweep {
  const next = uniform(1, 'sweep');
  const trials = Array.from({ length: 24 }, (_, trial): ReportedTrial => {
    const values = Object.fromEntries(
      Object.entries(parameters).map(([name, parameter]) => [name, valueAt(parameter, next())]),
    );
    const value = trial === 5 ? null : objectiveOf(values);
    const rung = (number: number, until: number | null, scale: number) => ({
      rung: number,
      until,
      status: value === null ? 'failed' : 'completed',
      value: value && value * scale,
      seconds: 10,
      failure: value === null ? { type: 'GaveUp', message: 'It diverged.' } : null,
    });
    return {
      trial,
      runId: `${id}-${trial}`,
      values,
      rungs: [rung(0, 100, 2), ...(value !== null && value < 0.3 ? [rung(1, null, 1)] : [])],
    };
  });
  const finished = trials
    .filter(({ rungs }) => rungs.length === 2)
    .sort((a, b) => a.rungs[1]!.value! - b.rungs[1]!.value!);
  const { trial, runId, rungs } = finished[0]!;
  const record: ReportedSweep = {
    sweep: {
      id,
      name: 'made up',
      parameters,
      sampler: { kind: 'random' },
      seed: 1,
      trials: 24,
      objective: { metric: 'mse.ebmFce', goal: 'minimise' },
      halving: { kind: 'synchronous', rungs: [100], keep: 0.5 },
      command: 'counterflow sweep made-up.yaml',
      base: { experiment: 'eight-gaussians' },
    },
    status: 'completed',
    trials,
    best: {
      trial,
      runId,
      rung: 1,
      value: rungs[1]!.value!,
      command:
        'counterflow run eight-gaussians --set '
        + `contrast.ebm.learningRate=${finished[0]!.values['contrast.ebm.learningRate']}`,
    },
  };
  for (const one of trials) {
    mkdirSync(join(out, one.runId), { recursive: true });
    writeFileSync(
      join(out, one.runId, 'metrics.jsonl'),
      Array.from(
        { length: 10 },
        (_, i) =>
          `${JSON.stringify({ training: 'contrast', update: 10 * (i + 1), value: -1.4 + (one.rungs[0]!.value ?? 1) / (i + 1) })}\n`,
      ).join(''),
    );
  }
  mkdirSync(join(out, id), { recursive: true });
  writeFileSync(join(out, id, 'sweep.json'), sweepText(record as SweepRecord));
  return record;
}
