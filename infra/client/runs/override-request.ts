/** `resume --set`: other settings for the training whose divergence ended a run, which goes on with them from
 *  its last good checkpoint. */
import type { ExperimentConfig } from '../../../activities/config/experiment-config.ts';
import type { SegmentBoundary } from '../../../activities/contracts/command.ts';
import type { Decision } from '../../../activities/contracts/decision.ts';
import type { RunRequest } from '../../../activities/contracts/run.ts';
import type { Override } from '../../../activities/contracts/training.ts';
import { hasReached } from '../../../workflows/training/apply-command.ts';
import { commandOfDecision } from '../../../workflows/shared/command-decision.ts';
import { CounterflowError } from '../../base/user-error.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { resolveConfig } from './resolve-config.ts';
import type { StoredRecord } from '../records/run-records.ts';
import { parseSetting } from './setting.ts';

/** A baseline that gives up ends no run. */
const sections = ['pretrain', 'contrast'] as const;
type Section = (typeof sections)[number];
/** What a checkpoint or the segments up to it hang on. */
const fixed = ['method', 'updates', 'segments', 'reference'] as const;

/** Throws CounterflowError where the run did not end so, or for a setting that would not leave what was
 *  reached as it is. */
export function overrideRequest(
  request: RunRequest,
  record: StoredRecord | null,
  set: readonly string[],
): RunRequest {
  const reached =
    record?.status === 'failed' ? record.gaveUp?.find(({ training }) => isSection(training)) : undefined;
  if (reached === undefined) {
    throw refused(
      'Expected a run whose pretraining or contrast gave up, for --set gives that training other '
        + `settings; ${request.runId} is ${record?.status ?? 'not recorded'}`
        + '. Leave --set out, or start another run with it.',
    );
  }
  const section = reached.training as Section;
  const stray = set.map(parseSetting).find(({ path }) => !path.startsWith(`${section}.`));
  if (stray)
    throw refused(
      `Expected settings of ${section}, the training that gave up, got --set ${stray.path}. Start `
        + 'another run for what else is to be changed.',
    );
  const [before, after] = [
    request.config[section]!,
    resolveConfig(request, { set, seed: undefined, flowGiven: request.initialFlow !== undefined })[section]!,
  ];
  const changed = fixed.find((name) => valueAt(before, name) !== valueAt(after, name));
  if (changed)
    throw refused(
      `Expected ${section}.${changed} to stay ${valueAt(before, changed)}, for what was reached hangs on `
        + `it, got ${valueAt(after, changed)}. Start another run with it.`,
    );
  return {
    ...request,
    config: { ...request.config, [section]: after },
    amended: [...(request.amended ?? []), amendment(reached, before, set, record!)],
  };
}

function amendment(
  { training, update, border, adjustments = [] }: NonNullable<StoredRecord['gaveUp']>[number],
  before: Override['before'],
  changes: readonly string[],
  { decisions = [] }: StoredRecord,
): Override {
  // samples are the run's, which has them from its record; what it was told for later it will be told again
  const own = decisions.filter(
    (decision) =>
      decision.training === training
      && decision.details['message'] !== 'samples'
      && !isForLater(decision, border),
  );
  return { training, changes, before, update, adjustments, decisions: own };
}

/** Of a record of an earlier version nothing was. */
function isForLater(decision: Decision, border: SegmentBoundary | undefined): boolean {
  const due = commandOfDecision(decision)?.due;
  return border !== undefined && due !== undefined && !hasReached(border, due);
}

const isSection = (training: string): training is Section =>
  (sections as readonly string[]).includes(training);
const valueAt = (section: ExperimentConfig[Section] & object, name: (typeof fixed)[number]): unknown =>
  (section as Readonly<Record<string, unknown>>)[name];
const refused = (sentence: string): CounterflowError => new CounterflowError(exitCodes.badInput, sentence);
