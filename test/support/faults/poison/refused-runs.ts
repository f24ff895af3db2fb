/** The real command line and a real worker are given what is poisoned: each refuses it, once, before anything
 *  is trained or stored. */
import assert from 'node:assert/strict';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { RunRequest } from '../../../../activities/contracts/run.ts';
import { exitCodes } from '../../../../infra/base/exit-codes.ts';
import { findExperiment, resolveConfig } from '../../../../infra/client/runs/resolve-config.ts';
import { startWorkflow } from '../../../../infra/client/runs/start-workflow.ts';
import { experiments } from '../../../../workflows/experiments/index.ts';
import { run } from '../../command-line.ts';
import type { Workshop } from '../workshop.ts';
import { filesIn } from './give-poison.ts';

export interface PoisonedRun {
  readonly name: string;
  readonly experiment: string;
  readonly dataset: object;
  readonly dataDir: string;
  readonly features?: string;
  readonly reference?: string;
  /** Holds that a message names a poisoned file. */
  readonly named: (message: string) => void;
}

/** What prepares and looks at inputs. */
const looking: readonly string[] = ['prepareDataset', 'prepareFeatures'];
const settings = ({ dataset }: PoisonedRun): string[] => [
  `dataset=${JSON.stringify(dataset)}`,
  'featureNetwork=null',
  'evaluation.samples=20',
];

export async function refuseRun(poisoned: PoisonedRun, workshop: Workshop, id: string): Promise<void> {
  const { objects, actions, scratch } = workshop.layout;
  const stored = (): string[][] => [filesIn(objects), filesIn(actions)];
  const before = stored();
  await Promise.all([refusedByCommandLine(poisoned, workshop), refusedByWorker(poisoned, workshop, id)]);
  // before a network comes a data set, which is in order then
  if (poisoned.features === undefined)
    assert.deepEqual(stored(), before, `${poisoned.name}: something is left in the store`);
  assert.deepEqual(filesIn(scratch), [], `${poisoned.name}: something is left in ${scratch}`);
}

async function refusedByCommandLine(
  poisoned: PoisonedRun,
  { client, layout: { out } }: Workshop,
): Promise<void> {
  const option = (name: string, value: string | undefined): string[] =>
    value === undefined ? [] : [name, value];
  const { code, stdout, stderr } = await run([
    'run',
    poisoned.experiment,
    '--out',
    out,
    '--data-dir',
    poisoned.dataDir,
    ...option('--features', poisoned.features),
    ...option('--reference', poisoned.reference),
    ...settings(poisoned).flatMap((setting) => ['--set', setting]),
  ]);
  assert.equal(code, exitCodes.badInput, `${poisoned.name}: ${stderr}`);
  const refusal = stderr.replace(/^Temporal: .*\n/, ''); // which server it is, is said before
  assert.match(refusal, /^error: \S.*\n$/, `${poisoned.name}: one sentence`);
  poisoned.named(refusal);
  const started = /: (\S+-s\d+-\S+)\n/.exec(stdout)?.[1];
  if (started !== undefined) await assertTriedOnce(poisoned.name, client, started);
}

/** Without the command line's own look at the files. */
async function refusedByWorker(poisoned: PoisonedRun, { client }: Workshop, id: string): Promise<void> {
  await startWorkflow(client, requestOf(poisoned, id));
  const error = await client.workflow
    .getHandle(id)
    .result()
    .then(
      () => null,
      (thrown: unknown) => thrown,
    );
  assert.ok(
    error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure,
    `${poisoned.name}: the run did not fail`,
  );
  assert.match(error.cause.type!, /^(BadInput|MissingData)$/);
  poisoned.named(error.cause.message);
  await assertTriedOnce(poisoned.name, client, id);
}

function requestOf(poisoned: PoisonedRun, runId: string): RunRequest {
  const experiment = findExperiment(experiments, poisoned.experiment);
  return {
    runId,
    experiment: experiment.name,
    title: experiment.title,
    config: resolveConfig(experiment, { set: settings(poisoned), seed: undefined }),
    dataDir: poisoned.dataDir,
    features: poisoned.features ?? null,
    reference: poisoned.reference ?? null,
    fresh: false,
    startedAt: new Date().toISOString(),
    setupSeconds: 0,
    command: `a test: ${runId}`,
  };
}

/** By what the server has seen. */
async function assertTriedOnce(name: string, client: Client, id: string): Promise<void> {
  const { events } = await client.workflow.getHandle(id).fetchHistory();
  const scheduled = events!.flatMap(
    ({ activityTaskScheduledEventAttributes: task }) => task?.activityType?.name ?? [],
  );
  const attempts = events!.flatMap(({ activityTaskStartedEventAttributes: task }) => task?.attempt ?? []);
  const failed = events!.filter((event) => event.activityTaskFailedEventAttributes);
  assert.deepEqual([...new Set(attempts)], [1], `${name}: something was tried more than once`);
  assert.equal(failed.length, 1, `${name}: ${failed.length} activities failed`);
  assert.deepEqual(
    scheduled.filter((activity) => !activity.startsWith('record')),
    looking.slice(0, scheduled.includes('prepareFeatures') ? 2 : 1),
    `${name}: more than looking was done`,
  );
  assert.ok(
    !events!.some((event) => event.startChildWorkflowExecutionInitiatedEventAttributes),
    `${name}: a training was started`,
  );
}
